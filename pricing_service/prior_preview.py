"""What a prior would do to this shop: its plans of the last 30 days, made again as if the prior were all we knew."""

import json
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Connection, bindparam, text

from models import release
from models.prior_predictive import Changed, changed_plans, release_of
from models.priors import Priors
from pos_client.core import belief, plan, policy
from pos_client.core.belief import Model
from pos_client.core.outlook import Outlook
from pos_client.core.policy import PLANS, Policy
from pricing_service import release_store, releases, rule_store

DAYS = 30
MOST = 20_000  # checkouts; of more, so many evenly spaced records are looked at
TOGETHER = 500  # rows of one statement

SPAN = text("SELECT MIN(position) AS low, MAX(position) AS high FROM events")
RECEIVED = text("SELECT position, received FROM events WHERE position >= :position ORDER BY position LIMIT 1")
CHECKOUT = "kind = 'checkout' AND occurred >= :since"
ALL = text(f"SELECT line FROM events WHERE position >= :low AND {CHECKOUT} ORDER BY position")
SOME = text(
    f"SELECT line FROM events WHERE position IN :positions AND {CHECKOUT} ORDER BY position"
).bindparams(bindparam("positions", expanding=True))

MakePlan = Callable[[dict[str, Any], Model], list[int]]


class Plans(NamedTuple):
    """``looked_at`` checkouts since ``since`` (Unix seconds); ``sampled``: there are more, these lie evenly spaced."""

    since: int
    sampled: bool
    looked_at: int
    changed: list[Changed]

    @property
    def share(self) -> int:
        """Basis points of the plans that would be others, rounded up: few of many are not none."""
        return -(-10_000 * len(self.changed) // self.looked_at) if self.looked_at else 0


def maker(rules: Callable[[str], Policy]) -> MakePlan:
    """Makes the plan of a recorded checkout anew for a customer nobody has met, by the policy of its store.

    A record tells neither costs nor taxes, so the shop is taken to keep the policy's margin of every price, and the
    stakes are in basis points of gross. A record need not tell its plan's policy: the log takes what other versions of
    a till write. Its plan is then what it says.
    """
    weighed: dict[tuple[Any, ...], list[int]] = {}

    def made(checkout: dict[str, Any], model: Model) -> list[int]:
        name = checkout.get("policy", checkout.get("arm"))
        if name not in PLANS:
            return checkout.get("plan", [])
        law = rules(checkout.get("store", ""))
        most = policy.most_offers(law, checkout.get("queue") or 0)
        depths = tuple(rung["depth"] for rung in checkout["ladder"])
        cohort = belief.cohort_of(model, checkout) if checkout.get("customer") else None
        seen = (
            model.release,
            name,
            depths,
            most,
            law.margin,
            law.lost_sale,
            cohort,
            belief.offset(model, checkout),
        )
        if seen not in weighed:
            stakes = plan.Stakes([law.margin - depth for depth in depths], law.lost_sale, 0)
            outlook = Outlook(model, model.population_of(cohort), list(depths), seen[-1]) if depths else None
            weighed[seen] = plan.make(name, len(depths), outlook, stakes, most)
        return weighed[seen]

    return made


def plans(connection: Connection, priors: Priors, make: MakePlan | None = None, most: int = MOST) -> Plans:
    """Which of the shop's plans would change if the release at the middle of ``priors`` came into force."""
    make = make or maker(lru_cache(lambda store: policy.read(rule_store.policy_of(connection, store))))
    since = int(time.time()) - DAYS * 86400
    before = release_store.in_force(connection).model
    after = releases.published(json.dumps(release.as_json(release_of(priors)))).model
    low, high = _places(connection, since)
    sampled = high - low >= most
    lines = _some(connection, low, high, since, most) if sampled else _all(connection, low, since)
    looked_at, changed = changed_plans(_sold(lines), make, before, after)
    return Plans(since, sampled, looked_at, changed)


def _sold(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """The records that were no exercise. Their hashes were verified when they were taken; this reads twice as fast."""
    return (record for record in map(from_json, lines) if not record["training"])


def _all(connection: Connection, low: int, since: int) -> Iterator[bytes]:
    return iter(connection.execute(ALL, {"low": low, "since": since}).scalars())


def _some(connection: Connection, low: int, high: int, since: int, most: int) -> Iterator[bytes]:
    positions = [low + number * (high - low) // (most - 1) for number in range(most)]
    for first in range(0, most, TOGETHER):
        some = {"positions": positions[first : first + TOGETHER], "since": since}
        yield from connection.execute(SOME, some).scalars()


def _places(connection: Connection, since: int) -> tuple[int, int]:
    """The first position of the log that was received since then, and the last; records are received in its order.

    Found by halving: the log has no index on times, and a shop has millions of records.
    """
    ends = connection.execute(SPAN).one()
    low, high = ends.low or 1, (ends.high or 0) + 1
    last = high - 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(RECEIVED, {"position": middle}).one()
        low, high = (low, middle) if row.received >= since else (row.position + 1, high)
    return low, last
