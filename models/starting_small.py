"""Where starting small pays in one shop, and where it stops: expected margins over the hazard, by the till's own plan.

Every refusal may send a customer away, so the smallest rung first has a price that grows with the hazard. This reckons,
for a customer nobody has met, what the plan that begins with the smallest rung earns, what the best plan with any first
rung would, and what the best single offer at once would. NumPy and the standard library only: the service shows it.
"""

from collections.abc import Sequence
from copy import copy
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from models import tables
from models.release import Release
from pos_client.core import plan
from pos_client.core.model import ONE
from pos_client.core.outlook import MASS, Outlook

HAZARDS = tuple([step / 20 for step in range(20)])  # 0 to 95 %
UNLIMITED = 31  # offers
INTERVAL = (0.025, 0.975)
MATTERS = 0.0005  # of gross: rungs are whole cents, and where two plans are one, rounding puts either ahead


class Standing(NamedTuple):
    """Margins are shares of gross a visit, by hazard: the chance that a sensitive customer leaves after a refusal.

    best_single: the position of the best single offer. here: the release's own hazard. crossing: the hazard from which
    the best single offer earns more than starting small by what `MATTERS`; None if it never does. chance_below,
    interval: how likely the shop's own hazard lies below the crossing, and its 95 % interval; None where no draws
    were given.
    """

    hazards: tuple[float, ...]
    smallest_first: tuple[float, ...]
    any_start: tuple[float, ...]
    one_offer: tuple[float, ...]
    best_first: tuple[float, ...]
    best_single: tuple[int, ...]
    here: float
    crossing: float | None
    chance_below: float | None
    interval: tuple[float, float] | None


def standing(
    release: Release,
    depths: Sequence[int],
    *,
    margin: int = 3500,
    lost: int = 0,
    question: int = 0,
    gross: int = 10_000,
    hazards: Sequence[float] = HAZARDS,
    leave: Sequence[float] | None = None,
    most: int = UNLIMITED,
) -> Standing:
    """Where the shop of a release stands on a ladder of ``depths`` (basis points, smallest first, different).

    margin, lost: basis points of gross, ``lost`` on top of the sale. question: minor units an offer. gross: that of a
    typical basket. hazards: ascending; the three types' move together, by the same factor in odds. leave: posterior
    draws of a sensitive customer's hazard. most: offers a visit. Raises ValueError for no ladder or descending ones.
    """
    if not depths or any(low >= high for low, high in pairwise(depths)):
        raise ValueError("a ladder needs a rung, and its depths rise")
    model = tables.held(release)
    outlook = Outlook(model, model.population, list(depths))
    stakes = plan.Stakes(
        [gross * (margin - depth) // 10000 for depth in depths], gross * lost // 10000, question
    )
    rows = []
    for hazard in hazards:
        outlook.model = copy(model)
        outlook.model.leave = moved(release, hazard)
        rows.append(_worth(outlook, stakes, gross, most))
    small, anywhere, single, largest, rung = zip(*rows, strict=True)
    first_above = crossing(hazards, small, single, MATTERS)
    draws = None if leave is None else np.asarray(leave, float)
    return Standing(
        tuple(hazards), small, anywhere, single, largest, rung, release.leave[2], first_above,
        None if draws is None else _below(draws, first_above),
        None if draws is None else _interval(draws),
    )  # fmt: skip


def moved(release: Release, hazard: float) -> list[int]:
    """The hazards of the three types, Q16, where that of sensitive customers is ``hazard``: odds times one factor."""
    factor = _odds(hazard) / _odds(release.leave[2])
    odds = [_odds(chance) * factor for chance in release.leave]
    return [min(round(each / (1 + each) * ONE), ONE - 1) for each in odds]


def _odds(chance: float) -> float:
    return chance / (1 - chance)


def _worth(
    outlook: Outlook, stakes: plan.Stakes, gross: int, most: int
) -> tuple[float, float, float, float, int]:
    """Smallest first, any start, the best single offer, the largest at once, as shares of gross; and the best rung."""
    rungs = len(stakes.keeps)
    small, _ = plan.best(outlook, stakes, range(1), most)
    anywhere, _ = plan.best(outlook, stakes, range(rungs), most)
    singles = [plan.value(outlook, stakes, [rung]) for rung in range(rungs)]
    whole, best = MASS * gross, max(range(rungs), key=lambda rung: (singles[rung], -rung))
    return small / whole, anywhere / whole, singles[best] / whole, singles[-1] / whole, best


def crossing(
    hazards: Sequence[float], small: Sequence[float], single: Sequence[float], least: float = 0.0
) -> float | None:
    """The lowest hazard at which a single offer is ahead by ``least``, on the straight line between two points."""
    ahead = [one - other + least for one, other in zip(small, single, strict=True)]
    if ahead[0] < 0:
        return hazards[0]
    for (low, high), (before, after) in zip(pairwise(hazards), pairwise(ahead), strict=True):
        if after < 0:
            return low + (high - low) * before / (before - after)
    return None


def _below(draws: np.ndarray, crossing: float | None) -> float:
    return 1.0 if crossing is None else float((draws < crossing).mean())


def _interval(draws: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(draws, INTERVAL).tolist()
    return low, high
