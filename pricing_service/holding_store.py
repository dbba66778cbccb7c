"""Who seems to hold out: kept of every customer in the transaction that takes a record, told to tills of suspects only.

What is kept depends on reactions and days only, so no release ever makes it be computed again. A release and a policy
decide, when a snapshot is built, who of them is suspected and how deep the till then goes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, bindparam, text

from models import holding_law
from pos_client.core.belief import Model
from pos_client.core.model import ONE
from pos_client.core.policy import Policy
from pricing_service import consent_store
from pricing_service.holding_fold import Kept, fold, state_of

HELD = text("SELECT customer, weights, stays, day FROM holding WHERE customer IN :customers").bindparams(
    bindparam("customers", expanding=True)
)
HOLD = text(
    "INSERT INTO holding (customer, weights, stays, day, lean) VALUES (:customer, :weights, :stays, :day, :lean)"
    " ON CONFLICT (customer) DO UPDATE SET"
    " weights = excluded.weights, stays = excluded.stays, day = excluded.day, lean = excluded.lean"
)
FORGET = text("DELETE FROM holding WHERE customer = :customer")
ALL = text("SELECT customer, weights, stays, day FROM holding ORDER BY customer")
LEANING = text(
    "SELECT customer, weights, stays, day FROM holding"
    " WHERE lean >= :least OR (stays > 0 AND lean >= :least - :most) ORDER BY customer"
)
ONE_OF = text("SELECT customer, weights, stays, day FROM holding WHERE customer = :customer")
TOGETHER = 500  # customers asked for at once; databases bound the number of parameters


class Suspicion(NamedTuple):
    """``odds``: how many times better holding out explains the visits than honesty. ``firm``: basis points of the
    visits on which the till climbs no deeper than ``deepest``, basis points of gross; both None below suspicion."""

    odds: float
    firm: int | None
    deepest: int | None

    @property
    def fact(self) -> list[int | None]:
        """As tills are told it."""
        return [self.firm, self.deepest]


class Stakes(NamedTuple):
    """What suspicion depends on besides the customer: `holding_law.stay`, the score it begins at, money, and the
    share of visits on which tills then stand firm."""

    stay: float
    least: int
    margin: int
    lost: int
    firm: int


def learn(connection: Connection, records: list[tuple[dict[str, Any], int]]) -> None:
    """Fold ``records`` with their days, in this order, into what is kept."""
    customers = {record["customer"] for record, _ in records if record.get("customer")}
    refusing = consent_store.refusing(connection, customers)
    told = [(record, day) for record, day in records if record.get("customer") not in refusing]
    after = fold(_kept(connection, sorted(customers - refusing)), told)
    if after:
        connection.execute(HOLD, _rows(after))


def learn_anew(
    connection: Connection, customers: set[str], records: list[tuple[dict[str, Any], int]]
) -> None:
    """Keep of these customers what ``records``, all of theirs, say, and nothing of those who then say nothing."""
    after = fold({}, records)
    gone = [{"customer": customer} for customer in sorted(customers - set(after))]
    if gone:
        connection.execute(FORGET, gone)
    if after:
        connection.execute(HOLD, _rows(after))


def stored(connection: Connection) -> dict[str, Kept]:
    """All that is kept, by customer."""
    return {row.customer: Kept(row.weights, row.stays, row.day) for row in connection.execute(ALL)}


def stakes(model: Model, policy: Policy) -> Stakes:
    """Of a release and a store's policy."""
    population = model.population
    shares = [part / ONE for part in (population[0], population[1], sum(population[2:]))]
    leave_end = [part / ONE for part in model.leave_end]
    lost = round(policy.lost_sale * leave_end[2])
    least = holding_law.least(policy.margin, lost)
    stay = holding_law.stay(shares, leave_end)
    return Stakes(stay, least, policy.margin, lost, policy.stand_firm)


def suspected(connection: Connection, model: Model, policy: Policy, today: int) -> dict[str, Suspicion]:
    """Every customer with whom tills stand firm, as of the local day ``today``."""
    at = stakes(model, policy)
    if not at.firm:
        return {}
    rows = connection.execute(LEANING, {"least": at.least, "most": holding_law.MOST}).all()
    judged = zip([row.customer for row in rows], _judged(rows, at, today), strict=True)
    return {customer: one for customer, one in judged if one.firm}


def suspicion(
    connection: Connection, model: Model, policy: Policy, customer: str, today: int
) -> Suspicion | None:
    """What one customer is suspected of on the local day ``today``, or None where nothing is known."""
    rows = connection.execute(ONE_OF, {"customer": customer}).all()
    judged = _judged(rows, stakes(model, policy), today)
    return judged[0] if judged else None


def of_kept(model: Model, policy: Policy, kept: Kept, today: int) -> Suspicion:
    """The same of somebody of whom ``kept`` is known."""
    return _judged([kept], stakes(model, policy), today)[0]


def sentence(one: Suspicion | None) -> str:
    """Why tills climb less with a customer, or that they do not."""
    if one is None or one.firm is None or one.deepest is None:
        return "Nothing says that this customer waits for more than is needed; tills climb as for everybody."
    return (
        f"Refusing what would have done explains these visits {one.odds:.1f} times better than honest reactions do,"
        f" so on {one.firm / 100:g} of 100 visits tills offer the smallest rung, then at once the largest up to"
        f" {one.deepest / 100:.1f} % of gross, and nothing beyond; on the others they climb as for everybody."
    )


def _judged(rows: Sequence[Row | Kept], at: Stakes, today: int) -> list[Suspicion]:
    """Time takes suspicion away and never adds to it; so who was below on the day of the last visit still is."""
    then = state_of([Kept(row.weights, row.stays, row.day) for row in rows])
    state = holding_law.later(then, today - np.array([row.day for row in rows], np.int64))
    scores = np.minimum(holding_law.score(then, at.stay), holding_law.score(state, at.stay))
    deepest = holding_law.ceiling(state, at.margin, at.lost)
    return [
        Suspicion(odds, at.firm, depth) if at.firm and score >= at.least else Suspicion(odds, None, None)
        for score, odds, depth in zip(
            scores, np.exp2(scores / holding_law.BIT).tolist(), deepest.tolist(), strict=True
        )
    ]


def _kept(connection: Connection, customers: list[str]) -> dict[str, Kept]:
    found = {}
    for start in range(0, len(customers), TOGETHER):
        for row in connection.execute(HELD, {"customers": customers[start : start + TOGETHER]}):
            found[row.customer] = Kept(row.weights, row.stays, row.day)
    return found


def _rows(after: dict[str, Kept]) -> list[dict[str, Any]]:
    leans = holding_law.lean(state_of(list(after.values()))).tolist()
    return [
        {"customer": customer, **one._asdict(), "lean": lean}
        for (customer, one), lean in zip(after.items(), leans, strict=True)
    ]
