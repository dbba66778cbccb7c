"""Means over seeds with 95 % intervals. Comparisons are paired: of the same shop, the same customers and draws."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from models.arena_score import FIGURES

LEVEL = 0.95
ENOUGH = 5  # shops: of fewer, an interval is wider than anything it could be about, and no promise is judged


class Estimate(NamedTuple):
    """A mean over seeds and its interval (Student's t); of one seed, the interval is not known (NaN)."""

    mean: float
    low: float
    high: float

    def as_json(self) -> dict[str, float | None]:
        return {name: None if math.isnan(value) else value for name, value in self._asdict().items()}


def estimate(values: Sequence[float]) -> Estimate:
    """Of one value for each seed."""
    found = np.asarray(values, float)
    mean = float(found.mean())
    if len(found) < 2:
        return Estimate(mean, math.nan, math.nan)
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found)))
    return Estimate(mean, mean - half, mean + half)


Figures = dict[str, dict[str, float]]  # of one shop: policy, then figure


class Season:
    """All shops of one world: what was measured in each."""

    def __init__(self, world: str, shops: Sequence[Figures]):
        self.world = world
        self.shops = shops

    @property
    def policies(self) -> list[str]:
        return list(self.shops[0])

    @property
    def enough(self) -> bool:
        """Are there shops enough to tell policies apart?"""
        return len(self.shops) >= ENOUGH

    def values(self, policy: str, figure: str) -> list[float]:
        return [shop[policy][figure] for shop in self.shops]

    def estimate(self, policy: str, figure: str) -> Estimate:
        return estimate(self.values(policy, figure))

    def difference(self, one: str, other: str, figure: str = "margin") -> Estimate:
        """How much more ``one`` has than ``other``, in the same shops."""
        return estimate(np.subtract(self.values(one, figure), self.values(other, figure)).tolist())

    def ratio(self, one: str, other: str, figure: str = "margin") -> Estimate:
        """What ``one`` has, as a part of what ``other`` has: mean over mean, with the interval of a paired ratio."""
        top, bottom = np.array(self.values(one, figure)), np.array(self.values(other, figure))
        whole = float(top.mean() / bottom.mean())
        # Fieller's first-order form: residuals of top - ratio * bottom, over the mean of bottom.
        rest = estimate(((top - whole * bottom) / bottom.mean()).tolist())
        return Estimate(whole, whole + rest.low, whole + rest.high)

    def as_json(self) -> dict[str, Any]:
        return {
            policy: {figure: self.estimate(policy, figure).as_json() for figure in FIGURES}
            for policy in self.policies
        }
