"""The log: takes batches of sealed records, in sequence, once.

Identity is (device, epoch, sequence) plus the content's hash. A gap is refused: nothing after it is taken. What cannot
be taken goes to quarantine under its number, in the same transaction, so that it never blocks what follows.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from pos_client.core.event import opened
from pricing_service import (
    belief_store,
    lease_store,
    log_seal,
    release_store,
    rule_store,
    standing,
    trust_store,
)
from pricing_service.forgetting import Forgetting
from pricing_service.intake import Batch, Intake, Receipt
from pricing_service.records import Line, named, occurred
from pricing_service.trust_intervals import Trust
from pricing_service.trust_watch import Guard

ACKNOWLEDGED = text("SELECT acknowledged FROM devices WHERE device = :device AND epoch = :epoch")
KNOWN = text(
    "SELECT sequence, hash FROM events WHERE device = :device AND epoch = :epoch AND sequence BETWEEN :low AND :high"
)
SET_ASIDE = text(
    "SELECT sequence, digest FROM quarantine"
    " WHERE device = :device AND epoch = :epoch AND sequence BETWEEN :low AND :high AND code <> 'identity-conflict'"
)
EPOCHS = text("SELECT epoch FROM devices WHERE device = :device AND epoch <> :epoch")
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
    "INSERT INTO quarantine (device, epoch, sequence, digest, code, detail, received, line, customer)"
    " VALUES (:device, :epoch, :sequence, :digest, :code, :detail, :received, :line, :customer)"
    " ON CONFLICT (device, epoch, sequence, digest) DO NOTHING"
)
ACKNOWLEDGE = text(
    "UPDATE devices SET acknowledged = :acknowledged, last_seen = :received, counter = MAX(counter, :counter)"
    " WHERE device = :device AND epoch = :epoch"
)
ALL = text("SELECT position, day, line FROM events WHERE kind <> 'erased' ORDER BY position")
AFTER = text(
    "SELECT position, day, line FROM events WHERE position > :position AND kind <> 'erased'"
    " ORDER BY position LIMIT :most"
)
BETWEEN = text(
    "SELECT position, day, line FROM events WHERE position > :position AND position <= :last AND kind <> 'erased'"
    " ORDER BY position LIMIT :most"
)
OF_CUSTOMER = text(
    "SELECT position, day, line FROM events WHERE customer = :customer AND kind <> 'erased' ORDER BY position"
)

Placed = tuple[int, dict[str, Any], int]  # position, record, the day it counts for


def accept(batch: Batch, forgetting: Forgetting | None = None) -> Callable[[Connection], Receipt]:
    """The write that takes ``batch``: log, quarantine, beliefs, usage and acknowledgement together.

    ``forgetting`` knows who was erased; without it nobody was.
    """

    def job(connection: Connection) -> Receipt:
        history = standing.read(connection).history
        if batch.history not in ("", history):
            return Receipt(0, history, is_set_back=True)
        try:
            with connection.begin_nested():
                return _taken(connection, batch, history, forgetting)
        except DBAPIError:  # the database's trouble, not a record's
            raise
        except (
            Exception
        ):  # nobody foresaw it: a record that cannot be taken must not hold up the others for ever
            return _taken(connection, _without_faults(connection, batch, forgetting), history, forgetting)

    return job


def _taken(connection: Connection, batch: Batch, history: str, forgetting: Forgetting | None) -> Receipt:
    acknowledged = connection.execute(ACKNOWLEDGED, batch.stream).scalar_one()
    first = batch.first() or _set_aside_before(connection, batch) or acknowledged + 1
    seen = _seen(connection, batch, first, acknowledged)
    intake = Intake(batch, acknowledged, seen, _elsewhere(connection, batch))
    receipt = intake.sort(first)
    receipt.history = history
    _store(connection, intake, int(time.time()), forgetting)
    if receipt.acknowledged > acknowledged:
        standing.touch(connection)
    return receipt


def _without_faults(connection: Connection, batch: Batch, forgetting: Forgetting | None) -> Batch:
    """The batch whose records were tried one by one: what cannot be taken alone is marked to be set aside."""
    return replace(batch, lines=[_tried(connection, batch, line, forgetting) for line in batch.lines])


def _tried(connection: Connection, batch: Batch, line: Line, forgetting: Forgetting | None) -> Line:
    if line.code or line.sequence is None:
        return line
    intake = Intake(replace(batch, lines=[line]), line.sequence, {}, set())
    intake.accepted.append(line)
    trial = connection.begin_nested()
    try:
        _store(connection, intake, int(time.time()), forgetting)
    except DBAPIError:
        raise
    except Exception as fault:
        detail = f"Taking it failed unforeseen ({type(fault).__name__}): please report it."
        return replace(line, code="record-fault", detail=detail)
    finally:
        trial.rollback()
    return line


def _store(connection: Connection, intake: Intake, received: int, forgetting: Forgetting | None) -> None:
    stream = intake.batch.stream
    if intake.set_aside:
        aside = [
            {**stream, **row, "received": received, "customer": named(row["line"])}
            for row in intake.set_aside
        ]
        if forgetting:
            forgetting.empty_aside(connection, aside)
        connection.execute(QUARANTINE, aside)
    if intake.accepted:
        offset = rule_store.utc_offset(connection, intake.accepted[0].record.get("store", rule_store.DEFAULT))
        rows = [{**_row(line, received, offset), **stream} for line in intake.accepted]
        rows = log_seal.sealed(connection, rows)
        days = [(line.record, row["day"]) for line, row in zip(intake.accepted, rows, strict=True)]
        lease_store.charge(connection, intake.batch.device, intake.batch.epoch, days)
        told = list(zip(intake.accepted, rows, strict=True))
        if forgetting:
            told = forgetting.empty(connection, told)
        connection.execute(APPEND, rows)
        learnt = [(line.record, row["day"]) for line, row in told if row["kind"] != "erased"]
        places = {row["sequence"]: row["position"] for row in rows}
        _learn(connection, [(places[record["sequence"]], record, day) for record, day in learnt])
    seen = {"acknowledged": intake.receipt.acknowledged, "received": received}
    connection.execute(ACKNOWLEDGE, {**stream, **seen, "counter": intake.batch.counter})


def _learn(connection: Connection, told: list[Placed]) -> None:
    model = release_store.in_force(connection).model
    guard = Guard(connection, model, told)
    belief_store.learn(
        connection, model, [(record, day) for _, record, day in told], guard.taught(), guard.see
    )
    guard.end()


def _row(line: Line, received: int, offset: int) -> dict[str, Any]:
    record = line.record
    at = occurred(record.get("clock"), received)
    return {
        "device": record["device"],
        "epoch": record["epoch"],
        "sequence": record["sequence"],
        "hash": line.digest,
        "kind": record["kind"],
        "checkout_id": record.get("checkout_id", ""),
        "customer": record.get("customer") or record.get("redeemer"),
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


def _elsewhere(connection: Connection, batch: Batch) -> set[tuple[int, str]]:
    """The records held under the batch's numbers by other epochs of its device; most devices have none."""
    numbers = [line.sequence for line in batch.lines if line.sequence is not None]
    found: set[tuple[int, str]] = set()
    for epoch in connection.execute(EPOCHS, batch.stream).scalars().all() if numbers else ():
        span = {"device": batch.device, "epoch": epoch, "low": min(numbers), "high": max(numbers)}
        found.update((row.sequence, row.hash) for row in connection.execute(KNOWN, span))
    return found


def _set_aside_before(connection: Connection, batch: Batch) -> int | None:
    """Where a batch of nothing but unreadable lines begins, if its first line was here before."""
    return connection.execute(FOUND_ASIDE, {**batch.stream, "digest": batch.lines[0].digest}).scalar()


def log(connection: Connection) -> Iterator[tuple[dict[str, Any], int]]:
    """Every record with the day it counts for, in the order it was committed."""
    for row in connection.execute(ALL, execution_options={"yield_per": 1000}):
        yield opened(row.line), row.day


def taught(connection: Connection) -> Iterator[tuple[dict[str, Any], int]]:
    """The same, as beliefs learn it: nobody answered where the record's source is distrusted."""
    trust = trust_store.read(connection)
    for row in connection.execute(ALL, execution_options={"yield_per": 1000}):
        yield trust.quieted(opened(row.line), row.position), row.day


def after(
    connection: Connection, position: int, most: int, trust: Trust
) -> tuple[int, list[tuple[dict[str, Any], int]]]:
    """Up to ``most`` records committed after the one at ``position``, as they are learnt by ``trust``, and the position
    of the last of them."""
    rows = connection.execute(AFTER, {"position": position, "most": most}).all()
    told = [(trust.quieted(opened(row.line), row.position), row.day) for row in rows]
    return rows[-1].position if rows else position, told


def between(connection: Connection, position: int, last: int, most: int) -> list[Placed]:
    """Up to ``most`` records committed after the one at ``position``, up to the one at ``last``."""
    rows = connection.execute(BETWEEN, {"position": position, "last": last, "most": most})
    return [(row.position, opened(row.line), row.day) for row in rows]


def of_customer(connection: Connection, customer: str) -> list[Placed]:
    """Every record of one customer, in the order they were committed."""
    rows = connection.execute(OF_CUSTOMER, {"customer": customer})
    return [(row.position, opened(row.line), row.day) for row in rows]
