"""Why plans for one customer look as they do: what is believed, in words and figures, on a ladder of the shop."""

from typing import NamedTuple

from sqlalchemy import Connection

from pos_client.core import belief, explanation, plan, policy
from pos_client.core.belief import Model
from pos_client.core.calendar import rfc3339
from pos_client.core.outlook import Outlook
from pos_client.core.policy import Policy
from pricing_service import customer_store, rule_store, shop_ladders
from pricing_service.learning import Held

LADDER = (500, 1000, 1500)  # of a shop that showed none lately; basis points of gross
PLAN = "smallest_first"
KINDS = {
    "sensitive": "the size of the offer decides",
    "indifferent": "any offer will do",
    "hunter": "only the largest offer will do",
}


class Planned(NamedTuple):
    """A plan: places of its rungs on the ladder; by offer how many of 10,000 visits hear it, take it, leave at it."""

    plan: list[int]
    offers: list[dict[str, int]]


class Why(NamedTuple):
    """``ladder``: depths in basis points; ``plan``: the customer's, ``otherwise``: that of somebody nobody has met."""

    sentence: str
    ladder: list[int]
    planned: Planned
    otherwise: Planned
    types: dict[str, int]


def explain(
    connection: Connection, model: Model, held: Held | None, refused: bool, store: str, day: int
) -> Why:
    """Of a customer of whom ``held`` is believed, on local day ``day``, in the ladder this store showed most."""
    law = policy.read(rule_store.policy_of(connection, store))
    depths = _ladder(connection, store)
    held = None if refused else held
    weights = customer_store.weights_on(model, held, day)
    planned = _planned(model, weights, depths, law)
    otherwise = _planned(model, belief.initial(model), depths, law)
    types = customer_store.types(weights)
    said = [_known(held, refused), _offered(depths, planned), _compared(depths, planned, otherwise)]
    if held:
        said.insert(1, _believed(types))
    return Why(" ".join(said), depths, planned, otherwise, types)


def _ladder(connection: Connection, store: str) -> list[int]:
    shown = shop_ladders.lately(connection, store).each
    return list(max(shown, key=lambda one: one.gross).depths) if shown else list(LADDER)


def _planned(model: Model, weights: list[int], depths: list[int], law: Policy) -> Planned:
    outlook = Outlook(model, weights, depths)
    stakes = plan.Stakes([law.margin - depth for depth in depths], law.lost_sale, 0)
    positions = plan.make(PLAN, len(depths), outlook, stakes, policy.most_offers(law, 0))
    return Planned(positions, explanation.offers(outlook, positions) if positions else [])


def _known(held: Held | None, refused: bool) -> str:
    if refused:
        return "This customer does not want to be profiled: nothing is believed of them."
    if held is None:
        return "Nothing is known of how this customer reacts: they are taken for a customer like any other."
    visits = f"{held.visits} visit{'' if held.visits == 1 else 's'} that ended in a sale"
    return (
        f"What is believed was learnt at the till, from {visits}, last on {rfc3339(held.day * 86400)[:10]}."
    )


def _believed(types: dict[str, int]) -> str:
    name = max(types, key=lambda kind: (types[kind], kind))
    return f"They make it most likely, at {types[name] / 100:.0f} of 100, that {KINDS[name]}."


def _offered(depths: list[int], planned: Planned) -> str:
    ladder = ", ".join(_percent(depth) for depth in depths)
    if not planned.plan:
        return f"On a ladder of {ladder} the till offers nothing."
    taken = sum(row["accepted"] for row in planned.offers) / 100
    left = sum(row["left"] for row in planned.offers) / 100
    return (
        f"On a ladder of {ladder} the till therefore offers {_then(depths, planned.plan)}: of 100 such visits"
        f" {taken:.0f} take an offer and {left:.0f} leave without the goods."
    )


def _compared(depths: list[int], planned: Planned, otherwise: Planned) -> str:
    if planned.plan == otherwise.plan:
        return "Somebody nobody has met is offered the same."
    return f"Somebody nobody has met is offered {_then(depths, otherwise.plan)}."


def _then(depths: list[int], positions: list[int]) -> str:
    first, *others = [_percent(depths[rung]) for rung in positions] or ["nothing"]
    return first + "".join(f", then {depth} if asked for more" for depth in others)


def _percent(depth: int) -> str:
    return f"{depth / 100:g} %"
