"""The command ``rung export``: the visits of a log as Parquet, for analysts' own tools and for replays of any size."""

import argparse
import os
import sys
from pathlib import Path

from models import dataset
from models.dataset import Unusable


def export(argv: list[str]) -> int:
    """``rung export FOLDER [--log FILE]``: 1 where there is nothing to export, with the reason."""
    chosen = _parser().parse_args(argv)
    try:
        seen = dataset.from_jsonl(chosen.log) if chosen.log else dataset.from_database(chosen.database)
        dataset.to_parquet(seen, chosen.folder)
    except (Unusable, OSError) as trouble:
        print(f"rung export: {trouble}", file=sys.stderr)
        return 1
    print(dataset.summary(seen))
    print(f"Written to {chosen.folder}; docs/dataset.md says what is in it.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("rung export", description="The visits of a log as Parquet files.")
    own = Path(os.environ.get("RUNG_DATA", "var")) / "rung.db"
    parser.add_argument(
        "folder", type=Path, help="where to write them; files of an earlier export are replaced"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--log", type=Path, help="record lines as tills sealed them, plain or .gz")
    source.add_argument("--database", type=Path, default=own, help=f"a service's database ({own})")
    return parser
