"""One customer as the service knows them: belief, what it means, and the facts the shop may tell."""

import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core import belief
from pos_client.core.belief import Model
from pricing_service import belief_store, standing
from pricing_service.learning import Held

DEPTHS = (100, 200, 300, 400, 500, 700, 1000, 1300, 1500, 1700, 2000, 2500, 3000, 4000, 5000)

FACTS = text("SELECT tier, birthday FROM facts WHERE customer = :customer")
TELL = text(
    "INSERT INTO facts (customer, tier, birthday, changed) VALUES (:customer, :tier, :birthday, :now)"
    " ON CONFLICT (customer) DO UPDATE SET"
    " tier = excluded.tier, birthday = excluded.birthday, changed = excluded.changed"
)
REMEMBER = text(
    "INSERT INTO facts_told (customer, revision, tier, birthday) VALUES (:customer, :revision, :tier, :birthday)"
    " ON CONFLICT (customer, revision) DO UPDATE SET tier = excluded.tier, birthday = excluded.birthday"
)


class Known(NamedTuple):
    """``held`` is None for a customer of whom only facts are known."""

    held: Held | None
    facts: dict[str, Any]


def known(connection: Connection, release: str, customer: str) -> Known | None:
    """What is known of a customer, or None for one nobody has met or told of."""
    held = belief_store.held(connection, release, [customer]).get(customer)
    row = connection.execute(FACTS, {"customer": customer}).one_or_none()
    if held is None and row is None:
        return None
    return Known(
        held, {"tier": row.tier, "birthday": row.birthday} if row else {"tier": None, "birthday": None}
    )


def tell(connection: Connection, customer: str, tier: str | None, birthday: str | None) -> None:
    """Replace the facts of a customer; only these two exist, so nothing else can be told."""
    values = {"customer": customer, "tier": tier, "birthday": birthday, "now": int(time.time())}
    connection.execute(TELL, values)
    standing.touch(connection)
    connection.execute(REMEMBER, {**values, "revision": standing.revision(connection)})


def weights_on(model: Model, held: Held | None, day: int) -> list[int]:
    """The belief as it stands on ``day``, sum 65536; the population's for a customer nobody has met."""
    if held is None:
        return belief.initial(model)
    return belief.rescale(belief.drift(model, held.weights, day - held.day, held.cohort), belief.ONE)


def types(weights: list[int]) -> dict[str, int]:
    """Chance of each type in basis points."""
    shares = {"indifferent": weights[0], "hunter": weights[1], "sensitive": sum(weights[2:])}
    return {name: (weight * 10_000 + 32_768) >> 16 for name, weight in shares.items()}


def acceptance(model: Model, weights: list[int]) -> list[dict[str, int]]:
    """Chance, in basis points, that a first offer of each depth is taken: below others, and at the top.

    No basket is meant: every covariate is at its centre.
    """

    def chance(depth: int, is_top: bool) -> int:
        return (belief.predict(model, weights, depth, is_top) * 10_000 + 32_768) >> 16

    return [
        {"depth": depth, "chance": chance(depth, False), "at_the_top": chance(depth, True)}
        for depth in DEPTHS
    ]
