"""What every plan keeps to, whatever is believed: thirty thousand beliefs, with ``RUNG_SOAK=1`` a million."""

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from models import tables
from models.release import HAND_MADE, Release
from pos_client.core import plan, policy
from pos_client.core.checkout import Decision
from pos_client.core.model import Model
from pos_client.core.outlook import Outlook
from pos_client.core.plan import Stakes
from tests.core.expect import Chance
from tests.models.test_plan import random_belief, random_release
from tests.properties.test_promises import floor_of
from tests.properties.worlds import decision, hostile_belief

BELIEFS = 1_000_000 if os.environ.get("RUNG_SOAK") else 30_000
TOGETHER = 300  # beliefs that meet the same ladder
OPENS_HIGHER = ("best_first", "adaptive_start")


def with_a_ladder(seed: int) -> Decision:
    """A decision of a random shop about at least two rungs, weighed by a model."""
    while True:
        made = decision(seed)
        if len(made.ladder) > 1 and made.shop.model:
            return made
        seed += 100_003


def test_floors_caps_and_the_first_rung_hold_whatever_is_believed() -> None:
    for seed in range(BELIEFS // TOGETHER):
        made, chance = with_a_ladder(seed), Chance(seed)
        rungs, states = len(made.ladder), made.shop.model.states
        depths = [rung.depth for rung in made.ladder]
        for rung in made.ladder:
            for line, off in zip(made.basket.lines, rung.shares(), strict=True):
                assert line.value - off >= floor_of(line, made.shop.policy) * line.quantity
        for number in range(TOGETHER):
            weights = hostile_belief(chance, states)
            weights = weights if len(weights) == states and sum(weights) else [1] * states
            name, most = policy.PLANS[number % 5], 1 + chance.below(4)
            planned = plan.make(name, rungs, Outlook(made.shop.model, weights, depths), made.stakes, most)
            assert planned == sorted(set(planned)) and planned[0] >= 0 and planned[-1] < rungs
            assert 1 <= len(planned) <= most
            assert planned[0] == 0 or name in OPENS_HIGHER


def shops(
    chance: np.random.Generator, count: int, rungs: int, **fixed
) -> Iterator[tuple[Release, Model, list[int]]]:
    """Random shops: what their customers are like, the model, and the depths of a ladder."""
    for _ in range(count):
        release = replace(random_release(chance), **fixed)
        depths = chance.choice(np.arange(50, 3400), rungs, replace=False)
        yield release, tables.held(release), sorted(int(depth) for depth in depths)


def test_a_shop_that_counts_in_other_units_of_money_makes_the_same_plans() -> None:
    chance = np.random.default_rng(1)
    for _, model, depths in shops(chance, 20, rungs=6):
        for _ in range(15):
            keeps = [int(chance.integers(10_000, 90_000)) - 7 * depth for depth in depths]
            lost, question = int(chance.integers(0, 100_000)), int(chance.integers(0, 500))
            outlook = Outlook(model, random_belief(chance, model.states), depths)
            for name in ("smallest_first", "adaptive_start"):
                first, *others = [
                    plan.make(
                        name,
                        6,
                        outlook,
                        Stakes([unit * keep for keep in keeps], unit * lost, unit * question),
                        3,
                    )
                    for unit in (1, 10, 1000, 7)
                ]
                assert all(other == first for other in others)


def richer(weights: np.ndarray, by: float) -> np.ndarray:
    """The same belief tilted to customers who need less, by likelihood ratio; the types keep their shares."""
    tilted = weights * np.exp(-by * np.arange(len(weights)))
    tilted[:2] = weights[:2]
    tilted[2:] *= weights[2:].sum() / tilted[2:].sum()
    return tilted


def test_a_belief_richer_in_acceptance_never_raises_the_discount_where_the_ladder_reaches_everybody() -> None:
    chance = np.random.default_rng(2)
    for release, model, depths in shops(chance, 30, rungs=6, eps=0.0001, leave_end=(0.999999,) * 3):
        reached = (
            np.array(tables.grid(release)) < np.log(depths[-1] / 10_000) - release.delta - 2 * release.sigma
        )
        stakes = Stakes([3500 - depth for depth in depths], 0, 0)
        for _ in range(30 if reached.any() else 0):
            weights = np.append(
                np.zeros(2), chance.dirichlet(np.full(len(reached), 0.3)) * reached + 1e-9 * reached
            )
            beliefs = [weights / weights.sum(), richer(weights / weights.sum(), chance.uniform(0, 0.3))]
            outlooks = [Outlook(model, [int(1e9 * weight) for weight in one], depths) for one in beliefs]
            for name in ("adaptive_start", "smallest_first"):
                before, after = [plan.make(name, 6, outlook, stakes, 6) for outlook in outlooks]
                assert after[0] <= before[0]
                assert after[1:2] <= before[1:2] or len(before) == 1


def test_more_customers_who_buy_anyway_never_raise_the_first_offer() -> None:
    chance = np.random.default_rng(3)
    for _, model, depths in shops(chance, 30, rungs=5):
        stakes = Stakes([3500 - depth for depth in depths], 0, 0)
        for _ in range(30):
            weights = [1000 * weight for weight in random_belief(chance, model.states)]
            more = [weights[0] + int(chance.uniform(0, 2) * sum(weights)), *weights[1:]]
            outlooks = [Outlook(model, one, depths) for one in (weights, more)]
            before, after = [plan.make("adaptive_start", 5, outlook, stakes, 5)[0] for outlook in outlooks]
            assert after <= before


def test_who_is_beyond_any_discount_is_offered_the_smallest() -> None:
    """Why the two tests above have conditions: hope, not acceptance alone, is worth a larger offer."""
    model = tables.held(replace(HAND_MADE, eps=0.0001))
    depths, stakes = [300, 1000, 2000], Stakes([3200, 2500, 1500], 40_000, 0)
    hopeless, middling = [[65536 * (state == one) for state in range(model.states)] for one in (65, 34)]
    opens = [
        plan.make("adaptive_start", 3, Outlook(model, weights, depths), stakes, 3)[0]
        for weights in (middling, hopeless)
    ]
    assert opens[0] > opens[1] == 0
