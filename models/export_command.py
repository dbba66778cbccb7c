"""The command ``rung export``: a log as Parquet, for analysts' own tools and large replays, or as record lines."""

import argparse
import os
import sys
from pathlib import Path

from models import dataset
from models.dataset import Unusable


def export(argv: list[str]) -> int:
    """``rung export FOLDER [--log FILE]`` or ``--records FILE``: 1 where nothing can be exported, with the reason."""
    parser = _parser()
    chosen = parser.parse_args(argv)
    if bool(chosen.folder) == bool(chosen.records):
        parser.error("name either a FOLDER for Parquet or --records FILE.jsonl for the record lines")
    if chosen.records and chosen.log:
        parser.error("--log is a file of record lines already: --records is for a service's database")
    return _ended(chosen)


def _ended(chosen: argparse.Namespace) -> int:
    try:
        if chosen.records:
            written = dataset.write_records(chosen.database, chosen.records)
            print(f"{written:,} record lines written to {chosen.records}; `rung fit --log` reads them.")
            return 0
        seen = dataset.from_jsonl(chosen.log) if chosen.log else dataset.from_database(chosen.database)
        dataset.to_parquet(seen, chosen.folder)
    except (Unusable, OSError) as trouble:
        print(f"rung export: {trouble}", file=sys.stderr)
        return 1
    print(dataset.summary(seen))
    print(f"Written to {chosen.folder}; docs/dataset.md says what is in it.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rung export", description="The visits of a log as Parquet files, or its record lines."
    )
    own = Path(os.environ.get("RUNG_DATA", "var")) / "rung.db"
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        help="where to write Parquet files; those of an earlier export are replaced",
    )
    parser.add_argument(
        "--records",
        type=Path,
        metavar="FILE.jsonl",
        help="write the record lines instead, as tills sealed them; .gz compresses",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--log", type=Path, help="record lines as tills sealed them, plain or .gz")
    source.add_argument("--database", type=Path, default=own, help=f"a service's database ({own})")
    return parser
