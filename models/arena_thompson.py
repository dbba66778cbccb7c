"""A peer: Thompson sampling over the depth to begin with (MABWiser)."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from mabwiser.mab import MAB, LearningPolicy
from numpy.typing import NDArray

from models.arena_clairvoyant import Plans, every_plan
from models.arena_customers import Crowd, Shop
from models.arena_kernels import Happened, law_of
from models.arena_ladders import MOST
from models.arena_peers import COHORTS, cohort_after, one_visit, played, together
from models.arena_score import earned


def thompson(shop: Shop, learning: Crowd, crowd: Crowd, chance: np.random.Generator) -> Happened:
    """MABWiser's bandits, one for each kind of basket and cohort: the arms are the depths to begin with.

    After a refusal the offers go on one by one. What a visit earned, as a part of what it could, is rewarded as a coin
    with that chance (Agrawal and Goyal 2012), so that arms with climbs and losses behind them can be compared.
    """
    bandits = _bandits(shop, chance)
    _played_with(shop, learning, bandits, chance)
    return _played_with(shop, crowd, bandits, chance)


def _bandits(shop: Shop, chance: np.random.Generator) -> list[list[MAB]]:
    made = []
    for count in shop.rungs.tolist():
        arms = list(range(count))
        row = [
            MAB(arms, LearningPolicy.ThompsonSampling(), seed=int(chance.integers(1 << 30)))
            for _ in range(COHORTS)
        ]
        for bandit in row:
            bandit.fit(np.array(arms), np.ones(count))
        made.append(row)
    return made


def _played_with(shop: Shop, crowd: Crowd, bandits: list[list[MAB]], chance: np.random.Generator) -> Happened:
    law, plans = law_of(shop), every_plan()
    from_start = _climbs(shop, plans)
    cohort, visits = np.zeros(len(crowd.basket), np.int64), []
    for visit in range(crowd.basket.shape[1]):
        here = one_visit(crowd, visit)
        basket = here.basket[:, 0]
        start = np.zeros(len(basket), np.int64)
        cells = list(_cells(basket, cohort, len(shop.kinds)))
        for row, group, rows in cells:
            start[rows] = np.atleast_1d(bandits[row][group].predict(np.zeros((len(rows), 1))))
        visits.append(played(law, here, plans, from_start[basket, start][:, None]))
        gain = earned(shop, here, visits[-1])[:, 0]
        reward = chance.random(len(gain)) < _part(shop, here, gain)
        for row, group, rows in cells:
            bandits[row][group].partial_fit(start[rows], reward[rows].astype(float))
        cohort = cohort_after(shop, here, visits[-1])
    return together(visits)


def _cells(basket: NDArray, cohort: NDArray, kinds: int) -> Iterator[tuple[int, int, NDArray[np.intp]]]:
    """(kind of basket, cohort, whose visits): each bandit with its customers, if any come."""
    for row, group in product(range(kinds), range(COHORTS)):
        rows = np.flatnonzero((basket == row) & (cohort == group))
        if len(rows):
            yield row, group, rows


def _climbs(shop: Shop, plans: Plans) -> NDArray[np.int64]:
    """Number of the plan that climbs one by one from a rung: (kinds, MOST); 0 beyond the ladder."""
    pairs = zip(plans.rungs.tolist(), plans.length.tolist(), strict=True)
    number = {tuple(plan[:length]): row for row, (plan, length) in enumerate(pairs)}
    counts = shop.rungs.tolist()
    return np.array([[number.get(tuple(range(at, count)), 0) for at in range(MOST)] for count in counts])


def _part(shop: Shop, here: Crowd, gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """What was earned between the worst and the best that could have been: 0 to 1."""
    basket = here.basket[:, 0]
    most, least = shop.keeps[basket, 0] / shop.gross[basket], -shop.lost[basket] / shop.gross[basket]
    return np.clip((gain - least) / (most - least), 0, 1)
