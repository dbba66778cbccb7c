"""The seal of the log: every row is chained to the one before it, so that none can be changed, moved or taken away.

A seal covers a row's place, its record's identity and hash, and the times the service gave it, never the content: that
is covered by the record's own hash, and can be erased without breaking the chain. It costs two microseconds a record.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from pricing_service import audit_store

BEGIN = bytes(32)  # the seal before the first row
COVERED = ("device", "epoch", "sequence", "hash", "occurred", "day", "received")
TOGETHER = 5000  # rows read or written at once
LAST = text("SELECT position, seal FROM events ORDER BY position DESC LIMIT 1")
AT = text("SELECT seal FROM events WHERE position = :position")
UNSEALED = text("SELECT MIN(position) FROM events WHERE seal IS NULL")
ROWS = text(
    f"SELECT position, {', '.join(COVERED)} FROM events"
    " WHERE position >= :first ORDER BY position LIMIT :most"
)
SEAL = text("UPDATE events SET seal = :seal WHERE position = :position")


def of(
    previous: bytes,
    position: int,
    device: str,
    epoch: int,
    sequence: int,
    digest: str,
    occurred: int,
    day: int,
    received: int,
) -> bytes:
    """The seal, 32 bytes, of a row after one sealed ``previous``; ``digest`` is its record's hash."""
    told = f"{position}\n{device}\n{epoch}\n{sequence}\n{digest}\n{occurred}\n{day}\n{received}"
    return hashlib.sha256(previous + told.encode()).digest()


def sealed(connection: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``rows`` with the positions they get at the end of the log, and their seals."""
    last = connection.execute(LAST).one_or_none()
    held, seal = (last.position, last.seal or BEGIN) if last else (0, BEGIN)
    out = []
    for position, row in enumerate(rows, held + 1):
        seal = of(seal, position, *(row[name] for name in COVERED))
        out.append({**row, "position": position, "seal": seal})
    return out


def head(connection: Connection) -> audit_store.Head:
    """The last row's position and seal, as hex."""
    last = connection.execute(LAST).one_or_none()
    return (
        audit_store.Head(last.position, (last.seal or BEGIN).hex())
        if last
        else audit_store.Head(0, BEGIN.hex())
    )


def seal_at(connection: Connection, position: int) -> str | None:
    """The seal, as hex, of the row at a position, or None; that of the beginning at 0."""
    seal = connection.execute(AT, {"position": position}).scalar() if position else BEGIN
    return seal.hex() if seal else None


def fill(connection: Connection) -> None:
    """Seal what a version without seals left, as it is found, and say so in the trail."""
    last = connection.execute(LAST).one_or_none()
    if last is None or last.seal is not None:
        return
    first = connection.execute(UNSEALED).scalar_one()
    before = connection.execute(
        text("SELECT MAX(position) FROM events WHERE position < :first"), {"first": first}
    )
    seal = connection.execute(AT, {"position": before.scalar() or 0}).scalar() or BEGIN
    for rows in _found(connection, first):
        values = []
        for row in rows:
            seal = of(seal, *row)
            values.append({"position": row.position, "seal": seal})
        connection.execute(SEAL, values)
    audit_store.append(
        connection, "service", "log-sealed", f"records {first}-{last.position}", "as they were found"
    )


def _found(connection: Connection, first: int) -> Iterator[list[Any]]:
    while rows := list(connection.execute(ROWS, {"first": first, "most": TOGETHER})):
        yield rows
        first = rows[-1].position + 1
