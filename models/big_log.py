"""``python -m models.big_log FOLDER CUSTOMERS [DAYS [LADDERS]]``: the log of a simulated chain, five visits a customer.

Written in pieces of a million customers, put together in the order of days by DuckDB, which sorts on disk.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from models import visit_log
from models.release import HAND_MADE
from models.virtual_shop import Design, play, truth_of

PIECE = 1_000_000
VISITS = 5
MANY = 100  # different ladders, as where amounts off meet baskets of all sizes
MEMORY = "3GB"
NUMBER = "regexp_extract(filename, 'piece-([0-9]+)', 1)::INTEGER"
MERGED = {
    visit_log.VISITS: f"""
        SELECT * EXCLUDE (filename, file_row_number)
               REPLACE (customer + $piece * {NUMBER} AS customer, plan + {MANY} * {NUMBER} AS plan)
        FROM read_parquet($files, filename = true, file_row_number = true)
        ORDER BY day, file_row_number, {NUMBER}""",
    visit_log.PLANS: f"""
        SELECT * EXCLUDE (filename) REPLACE (plan + {MANY} * {NUMBER} AS plan)
        FROM read_parquet($files, filename = true)""",
    visit_log.CUSTOMERS: f"""
        SELECT * EXCLUDE (filename, file_row_number) REPLACE ({NUMBER} || '-' || token AS token)
        FROM read_parquet($files, filename = true, file_row_number = true) ORDER BY {NUMBER}, file_row_number""",
}


def write(folder: Path, customers: int, days: int = 365, ladders: int = MANY, piece: int = PIECE) -> None:
    """Visits are spread over so many days at random, and over at most `MANY` ladders. The same on every call."""
    chance = np.random.default_rng(1)
    shown = _ladders(chance, ladders)
    sizes = [min(piece, customers - first) for first in range(0, customers, piece)]
    pieces = [folder / f"piece-{number:04}" for number in range(len(sizes))] if len(sizes) > 1 else [folder]
    for size, place in zip(sizes, pieces, strict=True):
        seen = play(
            truth_of(HAND_MADE), customers=size, visits=VISITS, ladders=shown, chance=chance, days=days
        )
        visit_log.to_parquet(seen, place)
    if len(pieces) > 1:
        _merge(folder, pieces, piece)


def _ladders(chance: np.random.Generator, count: int) -> list[Design]:
    """One to seven rungs between 1 % and 30 %, all of them planned."""
    depths = [
        chance.choice(np.arange(100, 3000), size, replace=False) for size in chance.integers(1, 8, count)
    ]
    return [Design(tuple(sorted(some.tolist())), tuple(range(len(some)))) for some in depths]


def _merge(folder: Path, pieces: list[Path], size: int) -> None:
    """Put pieces of ``size`` customers together."""
    with duckdb.connect(
        config={"memory_limit": MEMORY, "temp_directory": str(folder / "sorting")}
    ) as connection:
        for name, sql in MERGED.items():
            target = str(folder / name).replace("'", "''")
            given: dict[str, Any] = {"files": [str(piece / name) for piece in pieces]}
            if "$piece" in sql:
                given["piece"] = size
            connection.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)", given)
    for piece in pieces:
        shutil.rmtree(piece)


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:]))
