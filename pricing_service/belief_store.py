"""Every customer's belief, usage and the shop's budgets, folded from records in the transaction that takes them."""

import struct
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, text

from pos_client.core.belief import Model
from pos_client.core.shop import used
from pricing_service import consent_store, holding_store
from pricing_service.learning import Held, fold, teaches

MOST = 1 << 61  # of a sum of what records tell: twice that is still a whole number to a database
HELD = text(
    "SELECT customer, weights, day, visits, cohort FROM beliefs"
    " WHERE release = :release AND customer IN :customers"
).bindparams(bindparam("customers", expanding=True))
HOLD = text(
    "INSERT INTO beliefs (customer, release, weights, day, visits, cohort)"
    " VALUES (:customer, :release, :weights, :day, :visits, :cohort)"
    " ON CONFLICT (release, customer) DO UPDATE SET"
    " weights = excluded.weights, day = excluded.day, visits = excluded.visits,"
    " cohort = excluded.cohort"
)
USE = text(
    "INSERT INTO usage (customer, discount, day, uses, amount) VALUES (:customer, :discount, :day, :uses, :amount)"
    " ON CONFLICT (customer, discount, day) DO UPDATE SET"
    f" uses = usage.uses + excluded.uses, amount = MIN({MOST}, usage.amount + excluded.amount)"
)
SPEND = text(
    "INSERT INTO budgets (discount, day, spent) VALUES (:discount, :day, :amount)"
    f" ON CONFLICT (discount, day) DO UPDATE SET spent = MIN({MOST}, budgets.spent + excluded.spent)"
)
ALL = text(
    "SELECT customer, weights, day, visits, cohort FROM beliefs WHERE release = :release ORDER BY customer"
)
Dated = list[tuple[dict[str, Any], int]]  # records and the days they count for
See = Callable[[int, Held | None], None]
ERASURES = text("SELECT COUNT(*) FROM erasures")
REMEMBERED = text(
    "SELECT DISTINCT customer FROM events WHERE customer IN :customers AND position <= :position"
).bindparams(bindparam("customers", expanding=True))
TOGETHER = 500  # customers asked for at once; databases bound the number of parameters


def pack(weights: list[int]) -> bytes:
    """Weights as stored: unsigned 32-bit, little endian."""
    return struct.pack(f"<{len(weights)}I", *weights)


def unpack(stored: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(stored) // 4}I", stored))


def learn(connection: Connection, model: Model, records: Dated, taught: Dated, see: See) -> None:
    """Fold ``records`` with their days, in this order, into usage and budgets, and into beliefs and what says who holds
    out ``taught``: the same records, as far as they are trusted. ``see`` as in `believe`."""
    believe(connection, model, taught, see)
    holding_store.learn(connection, taught)
    _count(connection, records)


def held(connection: Connection, release: str, customers: Iterable[str]) -> dict[str, Held]:
    """What is held, under ``release``, of those of ``customers`` somebody has met."""
    wanted, found = sorted(set(customers)), {}
    for start in range(0, len(wanted), TOGETHER):
        some = {"release": release, "customers": wanted[start : start + TOGETHER]}
        for row in connection.execute(HELD, some):
            found[row.customer] = Held(unpack(row.weights), row.day, row.visits, row.cohort)
    return found


def believe(connection: Connection, model: Model, records: Dated, see: See | None = None) -> None:
    """Fold ``records`` with their days, in this order, into the beliefs kept under ``model``, and into nothing else.

    Of who does not want to be profiled nothing is believed.
    ``see`` is told of each record, by its number, what is held of its customer just before.
    """
    customers = [record["customer"] if teaches(record) else None for record, _ in records]
    refusing = consent_store.refusing(connection, filter(None, customers))
    customers = [None if customer in refusing else customer for customer in customers]
    present = held(connection, model.release, filter(None, customers))
    for number, (customer, (record, day)) in enumerate(zip(customers, records, strict=True)):
        before = present.get(customer) if customer else None
        if see:
            see(number, before)
        if customer:
            present[customer] = fold(model, before, record, day)
    if present:
        hold(connection, model.release, present)


def hold(connection: Connection, release: str, present: dict[str, Held]) -> None:
    """Put these beliefs in place of what is held of their customers under ``release``."""
    connection.execute(HOLD, [_row(release, customer, one) for customer, one in present.items()])


def erasures(connection: Connection) -> int:
    """How often somebody was erased: where that has changed, what was read before may speak of them."""
    return connection.execute(ERASURES).scalar_one()


def hold_known(connection: Connection, rows: list[dict[str, Any]], position: int, before: int) -> None:
    """Keep beliefs read from the log up to ``position`` at ``before`` erasures, but of nobody erased since."""
    if erasures(connection) != before:
        asked = {"customers": [row["customer"] for row in rows], "position": position}
        known = set(connection.execute(REMEMBERED, asked).scalars())
        rows = [row for row in rows if row["customer"] in known]
    if rows:
        connection.execute(HOLD, rows)


def _row(release: str, customer: str, one: Held) -> dict[str, Any]:
    weights = pack(one.weights)
    return {
        "customer": customer,
        "release": release,
        "weights": weights,
        "day": one.day,
        "visits": one.visits,
        "cohort": one.cohort,
    }


def _count(connection: Connection, records: list[tuple[dict[str, Any], int]]) -> None:
    uses, amounts, spent = tally(records)
    if uses:
        names = ("customer", "discount", "day")
        rows = [
            {**dict(zip(names, key, strict=True)), "uses": uses[key], "amount": amounts[key]} for key in uses
        ]
        connection.execute(USE, rows)
    if spent:
        rows = [{"discount": what, "day": day, "amount": amount} for (what, day), amount in spent.items()]
        connection.execute(SPEND, rows)


def tally(records: Iterable[tuple[dict[str, Any], int]]) -> tuple[Counter, Counter, Counter]:
    """Uses and amounts by (customer, discount, day), and amounts by (discount, day); amounts up to `MOST`."""
    uses, amounts, spent = Counter(), Counter(), Counter()
    for record, day in records:
        for discount, amount in used(record):
            spent[discount, day] += amount
            who = record["customer"] or record.get("redeemer")
            if who is not None:
                uses[who, discount, day] += 1
                amounts[who, discount, day] += amount
    return uses, bounded(amounts), bounded(spent)


def bounded(sums: Counter) -> Counter:
    """Sums that a database can add to."""
    return Counter({key: min(MOST, amount) for key, amount in sums.items()})
