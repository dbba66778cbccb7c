"""The highest point of the likelihood of a survey.

With a spike there may be several tops: the best of climbs from several starts is taken. With a shift the likelihood is
concave in (alpha, gamma, eta), so its profile over the shift rises to one top and falls; it is smooth but for corners
at the shifts where the second bid passes the first in some answer. The profile's slopes beside a corner say on which
side of it the top is, so bisection finds the smooth piece, or the corner, with the top.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.climbing import GONE, Peak, climb
from models.existence import NO_SCALE, NoMaximum, flat
from models.intervals import Intervals
from models.standard_survey import StandardSurvey

Array = NDArray[np.float64]

EVEN = 1e-7  # slope of the log-likelihood by the shift that counts as none
TIE = 1e-7  # log-likelihoods as near as this are the same
NO_FALL = 1e-5  # standard errors from zero within which one over the scale is zero but for rounding
FAR = 12.0  # standard units in which a parameter is on its way to infinity


@dataclass(frozen=True)
class Top:
    """The maximum in standard terms, at (alpha, gamma[, eta][, share]). ``spike``: the share at zero is a parameter
    (else it is 0); ``free``: eta is one; ``corner``: the standard shift that is held because the top is at a corner."""

    peak: Peak
    spike: bool = False
    free: bool = False
    corner: float | None = None


def highest(
    survey: StandardSurvey, spike: bool, names: Sequence[str], shift: float = 0.0, begin: Top | None = None
) -> Top:
    """The top with a standard shift. ``names``: of (alpha, gamma); ``begin``: a top near it. Raises `NoMaximum`."""
    answers = survey.shifted(shift)
    if begin:
        return _from(answers, spike, names, begin.peak.at[: survey.width + 1], begin)
    start = np.zeros(survey.width + 1)
    start[-1] = 1.0
    return _from(answers, spike, names, start)


def highest_over_shifts(survey: StandardSurvey, spike: bool, names: Sequence[str]) -> Top:
    """The top over all shifts. Raises `NoMaximum`."""
    least, most = survey.shift_range()
    edges = [least, *survey.kinks().tolist(), most]
    below, above, top = 0, len(edges) - 1, None
    while above - below > 1:
        middle = (below + above) // 2
        shift = edges[middle]
        top = highest(survey, spike, names, shift, begin=top)
        left, right = (
            _slope(survey.with_shift_near(_inside(*edges[piece : piece + 2])), top, survey.width, shift)
            for piece in (middle - 1, middle)
        )
        if left >= -EVEN and right <= EVEN:
            return replace(top, corner=shift)
        below, above = (middle, above) if right > EVEN else (below, middle)
    return _within(survey, spike, names, edges[below], edges[above])


def _slope(answers: Intervals, top: Top, width: int, shift: float) -> float:
    """Of the log-likelihood by the shift, at a top with this shift, on the side for which ``answers`` are right."""
    answers = answers.with_spike() if top.spike else answers
    at = np.insert(top.peak.at, width + 1, shift * top.peak.at[width])
    return float(answers.derivatives(at)[0][width + 1] * at[width])


def _within(survey: StandardSurvey, spike: bool, names: Sequence[str], least: float, most: float) -> Top:
    """The top over the shifts of one smooth piece, which has it."""
    near, width = _inside(least, most), survey.width
    begin = highest(survey, spike, names, near)
    theta = begin.peak.at[: width + 1]
    start = np.append(theta, near * theta[-1])
    top = _from(survey.with_shift_near(near), spike, (*names, "delta"), start, begin)
    shift = top.peak.at[width + 1] / top.peak.at[width]
    if least < shift < most:
        return replace(top, free=True)
    corner = least if shift <= least else most  # by rounding, or where a spike makes more than one top
    return replace(highest(survey, spike, names, corner, begin), corner=corner)


def _inside(least: float, most: float) -> float:
    """A shift between two edges; none, if that is between them."""
    if least < 0 < most:
        return 0.0
    if np.isfinite(least) and np.isfinite(most):
        return (least + most) / 2
    return least + 1.0 if np.isfinite(least) else most - 1.0


def _from(
    answers: Intervals, spike: bool, names: Sequence[str], start: Array, begin: Top | None = None
) -> Top:
    """The top over (theta[, share]) of a smooth likelihood, climbing from ``start`` and the share of ``begin``."""
    plain = climb(answers, start)
    if spike:
        most = float(answers.counts @ answers.at_zero / answers.counts.sum())
        if begin:
            starts = [np.append(start, begin.peak.at[-1] if begin.spike else most / 20)]
        else:
            starts = [np.append(theta, part * most) for theta, part in _starts(answers, plain, start)]
        return _with_spike(answers, plain, starts, names)
    if not plain.reached or not _falls(plain, names.index("log_scale")):
        raise NoMaximum(NO_SCALE)
    return Top(plain)


def _falls(peak: Peak, scale: int) -> bool:
    """Whether yes becomes rarer as the bid rises: one over the scale is above zero."""
    return bool(peak.at[scale] * np.sqrt(max(peak.information[scale, scale], 0.0)) > NO_FALL)


def _starts(answers: Intervals, plain: Peak, start: Array) -> list[tuple[Array, float]]:
    """Where to climb from with a spike: theta, and the share as a part of all answers that may be at zero."""
    without = plain.at if plain.reached else start
    some, few = (climb(answers.with_less_weight_at_zero(weight), start).at for weight in (0.3, 0.02))
    return [(without, 0.05), (without, 0.6), (start, 0.3), (some, 0.6), (few, 0.3), (few, 0.95)]


def _with_spike(answers: Intervals, plain: Peak, starts: list[Array], names: Sequence[str]) -> Top:
    """The best of climbs from several shares at zero, and of none. Raises `NoMaximum` where a ridge is as high."""
    climbs = [climb(answers.with_spike(), start) for start in starts]
    tops = [Top(peak, spike=True) for peak in climbs if peak.at[-1] > GONE] + [Top(plain)]
    best, scale = max(tops, key=lambda top: top.peak.value), names.index("log_scale")
    for top in tops:
        if top.peak.value > best.peak.value - TIE and not (top.peak.proper and _falls(top.peak, scale)):
            raise NoMaximum(_spoilt(top, (*names, "logit_pi0")))
    return best


def _spoilt(top: Top, names: Sequence[str]) -> str:
    """What to say of a point as high as any other that is no single maximum."""
    if top.peak.proper:
        return NO_SCALE
    if np.abs(top.peak.at).max() < FAR:
        _, direction = top.peak.weakest
        return flat(direction, names[: len(direction)])
    return (
        "with a spike the likelihood has no maximum: it keeps rising as the scale shrinks to nothing or a coefficient"
        " grows, because zero and one other threshold explain the answers; leave --spike out, or ask at bids in between"
    )
