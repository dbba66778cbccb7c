"""The arena's compiled plans are the till's own, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

from models import plan_kernels, tables
from models.release import HAND_MADE
from pos_client.core import belief, plan
from pos_client.core.outlook import Outlook

PLANS = 2500


@pytest.fixture(scope="module")
def shops():
    hasty = replace(
        HAND_MADE, sigma=0.3, delta=0.0, leave=(0.1, 0.2, 0.4), leave_end=(0.5, 0.6, 0.95), eps=0.001
    )
    return [tables.held(release) for release in (HAND_MADE, hasty)]


def a_belief(model, chance):
    """As sharp or as vague as chance has it, at the total a service keeps."""
    around = np.exp(
        -0.5 * ((np.arange(model.states) - chance.integers(0, 66)) / chance.uniform(0.3, 40)) ** 2
    )
    around[:2] = chance.exponential(0.5, 2) * chance.integers(0, 2, 2)
    parts = [int(part) for part in around * 2.0**40]
    return belief.apportion(belief.PRECISE, parts, [1] * model.states)


def stakes(depths, chance):
    gross = int(chance.integers(200, 20_000))
    keeps = [3600 * (gross * 3500 // 10000 - gross * depth // 10000) for depth in depths]
    lost, question = (
        int(chance.integers(0, 2)) * int(chance.integers(0, 3600 * gross)) // part for part in (3, 300)
    )
    return plan.Stakes(keeps, lost, question)


def compiled(model, weights, depths, at_stake, firsts, most):
    edges = plan_kernels.edges(model, depths)
    chosen = np.zeros(len(depths), np.int64)
    hazards = np.array([model.leave, model.leave_end])
    value, length = plan_kernels.best(
        np.array(weights), *edges, model.eps, hazards, np.array(at_stake.keeps), at_stake.lost, at_stake.question,
        firsts, most, chosen,
    )  # fmt: skip
    return value, chosen[:length].tolist()


def test_the_compiled_plan_is_the_cores_for_any_belief_ladder_and_stakes(shops):
    chance = np.random.default_rng(20)
    for number in range(PLANS):
        model = shops[number % 2]
        weights = a_belief(model, chance)
        depths = sorted(
            chance.choice(np.arange(10, 6000), int(chance.integers(1, 9)), replace=False).tolist()
        )
        at_stake, most = stakes(depths, chance), int(chance.integers(1, 10))
        firsts = len(depths) if chance.integers(0, 2) else 1
        expected = plan.best(Outlook(model, weights, depths), at_stake, range(firsts), most)
        assert compiled(model, weights, depths, at_stake, firsts, most) == expected
