"""The program of `pos_client.core.plan` against every plan there is, and against a yardstick somebody else computed."""

import math

import numpy as np
import pytest

from models import tables
from models.release import Release
from pos_client.core import belief, plan
from pos_client.core.outlook import MASS, Outlook
from tests.models.brute_plans import earned, every_plan

SHOPS, CUSTOMERS = 100, 100


def random_release(chance: np.random.Generator) -> Release:
    shares = chance.dirichlet((1, 1, 2))
    leave, leave_end = chance.beta(1, 4, 3), chance.beta(2, 2, 3)
    return Release(
        name="random",
        shares=(shares[0], shares[1], 1 - shares[0] - shares[1]),
        mu=math.log(chance.uniform(0.02, 0.2)),
        tau=chance.uniform(0.2, 1.2),
        sigma=chance.uniform(0.15, 0.8),
        delta=chance.choice([0.0, chance.uniform(0, 0.6)]),
        eps=chance.uniform(0.001, 0.2),
        leave=tuple(np.clip(leave, 0.001, 0.999)),
        leave_end=tuple(np.clip(leave_end, 0.001, 0.999)),
    )


def random_belief(chance: np.random.Generator, states: int) -> list[int]:
    """Flat, narrow, of one state, or with almost everybody of one type."""
    kind = chance.integers(4)
    if kind == 0:
        return [int(weight) for weight in chance.integers(0, 2000, states) + (np.arange(states) == 5)]
    if kind == 1:
        peak = np.exp(-(((np.arange(states) - chance.integers(2, states)) / chance.uniform(0.5, 8)) ** 2))
        return belief.rescale([1 + int(1e6 * height) for height in peak], 65536)
    if kind == 2:
        alone = chance.integers(states)
        return [65536 if state == alone else 0 for state in range(states)]
    return belief.rescale([1 + int(weight) for weight in 1e6 * chance.dirichlet(np.full(states, 0.1))], 65536)


@pytest.mark.parametrize("seed", range(4))
def test_no_plan_of_all_there_are_earns_more_than_the_programs(seed: int) -> None:
    chance = np.random.default_rng(seed)
    for _ in range(SHOPS // 4):
        model = tables.held(random_release(chance))
        rungs = int(chance.integers(1, 8))
        depths = sorted(int(depth) for depth in chance.choice(np.arange(50, 4000), rungs, replace=False))
        margin = int(chance.integers(1500, 6000))
        keeps, lost = [margin - depth for depth in depths], int(chance.choice([0, 5000, 40000]))
        question, most = int(chance.choice([0, 20, 200])), int(chance.choice([1, 2, 3, 7]))
        plans = every_plan(rungs, most)
        money = np.array([earned(model, depths, keeps, lost, question, one) for one in plans])
        small = np.array([one[0] == 0 for one in plans])
        stakes = plan.Stakes(keeps, lost, question)
        for _ in range(CUSTOMERS):
            weights = random_belief(chance, model.states)
            values = money @ np.array(weights) / sum(weights)
            outlook = Outlook(model, weights, depths)
            for policy, best in (("smallest_first", values[small].max()), ("adaptive_start", values.max())):
                chosen = plan.make(policy, rungs, outlook, stakes, most)
                worth = values[plans.index(tuple(chosen))]
                assert worth >= best - 0.05, (policy, chosen, worth, best)  # 1/200 000 of the gross
                assert abs(plan.value(outlook, stakes, chosen) / MASS - worth) < 2e-5 * (margin + lost) + 0.1
