"""Do cohorts or cashiers differ in what an arm earns, or is the best of thirty just the luckiest?

Each group's lift is seen with its own error; the true lifts are normal around a common one: theta_g ~ Normal(mu,
tau^2), mu flat, tau half-normal. Summing over tau on a grid gives every group's posterior (Gelman and others,
*Bayesian Data Analysis*, section 5.4). Where tau is small, all groups are drawn to the common lift, and that is the
point.
"""

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

GRID = 81  # values of tau
WIDEST = 6.0  # tau goes up to so many scales, or spreads of what was seen if that is less
_TAIL = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)


@dataclass(frozen=True)
class Shrunk:
    """Posterior of the groups (g,): for each tau of a grid its weight (t,), and mean and sd (t, g) of every group."""

    tau: NDArray[np.float64]
    weight: NDArray[np.float64]
    means: NDArray[np.float64]
    spreads: NDArray[np.float64]

    def mean(self) -> NDArray[np.float64]:
        """Posterior mean (g,) of every group's lift."""
        return self.weight @ self.means

    def above(self, bounds: NDArray | float) -> NDArray[np.float64]:
        """Chance (g,) that a group's lift is above its bound."""
        return self.weight @ tail((bounds - self.means) / self.spreads)

    def quantile(self, chance: float) -> NDArray[np.float64]:
        """The lift (g,) below which a group lies with this chance, by bisection."""
        low, high = (self.means - 9 * self.spreads).min(0), (self.means + 9 * self.spreads).max(0)
        for _ in range(30):
            middle = (low + high) / 2
            below = 1 - self.above(middle) < chance
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def tau_quantile(self, chance: float) -> float:
        """How much groups differ (their sd), at this point of its posterior."""
        return float(np.interp(chance, np.cumsum(self.weight), self.tau))


def tail(at: NDArray) -> NDArray[np.float64]:
    """Chance that a standard normal is above ``at``, within 1e-7 (Abramowitz and Stegun 26.2.17); NumPy has no erfc."""
    place = 1 / (1 + 0.2316419 * np.abs(at))
    curve = np.zeros_like(place)
    for factor in reversed(_TAIL):
        curve = (curve + factor) * place
    beyond = np.exp(-0.5 * at**2) / sqrt(2 * pi) * curve
    return np.where(at < 0, 1 - beyond, beyond)


def shrink(seen: NDArray, errors: NDArray, scale: float) -> Shrunk:
    """Groups as seen (g,) with standard errors (g,), two or more; ``scale`` of the half-normal prior of tau."""
    reach = min(WIDEST * scale, 10 * float(np.std(seen) + errors.max()))
    tau = np.linspace(0, reach, GRID)[:, None]
    precision = 1 / (errors**2 + tau**2)
    common_variance = 1 / precision.sum(1, keepdims=True)
    common = (precision * seen).sum(1, keepdims=True) * common_variance
    fit = 0.5 * (np.log(precision) - precision * (seen - common) ** 2).sum(1) + 0.5 * np.log(
        common_variance[:, 0]
    )
    logs = fit - 0.5 * (tau[:, 0] / scale) ** 2
    weight = np.exp(logs - logs.max())
    own = tau**2 * precision  # how much of its own a group keeps
    means = common + own * (seen - common)
    spreads = np.sqrt(own * errors**2 + (1 - own) ** 2 * common_variance)
    return Shrunk(tau[:, 0], weight / weight.sum(), means, spreads)


def moderated(variances: NDArray, counts: NDArray, strength: float = 30.0) -> NDArray[np.float64]:
    """Variances (g,) of groups with ``counts`` (g,) units, drawn to the pooled one as by ``strength`` units more.

    A small group's own variance is as noisy as its mean, and in heavy tails small when the mean is small, which would
    make unlucky groups look certain (Smyth 2004, *Statistical Applications in Genetics and Molecular Biology* 3,
    article 3).
    """
    pooled = float((variances * counts).sum() / max(counts.sum(), 1))
    return (variances * counts + pooled * strength) / (counts + strength)
