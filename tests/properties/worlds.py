"""Hypothesis strategies: any shop and basket that `tests.core.worlds` can make, shrunk by seed, and any JSON."""

from hypothesis import strategies as st

from pos_client.core import basket, checkout, discount, policy, shop
from pos_client.core.checkout import Decision
from pos_client.core.model import Model
from tests.core import worlds
from tests.core.expect import Chance
from tests.core.small_model import COLUMNS, TABLES, WITH_BASKETS

seeds = st.integers(0, 2**31 - 1)
reactions = st.lists(
    st.sampled_from(["accepted", "asked_more", "asked_more", "left", "skipped"]), max_size=40
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


def decision(seed: int) -> Decision:
    """A random basket in a random shop, of a customer of whom anything may be believed."""
    chance = Chance(seed)
    law = policy.read(worlds.policy(chance))
    model = model_of(chance.pick([TABLES, WITH_BASKETS])) if chance.below(4) else None
    present = shop.Shop(discount.read_all(worlds.rules(chance)), law, 1, 0, {}, model)
    given = basket.read(worlds.basket_body(chance))
    facts = {} if given.customer else None
    held = (
        (hostile_belief(chance, TABLES["states"]), worlds.DAY - chance.below(900))
        if chance.below(4)
        else None
    )
    visit = shop.visit(present, worlds.DAY * 86400, facts, {}, f"t{chance.below(50)}", str(seed), held)
    return checkout.Decision(present, given, visit)


def model_of(tables: dict) -> Model:
    width = 2 * tables["states"]
    return Model(tables, lambda number, count: COLUMNS[number * width : (number + count) * width])


def hostile_belief(chance: Chance, states: int) -> list:
    """Weights as no service makes them: of nothing, of one state, enormous, too few, or any."""
    kind = chance.below(6)
    if kind == 0:
        return [0] * states
    if kind == 1:
        alone = chance.below(states)
        return [65536 * (state == alone) for state in range(states)]
    if kind == 2:
        return [1 << chance.below(90) for _ in range(states)]
    if kind == 3:
        return [1] * chance.below(2 * states)
    return [chance.below(65536) * chance.below(2) for _ in range(states)]


def played(made: Decision, heard: list[str]) -> checkout.Progress:
    """The negotiation with these reactions, each to the rung on offer, until it is over."""
    progress = checkout.begin(made)
    for reaction in heard:
        rung = checkout.on_offer(made, progress)
        if rung is None or (progress.state == "top_reached" and reaction == "asked_more"):
            break
        progress = checkout.react(made, progress, rung, reaction, 1000)
    return progress
