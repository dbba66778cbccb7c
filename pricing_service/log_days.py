"""The log between two local days, a page at a time.

The log grows in time, so where to begin is found by halving; no page holds the database for long, so that SQLite can
tidy up meanwhile.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Connection, text

from pricing_service.database import Database

PAGE = 4000  # records; some eight megabytes
EARLY = (
    2 * 86_400
)  # s; a record comes in no earlier than it was made, but for clocks and offsets that were changed
LAST = text("SELECT MAX(position) FROM events")
RECEIVED = text("SELECT received FROM events WHERE position >= :position ORDER BY position LIMIT 1")
SCAN = text(
    "SELECT position, day, occurred, line FROM events"
    " WHERE position >= :position AND day >= :first AND kind <> 'erased' ORDER BY position LIMIT :most"
)
WHOLE = text("SELECT day, line FROM events WHERE kind <> 'erased' ORDER BY position")


class Entry(NamedTuple):
    """A record as its till sealed it; ``occurred`` is Unix seconds. Its hash was verified when it came in."""

    day: int
    record: dict[str, Any]
    occurred: int


def read(database: Database, first: int) -> Iterator[Entry]:
    """Every record that counts for day ``first`` (days since 1970) or a later one, in the log's order."""
    with database.reading() as connection:
        position = start(connection, first * 86_400 - EARLY)
    rows = [()]
    while rows:
        with database.reading() as connection:
            rows = connection.execute(SCAN, {"position": position, "first": first, "most": PAGE}).all()
        for row in rows:
            record = opened(row.line)
            if record:
                yield Entry(row.day, record, row.occurred)
        position = rows[-1].position + 1 if rows else position


def opened(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None for half a character, as intake once took it: such a line counts for nothing."""
    try:
        return from_json(line)
    except ValueError:
        return None


def whole(connection: Connection) -> Iterator[tuple[dict[str, Any], int]]:
    """Every record with the day it counts for, read without looking at its hash again."""
    for row in connection.execute(WHOLE, execution_options={"yield_per": 1000}):
        record = opened(row.line)
        if record:
            yield record, row.day


def start(connection: Connection, received: int) -> int:
    """The position of the first record that came in at ``received`` (Unix seconds) or later."""
    low, high = 0, (connection.execute(LAST).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(RECEIVED, {"position": middle}).scalar()
        if found is None or found >= received:
            high = middle
        else:
            low = middle + 1
    return low
