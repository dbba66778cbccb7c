"""The oracle: everything derived, computed once more from the log by one thread that keeps it all in memory.

It shares no state and no SQL with the transactions it judges, only the pure functions of what one record teaches.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.belief import Model
from pricing_service import (
    belief_store,
    consent_store,
    erased_sales,
    event_store,
    holding_store,
    release_store,
    standing,
    trust_store,
)
from pricing_service.holding_fold import Kept
from pricing_service.holding_fold import fold as fold_holding
from pricing_service.learning import Held, fold, teaches

OTHERS = text("SELECT COUNT(*) FROM beliefs WHERE release <> :release")
FORGET = text("DELETE FROM beliefs")
NOBODY_HOLDS = text("SELECT 1 FROM holding LIMIT 1")
AT_ONCE = 5000  # records read at once
USED = text("SELECT customer, discount, day, uses, amount FROM usage")
SPENT = text("SELECT discount, day, spent FROM budgets")


class Derived(NamedTuple):
    """Beliefs by customer; (uses, amount) by customer, discount and day; amount by discount and day; who holds out."""

    beliefs: dict[str, Held]
    usage: dict[tuple[str, str, int], tuple[int, int]]
    budgets: dict[tuple[str, int], int]
    holding: dict[str, Kept]


def replay(connection: Connection, model: Model) -> Derived:
    """What the log says."""
    beliefs: dict[str, Held] = {}
    for record, day in _taught(connection):
        if teaches(record):
            beliefs[record["customer"]] = fold(model, beliefs.get(record["customer"]), record, day)
    uses, amounts, spent = belief_store.tally(event_store.log(connection))
    spent.update(erased_sales.spent(connection))  # of whom the log no longer knows
    return Derived(
        beliefs,
        {key: (uses[key], amounts[key]) for key in uses},
        dict(belief_store.bounded(spent)),
        _holding(connection),
    )


def _taught(connection: Connection) -> Iterator[tuple[dict[str, Any], int]]:
    """What there is to learn from: records of those who refuse to be profiled teach nothing."""
    refusing = consent_store.everybody_refusing(connection)
    for record, day in event_store.taught(connection):
        if record.get("customer") not in refusing:
            yield record, day


def _holding(connection: Connection) -> dict[str, Kept]:
    kept: dict[str, Kept] = {}
    for record in _taught(connection):
        kept.update(fold_holding(kept, [record]))
    return kept


def follow_release(connection: Connection) -> None:
    """Where this version of Rung makes other tables of the release in force, all beliefs come anew from the log."""
    present = release_store.present(connection)
    model = release_store.in_force(connection).model
    if present.identity == model.release:
        return
    if connection.execute(OTHERS, {"release": model.release}).scalar_one():
        connection.execute(FORGET)
        belief_store.hold(connection, model.release, replay(connection, model).beliefs)
    release_store.name(connection, present.number, model.release)
    standing.touch(connection)


def fill_holding(connection: Connection) -> None:
    """Where a version that did not ask who holds out left a log, that is read once."""
    if connection.execute(NOBODY_HOLDS).scalar() is not None:
        return
    trust = trust_store.read(connection)
    position, records = event_store.after(connection, 0, AT_ONCE, trust)
    while records:
        holding_store.learn(connection, records)
        position, records = event_store.after(connection, position, AT_ONCE, trust)


def stored(connection: Connection) -> Derived:
    """What the tables say, of beliefs under the release in force."""
    believed = {"release": release_store.in_force(connection).model.release}
    return Derived(
        {
            row.customer: Held(belief_store.unpack(row.weights), row.day, row.visits, row.cohort)
            for row in connection.execute(belief_store.ALL, believed)
        },
        {(row.customer, row.discount, row.day): (row.uses, row.amount) for row in connection.execute(USED)},
        {(row.discount, row.day): row.spent for row in connection.execute(SPENT)},
        holding_store.stored(connection),
    )
