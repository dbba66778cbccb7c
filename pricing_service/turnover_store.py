"""What the till system booked, by store and day: told by the shop, to hold the log against."""

import time
from typing import NamedTuple

from sqlalchemy import Connection, text

BOOK = text(
    "INSERT INTO turnover (store, day, amount, booked_by, changed) VALUES (:store, :day, :amount, :by, :now)"
    " ON CONFLICT (store, day) DO UPDATE SET"
    " amount = excluded.amount, booked_by = excluded.booked_by, changed = excluded.changed"
)
BETWEEN = text(
    "SELECT store, day, amount FROM turnover WHERE day BETWEEN :first AND :last ORDER BY store, day"
)
OF_STORE = text(
    "SELECT store, day, amount FROM turnover WHERE store = :store AND day > :after ORDER BY day LIMIT :limit"
)


class Booked(NamedTuple):
    store: str
    day: int
    amount: int


def book(connection: Connection, store: str, days: dict[int, int], by: str) -> None:
    """Set the turnover of these days of a store, minor units; what was told of them before is replaced."""
    told = {"store": store, "by": by, "now": int(time.time())}
    rows = [{**told, "day": day, "amount": amount} for day, amount in days.items()]
    if rows:
        connection.execute(BOOK, rows)


def between(connection: Connection, first: int, last: int) -> dict[tuple[str, int], int]:
    """(store, day) -> turnover, of all days told of from ``first`` to ``last``."""
    rows = connection.execute(BETWEEN, {"first": first, "last": last})
    return {(row.store, row.day): row.amount for row in rows}


def page(connection: Connection, store: str, after: int, limit: int) -> list[Booked]:
    """Up to ``limit`` days of a store behind the day ``after``."""
    rows = connection.execute(OF_STORE, {"store": store, "after": after, "limit": limit})
    return [Booked(*row) for row in rows]
