"""What an experiment can find, said before it begins: power, the least lift it can find, and the days it takes.

The rule that is announced: a lift is found if the 95 % interval under the weak prior lies above zero. Two means of
independent units, normal (the classical formula, for example Kohavi, Tang and Xu 2020, *Trustworthy Online Controlled
Experiments*, chapter 17).
"""

from math import ceil, inf, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_NORMAL = NormalDist()


class Spread(NamedTuple):
    """A metric over units: its mean and its standard deviation, for example of a month before the experiment."""

    mean: float
    sd: float

    @classmethod
    def of(cls, values: NDArray) -> "Spread":
        """Of what each unit (n,) brought."""
        return cls(float(np.mean(values)), float(np.std(values, ddof=1)))

    def adjusted(self, correlation: float) -> "Spread":
        """What an adjusted experiment sees, if months before and within correlate so much between units."""
        return Spread(self.mean, self.sd * sqrt(1 - correlation**2))


def power(spread: Spread, units: float, control: float, lift: float, level: float = LEVEL) -> float:
    """Chance to find a relative lift (0.02: two percent), in its direction, with so many units in arm and control.

    The arm's own spread grows with its mean, as it does where a lift multiplies what customers leave.
    """
    error = spread.sd / spread.mean * sqrt((1 + lift) ** 2 / units + 1 / control)
    return _NORMAL.cdf(abs(lift) / error - _NORMAL.inv_cdf((1 + level) / 2))


def least_lift(
    spread: Spread, units: float, control: float, chance: float = 0.8, level: float = LEVEL
) -> float:
    """The relative lift that is found with this chance; infinite where units are so few that none is.

    It solves lift = reach * error(lift), a quadratic equation.
    """
    squared = (_reach(chance, level) * spread.sd / spread.mean) ** 2
    of_arm, of_control = squared / units, squared / control
    if of_arm >= 1:
        return inf
    return (of_arm + sqrt(of_arm**2 + (1 - of_arm) * (of_arm + of_control))) / (1 - of_arm)


def units_needed(
    spread: Spread, lift: float, share: float = 0.5, chance: float = 0.8, level: float = LEVEL
) -> int:
    """How many units arm and control need together if the arm gets ``share`` of them."""
    each = (spread.sd / spread.mean * _reach(chance, level) / lift) ** 2
    return ceil(each * ((1 + lift) ** 2 / share + 1 / (1 - share)))


def _reach(chance: float, level: float) -> float:
    """How many standard errors a lift must have so that its interval leaves zero out with this chance."""
    return _NORMAL.inv_cdf((1 + level) / 2) + _NORMAL.inv_cdf(chance)
