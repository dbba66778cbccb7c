"""The log-likelihood of thresholds known only to lie in intervals, with exact first and second derivatives.

The standardised ends of every interval are linear in the parameters: z = end @ theta with theta = (alpha, gamma[, eta])
= (location / scale, 1 / scale[, delta / scale]). In these terms the likelihood of a log-concave family is concave
(Burridge 1981, "A note on maximum likelihood estimation for regression models using grouped data"): it has one top. A
share at zero, where there is one, is the last parameter and makes the likelihood a mixture, which is not concave.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.families import Family

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Slopes(NamedTuple):
    """Of each row's log-likelihood by the middle and the half-width of its interval; (rows,) each."""

    middle: Array
    width: Array
    middle_middle: Array
    middle_width: Array
    width_width: Array


@dataclass(frozen=True)
class Intervals:
    """Answers as ends of intervals. ``low``, ``high``: (rows, parameters) so that z = end @ theta where ``has_low``,
    ``has_high``; ``counts``: (rows,); ``at_zero``: the rows that a threshold of zero also explains."""

    family: Family
    low: Array
    high: Array
    has_low: Mask
    has_high: Mask
    counts: Array
    at_zero: Mask
    spike: bool = False

    @cached_property
    def middle(self) -> Array:
        """(rows, parameters) of the interval's middle, or of its only end; zero where there is none."""
        one = np.where(self.has_high[:, None], self.high, np.where(self.has_low[:, None], self.low, 0.0))
        return np.where((self.has_low & self.has_high)[:, None], (self.low + self.high) / 2, one)

    @cached_property
    def half_width(self) -> Array:
        """(rows, parameters) of half the interval's width, zero where it has one end or none."""
        return np.where((self.has_low & self.has_high)[:, None], (self.high - self.low) / 2, 0.0)

    def with_spike(self) -> "Intervals":
        """The same answers, a share of the thresholds being zero."""
        return replace(self, spike=True)

    def with_less_weight_at_zero(self, weight: float) -> "Intervals":
        """The same answers, those that may be at zero counted with a weight."""
        return replace(self, counts=np.where(self.at_zero, weight * self.counts, self.counts))

    def value(self, at: Array) -> float:
        """The log-likelihood at ``at``, -inf where an answer is impossible there."""
        theta, share = self._split(at)
        inside = self._inside(*self._ends(theta))
        if share >= 1 or not np.all(np.isfinite(inside)):
            return -np.inf
        rows = self._mixed(inside, share) if self.spike else inside
        return float(self.counts @ rows) if np.all(np.isfinite(rows)) else -np.inf

    def derivatives(self, at: Array) -> tuple[Array, Array]:
        """Gradient (parameters,) and matrix of second derivatives of `value`, at a point where it is finite."""
        theta, share = self._split(at)
        low, high = self._ends(theta)
        inside = self._inside(low, high)
        slopes = self._slopes(low, high, inside)
        if not self.spike:
            return self._summed(slopes, self.counts, 0 * self.counts)
        rows = self._mixed(inside, share)
        own = np.exp(np.log1p(-share) + inside - rows)  # the chance that the row is not of the spike
        gradient, hessian = self._summed(slopes, self.counts * own, self.counts * own * (1 - own))
        return self._bordered(gradient, hessian, slopes, np.exp(inside), rows, share)

    def _split(self, at: Array) -> tuple[Array, float]:
        return (at[:-1], float(at[-1])) if self.spike else (at, 0.0)

    def _ends(self, theta: Array) -> tuple[Array, Array]:
        low = np.where(self.has_low, self.low @ theta, -np.inf)
        return low, np.where(self.has_high, self.high @ theta, np.inf)

    def _inside(self, low: Array, high: Array) -> Array:
        """Log probability of each interval."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.where(low < high, self.family.log_between(low, high), -np.inf)

    def _mixed(self, inside: Array, share: float) -> Array:
        """Log probability of each row where ``share`` of the thresholds are zero."""
        outside = np.log1p(-share) + inside
        with np.errstate(invalid="ignore", divide="ignore"):  # a climb may try shares below 0
            return np.where(self.at_zero, np.log(share + np.exp(outside)), outside)

    def _slopes(self, low: Array, high: Array, inside: Array) -> Slopes:
        at_low, bend_low = self._edge(low, inside)
        at_high, bend_high = self._edge(high, inside)
        middle, width, bend = at_high - at_low, at_high + at_low, bend_high - bend_low
        return Slopes(middle, width, bend - middle**2, bend_high + bend_low - middle * width, bend - width**2)

    def _edge(self, end: Array, inside: Array) -> tuple[Array, Array]:
        """Density at an end over the interval's probability, and the derivative of the density over the same."""
        finite = np.isfinite(end)
        z = np.where(finite, end, 0.0)
        with np.errstate(over="ignore"):
            density = np.where(finite, np.exp(self.family.log_density(z) - inside), 0.0)
        return density, density * self.family.slope(z)

    def _summed(self, slopes: Slopes, weight: Array, spread: Array) -> tuple[Array, Array]:
        """Sums over rows of weight * first, and of weight * second + spread * first * first'."""
        middle, width = self.middle, self.half_width
        gradient = (weight * slopes.middle) @ middle + (weight * slopes.width) @ width
        by_middle = weight * slopes.middle_middle + spread * slopes.middle**2
        by_both = weight * slopes.middle_width + spread * slopes.middle * slopes.width
        by_width = weight * slopes.width_width + spread * slopes.width**2
        crossed = middle.T @ (by_both[:, None] * width)
        squares = middle.T @ (by_middle[:, None] * middle) + width.T @ (by_width[:, None] * width)
        return gradient, squares + crossed + crossed.T

    def _bordered(
        self, gradient: Array, hessian: Array, slopes: Slopes, inside: Array, row: Array, share: float
    ) -> tuple[Array, Array]:
        """The derivatives with those by the share at zero appended."""
        row = np.where(
            self.at_zero, np.exp(row), 1.0
        )  # of the others exp(row) may be zero, and is not needed
        by_share = np.where(self.at_zero, (1 - inside) / row, -1 / (1 - share))
        mixed = np.where(self.at_zero, -self.counts * inside / row**2, 0.0)
        border, _ = self._summed(slopes, mixed, 0 * mixed)
        corner = -float(self.counts @ by_share**2)
        return (
            np.append(gradient, self.counts @ by_share),
            np.block([[hessian, border[:, None]], [border[None, :], np.array([[corner]])]]),
        )
