"""What peers share: visits played one at a time, so that they learn in between, and what they know of customers.

Every peer has the same learning visits as the till (the same customers, baskets and draws) and spends them as it likes
best. Both learners go on learning while they play, and tell customers apart by **cohort**: what the customer took the
last time, of any basket, in four steps; who has not come yet; who took nothing.
"""

import numpy as np
from numpy.typing import NDArray

from models.arena_clairvoyant import Plans
from models.arena_customers import Crowd, Shop
from models.arena_kernels import Happened, Law, law_of, play_plans
from models.arena_ladders import MOST
from models.arena_score import earned
from models.replies import ACCEPTED

PERCENTAGES = (200, 300, 400, 500, 700, 1000, 1200, 1500, 2000, 2500)
TAKEN = (350, 650, 1100)  # basis points between one cohort and the next
COHORTS = 6  # who is new, four by what was taken, and who left or took nothing


def one_visit(crowd: Crowd, visit: int) -> Crowd:
    """The same customers, this visit alone."""
    whole = crowd._asdict()
    return Crowd(
        **{name: (each if name == "haggles" else each[:, visit : visit + 1]) for name, each in whole.items()}
    )


def played(law: Law, crowd: Crowd, plans: Plans, chosen: NDArray[np.int64]) -> Happened:
    """What becomes of these visits with the plans ``chosen`` for them."""
    return Happened(*play_plans(law, crowd, *plans, chosen))


def cohort_after(shop: Shop, crowd: Crowd, happened: Happened) -> NDArray[np.int64]:
    """The cohort (N,) that a visit (N, 1) puts each customer in."""
    depth = shop.depths[crowd.basket[:, 0], happened.rung[:, 0]]
    return np.where(
        happened.ending[:, 0] == ACCEPTED, 1 + np.searchsorted(TAKEN, depth, "right"), COHORTS - 1
    )


def together(visits: list[Happened]) -> Happened:
    """Visits (N, 1) one after the other."""
    return Happened(*[np.concatenate(parts, axis=1) for parts in zip(*visits, strict=True)])


def nearest(shop: Shop, percentage: int) -> NDArray[np.int64]:
    """The rung of each kind of basket that is nearest to a percentage."""
    far = np.abs(shop.depths - percentage)
    return np.where(np.arange(MOST) < shop.rungs[:, None], far, 10**9).argmin(axis=1)


def fixed_percentage(shop: Shop, learning: Crowd, crowd: Crowd) -> Happened:
    """The percentage that earned most in a trial of all of them on the learning visits, each customer with one."""
    singles = Plans(np.tile(np.arange(MOST)[:, None], MOST), np.ones(MOST, np.int64))
    rungs = np.array([nearest(shop, percentage) for percentage in PERCENTAGES])
    arm = np.arange(len(learning.basket)) % len(PERCENTAGES)
    trial = played(law_of(shop), learning, singles, rungs[arm[:, None], learning.basket])
    gain = earned(shop, learning, trial).mean(axis=1)
    best = np.bincount(
        arm, gain, len(PERCENTAGES)
    ).argmax()  # every arm has as many customers, give or take one
    return played(law_of(shop), crowd, singles, rungs[best][crowd.basket])
