"""The log of checkouts as a dataset: what a fit, a gate and a replay read. docs/dataset.md has the layout.

    dataset = from_database(Path("var/service/rung.db"))
    print(summary(dataset))

Logs are streamed: memory goes by the rows that are kept, not by the size of the log. What cannot be read is counted,
and the rest is used; a log in which nothing can be used raises `Unusable`.
"""

import gzip
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import date
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

import xarray as xr

from models import distrusted
from models.checkout_rows import UNKNOWN_DAY, Rows, Without
from models.checkout_table import Unusable, features, first_features, lasts, summary
from models.visit_log import from_parquet, to_parquet
from pos_client.core.event import opened
from pos_client.core.record import Damaged

__all__ = [
    "Unusable",
    "Without",
    "features",
    "first_features",
    "from_database",
    "from_jsonl",
    "from_parquet",
    "from_records",
    "lasts",
    "summary",
    "to_parquet",
    "write_records",
]

LONGEST_LINE = 1 << 20  # bytes; a basket has at most 500 lines
EPOCH = date(1970, 1, 1).toordinal()
NOBODY = Without()
LeftOut = Callable[[dict[str, Any]], bool]
EVENTS = "SELECT position, day, line FROM events WHERE kind <> 'erased' ORDER BY position"
QUARANTINED = "SELECT count(*) FROM quarantine"


def from_records(records: Iterable[tuple[dict[str, Any], int]], without: Without = NOBODY) -> xr.Dataset:
    """Records with the local day (days since 1970) they count for, in the order of the log. It may stay empty."""
    rows = Rows(without)
    for number, (record, day) in enumerate(records, 1):
        rows.add(record, day, f"record {number}")
    return rows.dataset()


def from_jsonl(path: Path, without: Without = NOBODY) -> xr.Dataset:
    """Record lines as tills sealed them, plain or gzip; a line that was there before counts once. Raises `Unusable`.

    The day is that of the till's clock (UTC); a till without one sold on the day of the line before.
    """
    rows = Rows(without)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in _lines(file):
                _add_line(rows, line, f"line {number}")
    except (OSError, EOFError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from error
    found = rows.dataset()
    if found.attrs["records"] and found.attrs["records"] == found.attrs["damaged"]:
        raise Unusable(
            f"{path} is not a file of record lines: not one line of it is a record that a till sealed."
            " `rung export --records FILE.jsonl` makes such a file from a service's database."
        )
    return _usable(found, path)


def from_database(path: Path, without: Without = NOBODY) -> xr.Dataset:
    """The log of a service's database, as of now; the service may go on writing. Raises `Unusable`.

    Records of cashiers and tills that the service distrusts are left out, too.
    """
    rows = Rows(without)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("BEGIN")  # all questions see the same moment
            left_out = distrusted.read(connection)
            for position, day, line in connection.execute(EVENTS):
                _add_line(rows, line, f"event {position}", day, partial(left_out.holds, position=position))
            for _ in range(connection.execute(QUARANTINED).fetchone()[0]):
                rows.set_aside("quarantined")
    except sqlite3.Error as error:
        raise Unusable(f"{path} is no database of a service: {error}") from error
    return _usable(rows.dataset(), path)


def write_records(database: Path, file: Path) -> int:
    """Write the record lines of a service's log, as tills sealed them and in its order; how many. Raises `Unusable`.

    ``file`` is there when all of it is; compressed where it ends in .gz.
    """
    growing, written = file.with_name(file.name + ".part"), 0
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            lines = connection.execute(EVENTS)
            with gzip.open(growing, "wb") if file.suffix == ".gz" else growing.open("wb") as out:
                for _, _, line in lines:
                    out.write(line + b"\n")
                    written += 1
        growing.replace(file)
    except sqlite3.Error as error:
        raise Unusable(f"{database} is no database of a service: {error}") from error
    finally:
        growing.unlink(missing_ok=True)
    return written


def _lines(file: gzip.GzipFile | BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, without empty ones; of a line that is too long, only the start."""
    number, inside = 1, False
    while part := file.readline(LONGEST_LINE):
        if part.strip() and not inside:
            yield number, part.rstrip(b"\r\n")
        inside = not part.endswith(b"\n")
        number += not inside


def _add_line(
    rows: Rows, line: bytes, where: str, day: int | None = None, is_left_out: LeftOut = lambda record: False
) -> None:
    try:
        record = opened(line)
    except Damaged as damaged:
        rows.set_aside("damaged", f"{where}: {damaged.detail}")
        return
    if is_left_out(record):
        rows.set_aside("poisoned")
        return
    rows.add(record, _day(record.get("clock")) if day is None else day, where, int(record["hash"][:16], 16))


def _day(clock: Any) -> int:
    try:
        return date.fromisoformat(clock[:10]).toordinal() - EPOCH
    except (TypeError, ValueError):
        return UNKNOWN_DAY


def _usable(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    if not dataset.sizes["checkout"]:
        raise Unusable(f"No checkout in {path} tells anything about discounts.\n{summary(dataset)}")
    return dataset
