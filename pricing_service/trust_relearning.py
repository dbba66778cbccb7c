"""Carry a change of trust into beliefs: customers who were met by the source are learnt anew, a few at a time.

A customer's belief is folded from their own records alone, so those of everybody else stay as they are. Once nothing is
waiting, what is stored is what a replay of the whole log gives.
"""

import time
from typing import Any

from sqlalchemy import Connection

from pricing_service import (
    belief_store,
    consent_store,
    event_store,
    holding_store,
    metrics,
    release_store,
    trust_store,
)
from pricing_service.database import Database, Writer
from pricing_service.learning import Held, fold, teaches
from pricing_service.trust_intervals import Trust, sources
from pricing_service.trust_store import Entry

ROWS = 500  # of the log, looked through in one transaction
CUSTOMERS = 20  # learnt anew in one transaction: tills wait for it, some 100 ms


def work(database: Database, writer: Writer) -> bool:
    """Until nothing is waiting; between two portions the writer has as long for tills. Whether anything was waiting."""
    portions = 0
    while _is_waiting(database):
        began = time.monotonic()
        writer.submit(portion).result()
        time.sleep(time.monotonic() - began)
        portions += 1
    return portions > 0


def _is_waiting(database: Database) -> bool:
    with database.reading() as connection:
        for kind, many in trust_store.distrusted(connection).items():
            metrics.distrusted.labels(kind).set(many)
        return trust_store.waiting(connection) is not None


def portion(connection: Connection) -> bool:
    """The next customers of the oldest change; False where nothing was waiting."""
    entry = trust_store.waiting(connection)
    if entry is None:
        return False
    reached, records, customers = _next(connection, entry)
    relearn(connection, trust_store.read(connection), customers)
    trust_store.swept(connection, entry, reached, records)
    return True


def relearn(connection: Connection, trust: Trust, customers: set[str]) -> None:
    """Fold all records of these customers anew, as they are learnt by ``trust``."""
    model = release_store.in_force(connection).model
    present: dict[str, Held] = {}
    taught: list[tuple[dict[str, Any], int]] = []
    for customer in sorted(customers - consent_store.refusing(connection, customers)):
        for position, record, day in event_store.of_customer(connection, customer):
            if teaches(record):
                record = trust.quieted(record, position)
                present[customer] = fold(model, present.get(customer), record, day)
                taught.append((record, day))
    if present:
        belief_store.hold(connection, model.release, present)
    holding_store.learn_anew(connection, customers, taught)


def _next(connection: Connection, entry: Entry) -> tuple[int, int, set[str]]:
    """Up to where this portion goes, how many records of the source lie there, and whose they are."""
    customers: set[str] = set()
    reached, records = entry.swept, 0
    rows = event_store.between(connection, entry.swept, entry.until, ROWS)
    for position, record, _ in rows:
        if entry.interval.holds(position) and entry.source in sources(record):
            if teaches(record) and record["customer"] not in customers:
                if len(customers) == CUSTOMERS:
                    return reached, records, customers
                customers.add(record["customer"])
            records += record["kind"] == "checkout"
        reached = position
    return (reached if len(rows) == ROWS else entry.until), records, customers
