"""Put another release in force: all beliefs computed anew from the log, while tills sell and records go on arriving.

Nothing is locked while the log is read and folded. Beliefs of the release that is to come are written beside those in
force, some at a time; what has arrived meanwhile is folded after them, and only the last few records in the one
transaction that switches. For the worker and for commands: importing this imports numba.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from models.recompute import UNKNOWN, Part, recompute
from pos_client.core.belief import Model
from pricing_service import belief_store, consent_store, event_store, release_store, trust_store
from pricing_service.database import Database
from pricing_service.trust_intervals import Trust
from pricing_service.visit_reader import VisitReader

AT_ONCE = 5000  # records read at once: some ten megabytes
TOGETHER = 2000  # rows of one transaction: tills wait for it, some 30 ms
FEW = 250  # records of one transaction: a batch of a till has as many
ALL = 2**31 - 1
READING = 0.8  # of the time of all, about
LAST = text("SELECT COALESCE(MAX(position), 0) FROM events")
RELEASES = text("SELECT DISTINCT release FROM beliefs")
FORGET = text(
    "DELETE FROM beliefs WHERE release = :release AND customer IN"
    " (SELECT customer FROM beliefs WHERE release = :release ORDER BY customer LIMIT :most)"
)

Told = Callable[[float], None]


class Adopted(NamedTuple):
    """Customers whose beliefs are new, visits they were computed from before the log was caught up, seconds in all."""

    customers: int
    visits: int
    seconds: float


def adopt(
    database: Database,
    model: Model,
    switch: Callable[[Connection], None],
    progress: Told = lambda share: None,
) -> Adopted:
    """Compute all beliefs under ``model``; ``switch(connection)`` is called in the transaction that completes them.

    ``progress`` is told which share is done, from 0 to 1. Whatever it or ``switch`` raises ends the attempt; what was
    in force stays.
    """
    began = time.monotonic()
    _forget_others(database)
    try:
        if _in_force(database) == model.release:  # under another number, but the same tables
            customers = visits = 0
            with database.writing() as connection:
                switch(connection)
        else:
            with database.reading() as connection:
                trust = trust_store.read(connection)
            position, customers, visits = _prepare(database, model, trust, progress)
            _complete(database, model, position, trust, switch)
        return Adopted(customers, visits, time.monotonic() - began)
    finally:
        _forget_others(database)


def _prepare(database: Database, model: Model, trust: Trust, progress: Told) -> tuple[int, int, int]:
    """Write every customer's belief as of the position in the log that is returned, with customers and visits."""
    with database.reading() as connection:
        erasures = belief_store.erasures(connection)
    position, reader = _read(database, model, trust, lambda share: progress(READING * share))
    tokens, visits, kinds = reader.result()
    for part in recompute(model, visits, kinds):
        for rows in _rows(model.release, part, tokens):
            with _gently(database) as connection:
                belief_store.hold_known(connection, rows, position, erasures)
        progress(READING + (1 - READING) * (part.first + len(part.which)) / len(tokens))
    return position, len(tokens), len(visits.customer)


def _read(database: Database, model: Model, trust: Trust, progress: Told) -> tuple[int, VisitReader]:
    """The whole log as it is learnt by ``trust``, and its last position."""
    position, reader, records = 0, VisitReader(model), [()]
    while records:
        with (
            database.reading() as connection
        ):  # one after another: a long one would keep SQLite from tidying up
            end = connection.execute(LAST).scalar_one()
            position, records = event_store.after(connection, position, AT_ONCE, trust)
        for record, day in records:
            reader.read(record, day)
        progress(position / max(end, 1))
    return position, reader


def _rows(release: str, part: Part, tokens: list[str]) -> Iterator[list[dict[str, Any]]]:
    """The rows of a part's customers, some at a time."""
    stored = part.rows.astype("<u4", copy=False)
    for first in range(0, len(part.which), TOGETHER):
        yield [
            {
                "customer": tokens[part.first + one],
                "release": release,
                "weights": stored[part.which[one]].tobytes(),
                "day": int(part.day[one]),
                "visits": int(part.sales[one]),
                "cohort": None if part.cohort[one] == UNKNOWN else int(part.cohort[one]) - 1,
            }
            for one in range(first, min(first + TOGETHER, len(part.which)))
        ]


def _complete(
    database: Database, model: Model, position: int, trust: Trust, switch: Callable[[Connection], None]
) -> None:
    """Fold what arrived after ``position`` until little is left; fold that and switch in one transaction.

    Whom somebody began to distrust meanwhile, or to trust again, is in these beliefs soon afterwards.
    """
    folded = FEW
    while folded == FEW:
        with _gently(database) as connection:
            position, folded = _fold(connection, model, position, FEW, trust)
    with database.writing() as connection:
        _fold(connection, model, position, ALL, trust)
        consent_store.forget_refusing(connection)
        switch(connection)
        trust_store.sweep_again(connection, trust)


def _fold(connection: Connection, model: Model, position: int, most: int, trust: Trust) -> tuple[int, int]:
    position, records = event_store.after(connection, position, most, trust)
    belief_store.believe(connection, model, records)
    return position, len(records)


@contextmanager
def _gently(database: Database) -> Iterator[Connection]:
    """A write transaction, and a rest as long as it: tills hand in records at the same time."""
    began = time.monotonic()
    with database.writing() as connection:
        yield connection
    time.sleep(time.monotonic() - began)


def _in_force(database: Database) -> str:
    with database.reading() as connection:
        return release_store.in_force(connection).model.release


def _forget_others(database: Database) -> None:
    """Delete all beliefs but those in force, some at a time."""
    with database.reading() as connection:
        present = release_store.in_force(connection).model.release
        others = [name for name in connection.execute(RELEASES).scalars() if name != present]
    for release in others:
        deleted = TOGETHER
        while deleted == TOGETHER:
            with _gently(database) as connection:
                deleted = connection.execute(FORGET, {"release": release, "most": TOGETHER}).rowcount
