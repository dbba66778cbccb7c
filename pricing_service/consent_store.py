"""What customers said about being profiled: every answer with the version of its text, and what follows from it.

Who refuses loses what was believed of them, at once; their records stay until they ask for erasure, but teach nobody
anything. Who consents again is believed what these records say. Nothing here decides what a customer may get.
"""

import time
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text

from pricing_service import standing

ANSWERS = text(
    "SELECT number, profiling, text_version, at, received FROM consents WHERE customer = :customer ORDER BY number"
)
ADD = text(
    "INSERT INTO consents (customer, number, profiling, text_version, at, received) VALUES (:customer,"
    " (SELECT 1 + COUNT(*) FROM consents WHERE customer = :customer), :profiling, :text_version, :at, :received)"
)
REFUSE = text(
    "INSERT INTO facts (customer, changed, refused) VALUES (:customer, :now, :refused)"
    " ON CONFLICT (customer) DO UPDATE SET changed = excluded.changed, refused = excluded.refused"
)
REFUSING = text("SELECT customer FROM facts WHERE refused IS NOT NULL AND customer IN :customers").bindparams(
    bindparam("customers", expanding=True)
)
ALL = text("SELECT customer FROM facts WHERE refused IS NOT NULL")
FORGET = tuple(text(f"DELETE FROM {table} WHERE customer = :customer") for table in ("beliefs", "holding"))
FORGET_ALL = tuple(
    text(f"DELETE FROM {table} WHERE customer IN (SELECT customer FROM facts WHERE refused IS NOT NULL)")
    for table in ("beliefs", "holding")
)
TOGETHER = 500  # customers of one question; databases bound the number of parameters


class Answer(NamedTuple):
    """``at``: when the customer said so, ``received``: when it was recorded; Unix seconds."""

    number: int
    profiling: bool
    text_version: str
    at: int
    received: int


def answers(connection: Connection, customer: str) -> list[Answer]:
    """Everything a customer said, in the order it was recorded."""
    rows = connection.execute(ANSWERS, {"customer": customer})
    return [Answer(row.number, bool(row.profiling), row.text_version, row.at, row.received) for row in rows]


def in_force(told: list[Answer]) -> Answer | None:
    """What the customer said last, be it recorded before something older; None for who said nothing."""
    return max(told, key=lambda one: (one.at, one.number), default=None)


def record(connection: Connection, customer: str, profiling: bool, text_version: str, at: int) -> Answer:
    """Keep an answer; what is in force then. A refusal takes away what was believed."""
    now = int(time.time())
    told = {
        "customer": customer,
        "profiling": profiling,
        "text_version": text_version,
        "at": at,
        "received": now,
    }
    connection.execute(ADD, told)
    present = in_force(answers(connection, customer))
    assert present is not None  # one was just added
    refused = None if present.profiling else present.at
    connection.execute(REFUSE, {"customer": customer, "now": now, "refused": refused})
    if not present.profiling:
        for statement in FORGET:
            connection.execute(statement, {"customer": customer})
    standing.touch(connection)
    return present


def refusing(connection: Connection, customers: Iterable[str]) -> set[str]:
    """Those of ``customers`` who do not want to be profiled."""
    wanted, found = sorted(set(customers)), set()
    for start in range(0, len(wanted), TOGETHER):
        found.update(connection.execute(REFUSING, {"customers": wanted[start : start + TOGETHER]}).scalars())
    return found


def everybody_refusing(connection: Connection) -> set[str]:
    return set(connection.execute(ALL).scalars())


def forget_refusing(connection: Connection) -> None:
    """Drop what a computation over the whole log says of customers who refuse."""
    for statement in FORGET_ALL:
        connection.execute(statement)
