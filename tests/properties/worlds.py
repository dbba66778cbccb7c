"""Hypothesis strategies: any shop and basket that `tests.core.worlds` can make, shrunk by seed, and any JSON."""

from hypothesis import strategies as st

from pos_client.core import basket, checkout, discount, policy, shop
from pos_client.core.checkout import Decision
from tests.core import worlds
from tests.core.expect import Chance

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
    """A random basket in a random shop."""
    chance = Chance(seed)
    law = policy.read(worlds.policy(chance))
    present = shop.Shop(discount.read_all(worlds.rules(chance)), law, 1, 0, {})
    given = basket.read(worlds.basket_body(chance))
    facts = {} if given.customer else None
    return checkout.Decision(present, given, shop.visit(present, worlds.DAY * 86400, facts, {}))


def played(made: Decision, heard: list[str]) -> checkout.Progress:
    """The negotiation with these reactions, each to the rung on offer, until it is over."""
    progress = checkout.begin(made)
    for reaction in heard:
        rung = checkout.on_offer(made, progress)
        if rung is None or (progress.state == "top_reached" and reaction == "asked_more"):
            break
        progress = checkout.react(made, progress, rung, reaction, 1000)
    return progress
