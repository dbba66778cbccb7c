"""The mean of a ratio metric over units that were drawn, and its standard error by the delta method.

A metric per checkout is the sum of numerators over the sum of denominators, both by unit: R = sum y / sum x. To first
order its error is the mean of (y - R x) / mean x over units, which are independent where checkouts are not
(Deng, Knoblich and Lu 2018, "Applying the delta method in metric analytics", KDD). Arms may share nothing but chance.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST = 30  # units of an arm, below which no standard error is believed
# A control mean must be so many standard errors above zero before anything is a percentage of it.
FIRM = 5.0
# Nothing seen among n leaves up to 3/n (the rule of three): the error that makes a 95 % interval reach that far.
UNSEEN = 3 / 1.96
# Units for each unit of squared skewness, so that a 95 % interval misses about equally on both sides.
SKEWED = 355


class Mean(NamedTuple):
    """One arm's value of a metric, with its standard error, over ``units``."""

    value: float
    error: float
    units: int

    def enough(self) -> bool:
        """Can the standard error be believed?"""
        return self.units >= FEWEST and np.isfinite(self.error)


def ratio(numerators: NDArray, denominators: NDArray) -> Mean:
    """Sum over sum of what each unit (n,) brings; NaN where there is nothing to divide by."""
    count, whole = len(numerators), float(denominators.sum())
    if count < 2 or whole <= 0:
        return Mean(float("nan"), float("nan"), count)
    value = float(numerators.sum()) / whole
    strayed = numerators - value * denominators
    error = float(np.sqrt(strayed.var(ddof=1) * count))
    return Mean(value, max(error, UNSEEN) / whole, count)


def plain(values: NDArray) -> Mean:
    """The mean of what each unit (n,) brings."""
    return ratio(values, np.ones(len(values)))


def difference(arm: Mean, control: Mean) -> NormalDist | None:
    """What the log says of arm minus control; None where it says too little."""
    if not (arm.enough() and control.enough()):
        return None
    return NormalDist(arm.value - control.value, float(np.hypot(arm.error, control.error)))


def relative(arm: Mean, control: Mean) -> NormalDist | None:
    """What the log says of arm / control - 1; None where the control is not clearly above zero."""
    if difference(arm, control) is None or control.value < FIRM * control.error or control.value <= 0:
        return None
    quotient = arm.value / control.value
    error = float(np.hypot(arm.error, quotient * control.error)) / control.value
    return NormalDist(quotient - 1, error)


def units_for_normality(values: NDArray) -> int:
    """How many units an arm should have before its mean is normal enough (n,): `SKEWED` times squared skewness.

    The rule is of Kohavi, Deng, Longbotham and Xu 2014, "Seven rules of thumb for web site experimenters", KDD.
    """
    spread = float(values.std()) if values.size else 0.0
    if spread == 0:
        return 0
    skewness = float((((values - values.mean()) / spread) ** 3).mean())
    return int(np.ceil(SKEWED * skewness**2))
