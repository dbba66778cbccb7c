"""The program of `pos_client.core.plan` to the last unit: no climb there is would be worth more."""

import random
from itertools import combinations
from typing import Any

from pos_client.core import plan
from pos_client.core.model import Model
from tests.core.small_model import TABLES


class Hardly:
    """An outlook whose rungs satisfy hardly more customers than the ones below, so that roundings decide."""

    def __init__(self, chance: random.Random, rungs: int):
        self.model, self.rungs = Model(TABLES, None), rungs
        self.indifferent = self.hunter = 0
        rising = sorted(chance.choices(range(chance.choice([6, 20]) * rungs), k=rungs))
        self.sensitive = rising[-1]
        self._met = rising if chance.random() < 0.8 else chance.sample(rising, rungs)

    def floors(self, first: int, rungs: int) -> list:
        return [0] * first + [max(self._met[first], met) for met in self._met[first:rungs]]


def keeping(chance: random.Random, rungs: int) -> list:
    """What the shop keeps: less with each rung, by a tenth at most; or whatever, as where lines are taxed."""
    if chance.random() < 0.2:
        return chance.choices(range(-1000, 1000), k=rungs)
    return sorted(chance.choices(range(1000, 1200), k=rungs), reverse=True)


def test_of_all_climbs_there_are_none_is_worth_more_by_one_unit():
    chance = random.Random(1)
    for _ in range(4000):
        rungs = chance.randrange(3, 9)
        outlook: Any = Hardly(chance, rungs)
        stakes = plan.Stakes(keeping(chance, rungs), 0, 0)
        climbs = [[0, *later] for count in range(3) for later in combinations(range(1, rungs), count)]
        worth, chosen = plan.best(outlook, stakes, range(1), 3)
        assert worth == max(plan.value(outlook, stakes, climb) for climb in climbs)
        assert worth == plan.value(outlook, stakes, chosen)
