"""The log: takes batches of sealed records, in sequence, once.

Identity is (device, epoch, sequence) plus the content's hash. A gap is refused: nothing after it is taken. What cannot
be taken goes to quarantine under its number, in the same transaction, so that it never blocks what follows.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, text

from pos_client.core.event import opened
from pricing_service import belief_store, log_seal, release_store, rule_store, standing
from pricing_service.intake import Batch, Intake, Receipt
from pricing_service.records import Line, occurred

ACKNOWLEDGED = text("SELECT acknowledged FROM devices WHERE device = :device AND epoch = :epoch")
KNOWN = text(
    "SELECT sequence, hash FROM events WHERE device = :device AND epoch = :epoch AND sequence BETWEEN :low AND :high"
)
SET_ASIDE = text(
    "SELECT sequence, digest FROM quarantine"
    " WHERE device = :device AND epoch = :epoch AND sequence BETWEEN :low AND :high"
)
FOUND_ASIDE = text(
    "SELECT sequence FROM quarantine"
    " WHERE device = :device AND epoch = :epoch AND digest = :digest ORDER BY sequence DESC LIMIT 1"
)
APPEND = text(
    "INSERT INTO events (position, device, epoch, sequence, hash, kind, checkout_id, customer, occurred, day,"
    " received, line, seal) VALUES (:position, :device, :epoch, :sequence, :hash, :kind, :checkout_id, :customer,"
    " :occurred, :day, :received, :line, :seal)"
)
QUARANTINE = text(
    "INSERT INTO quarantine (device, epoch, sequence, digest, code, detail, received, line)"
    " VALUES (:device, :epoch, :sequence, :digest, :code, :detail, :received, :line)"
    " ON CONFLICT (device, epoch, sequence, digest) DO NOTHING"
)
ACKNOWLEDGE = text(
    "UPDATE devices SET acknowledged = :acknowledged, last_seen = :received WHERE device = :device AND epoch = :epoch"
)
ALL = text("SELECT day, line FROM events ORDER BY position")
AFTER = text(
    "SELECT position, day, line FROM events WHERE position > :position ORDER BY position LIMIT :most"
)


def accept(batch: Batch) -> Callable[[Connection], Receipt]:
    """The write that takes ``batch``: log, quarantine, beliefs, usage and acknowledgement together."""

    def job(connection: Connection) -> Receipt:
        acknowledged = connection.execute(ACKNOWLEDGED, batch.stream).scalar_one()
        first = batch.first() or _set_aside_before(connection, batch) or acknowledged + 1
        intake = Intake(batch, acknowledged, _seen(connection, batch, first, acknowledged))
        receipt = intake.sort(first)
        receipt.history = standing.read(connection).history
        _store(connection, intake, int(time.time()))
        if receipt.acknowledged > acknowledged:
            standing.touch(connection)
        return receipt

    return job


def _store(connection: Connection, intake: Intake, received: int) -> None:
    stream = intake.batch.stream
    if intake.set_aside:
        connection.execute(QUARANTINE, [{**stream, **row, "received": received} for row in intake.set_aside])
    if intake.accepted:
        offset = rule_store.utc_offset(connection, intake.accepted[0].record["store"])
        rows = [_row(line, received, offset) for line in intake.accepted]
        rows = log_seal.sealed(connection, rows)
        connection.execute(APPEND, rows)
        learnt = [(line.record, row["day"]) for line, row in zip(intake.accepted, rows, strict=True)]
        belief_store.learn(connection, release_store.in_force(connection).model, learnt)
    seen = {"acknowledged": intake.receipt.acknowledged, "received": received}
    connection.execute(ACKNOWLEDGE, {**stream, **seen})


def _row(line: Line, received: int, offset: int) -> dict[str, Any]:
    record = line.record
    at = occurred(record["clock"], received)
    return {
        "device": record["device"],
        "epoch": record["epoch"],
        "sequence": record["sequence"],
        "hash": line.digest,
        "kind": record["kind"],
        "checkout_id": record["checkout_id"],
        "customer": record.get("customer"),
        "occurred": at,
        "day": (at + offset * 60) // 86400,
        "received": received,
        "line": line.raw,
    }


def _seen(connection: Connection, batch: Batch, first: int, acknowledged: int) -> dict[int, str]:
    """The digests already held under the numbers this batch can speak of."""
    span = {**batch.stream, "low": min(first, batch.lowest(first)), "high": acknowledged}
    seen = {row.sequence: row.digest for row in connection.execute(SET_ASIDE, span)}
    seen.update((row.sequence, row.hash) for row in connection.execute(KNOWN, span))
    return seen


def _set_aside_before(connection: Connection, batch: Batch) -> int | None:
    """Where a batch of nothing but unreadable lines begins, if its first line was here before."""
    return connection.execute(FOUND_ASIDE, {**batch.stream, "digest": batch.lines[0].digest}).scalar()


def log(connection: Connection) -> Iterator[tuple[dict[str, Any], int]]:
    """Every record with the day it counts for, in the order it was committed."""
    for row in connection.execute(ALL, execution_options={"yield_per": 1000}):
        yield opened(row.line), row.day


def after(connection: Connection, position: int, most: int) -> tuple[int, list[tuple[dict[str, Any], int]]]:
    """Up to ``most`` records committed after the one at ``position``, and the position of the last of them."""
    rows = connection.execute(AFTER, {"position": position, "most": most}).all()
    return rows[-1].position if rows else position, [(opened(row.line), row.day) for row in rows]
