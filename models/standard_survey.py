"""A survey in standard units, so that bids in cents and in millions are fitted alike, and the way back.

Ends of intervals (or their logarithms) are taken from a centre in units of their spread, covariates from their means in
standard deviations. With theta = (alpha, gamma[, eta]) of `models.intervals` the standard location is alpha'x / gamma.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.families import Family
from models.intervals import Intervals
from models.survey import BadSurvey, Survey

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StandardSurvey:
    """``lows``, ``highs``: (rows, questions) standard ends, infinite where none; ``design``: (rows, 1 + covariates)."""

    family: Family
    lows: Array
    highs: Array
    counts: Array
    design: Array
    at_zero: NDArray[np.bool_]
    centre: float
    spread: float
    means: Array
    deviations: Array

    @property
    def width(self) -> int:
        """How many coefficients the location has."""
        return self.design.shape[1]

    def shifted(self, shift: float = 0.0) -> Intervals:
        """The likelihood where the second answers are judged with this standard shift; theta = (alpha, gamma)."""
        low, high = (
            np.max(self._moved(self.lows, shift), axis=1),
            np.min(self._moved(self.highs, shift), axis=1),
        )
        return self._intervals(low[:, None], high[:, None])

    def with_shift_near(self, shift: float) -> Intervals:
        """The likelihood with the shift as a parameter, right as long as the questions that set each answer's ends are
        those that do at ``shift``; theta = (alpha, gamma, eta)."""
        low = np.argmax(self._moved(self.lows, shift), axis=1)
        high = np.argmin(self._moved(self.highs, shift), axis=1)
        rows = np.arange(len(self.counts))
        return self._intervals(
            np.column_stack([self.lows[rows, low], -low.astype(float)]),
            np.column_stack([self.highs[rows, high], -high.astype(float)]),
        )

    def ends(self, shift: bool) -> tuple[Array, Array]:
        """All finite low ends and all finite high ends as rows by theta; with ``shift``, theta has eta."""
        return self._all_ends(self.lows, shift), self._all_ends(self.highs, shift)

    def kinks(self) -> Array:
        """The standard shifts, in order, at which an end passes from one question to the other."""
        if self.lows.shape[1] == 1:
            return np.array([])
        with np.errstate(invalid="ignore"):
            steps = np.concatenate([self.lows[:, 1] - self.lows[:, 0], self.highs[:, 1] - self.highs[:, 0]])
        least, most = self.shift_range()
        return np.unique(steps[np.isfinite(steps) & (steps > least) & (steps < most)])

    def shift_range(self) -> tuple[float, float]:
        """Between which standard shifts all answers are possible."""
        with np.errstate(invalid="ignore"):
            least, most = self.lows[:, 1] - self.highs[:, 0], self.highs[:, 1] - self.lows[:, 0]
        return float(np.nanmax(least, initial=-np.inf)), float(np.nanmin(most, initial=np.inf))

    def location_and_scale(self, at: Array) -> tuple[Array, Array]:
        """(b0, b, log scale) at ``at`` = (alpha, gamma, ...), and their derivatives by (alpha, gamma)."""
        alpha, gamma = at[: self.width], at[self.width]
        each = self.spread / gamma / self.deviations
        slopes = each * alpha[1:]
        origin = self.centre + self.spread * alpha[0] / gamma - float(slopes @ self.means)
        by = np.zeros((self.width + 1, self.width + 1))
        by[0, 0] = self.spread / gamma
        by[0, 1:-1] = -each * self.means
        by[0, -1] = -(origin - self.centre) / gamma
        by[1:-1, 1:-1] = np.diag(each)
        by[1:-1, -1] = -slopes / gamma
        by[-1, -1] = -1 / gamma
        return np.array([origin, *slopes, np.log(self.spread / gamma)]), by

    def _moved(self, ends: Array, shift: float) -> Array:
        return ends - shift * np.arange(ends.shape[1])

    def _intervals(self, low: Array, high: Array) -> Intervals:
        """``low``, ``high``: (rows, 1 or 2): the end, and how far the shift moves it."""
        has_low, has_high = np.isfinite(low[:, 0]), np.isfinite(high[:, 0])
        low, high = np.where(has_low[:, None], low, 0.0), np.where(has_high[:, None], high, 0.0)
        return Intervals(
            family=self.family,
            low=np.column_stack([-self.design, low]),
            high=np.column_stack([-self.design, high]),
            has_low=has_low,
            has_high=has_high,
            counts=self.counts,
            at_zero=self.at_zero,
        )

    def _all_ends(self, ends: Array, shift: bool) -> Array:
        parts = [np.empty((0, self.width + 1 + shift))]
        for question in range(ends.shape[1]):
            finite = np.isfinite(ends[:, question])
            columns = [-self.design[finite], ends[finite, question]]
            parts.append(np.column_stack(columns + [np.full(finite.sum(), -float(question))] * shift))
        return np.vstack(parts)


def standardise(survey: Survey, family: Family) -> StandardSurvey:
    """The survey for a family. Raises `BadSurvey` where an answer is impossible in the family."""
    scaled = _logarithms if family.on_log else np.asarray
    if family.on_log and np.any(survey.highs <= 0):
        raise BadSurvey(
            f"an answer says that the threshold is below {float(np.min(survey.highs)):g}, but thresholds of the family"
            f" {family.name} are above 0; take the family normal or logistic, or leave those answers out"
        )
    rows, counts = _merged(np.column_stack([survey.lows, survey.highs, survey.covariates]), survey.counts)
    lows, highs, covariates = np.split(rows, np.cumsum([survey.lows.shape[1], survey.highs.shape[1]]), axis=1)
    low_ends, high_ends = scaled(lows), scaled(highs)
    centre, spread = _place(np.concatenate([low_ends.ravel(), high_ends.ravel()]))
    means = counts @ covariates / counts.sum()
    deviations = np.sqrt(counts @ (covariates - means) ** 2 / counts.sum())
    return StandardSurvey(
        family=family,
        lows=(low_ends - centre) / spread,
        highs=(high_ends - centre) / spread,
        counts=counts,
        design=np.column_stack([np.ones(len(counts)), (covariates - means) / deviations]),
        at_zero=np.all(lows <= 0, axis=1) & np.all(highs > 0, axis=1),
        centre=centre,
        spread=spread,
        means=means,
        deviations=deviations,
    )


def _logarithms(bounds: Array) -> Array:
    """A threshold is above 0 in any case, so a bound at or below 0 says nothing."""
    return np.where(bounds > 0, np.log(np.where(bounds > 0, bounds, 1.0)), -np.inf)


def _merged(rows: Array, counts: Array) -> tuple[Array, Array]:
    """Distinct rows, and how many answered so."""
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    return distinct, np.bincount(which.ravel(), weights=counts)


def _place(ends: Array) -> tuple[float, float]:
    """Median and spread of the finite ends; 0 and 1 where there is none, the spread 1 where all are the same."""
    finite = np.unique(ends[np.isfinite(ends)])
    if not len(finite):
        return 0.0, 1.0
    low, middle, high = np.quantile(finite, [0.25, 0.5, 0.75])
    return float(middle), float(high - low) or 1.0
