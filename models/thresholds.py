"""Exact maximum likelihood for interval-censored thresholds: the reaction model without types, or any price survey.

A threshold T (or ln T) is location + scale * Z with location = b0 + b'x. With a spike a share pi0 of the respondents
has T = 0. With a shift the second answer is judged as if the threshold were delta higher (Alberini, Kanninen & Carson
1997, "Modeling response incentives in dichotomous choice contingent valuation data"); who is at zero stays there.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from models import existence
from models.families import FAMILIES, Family
from models.standard_survey import StandardSurvey, standardise
from models.survey import BadSurvey, Survey
from models.topping import Top, highest, highest_over_shifts

Array = NDArray[np.float64]

ON_ZERO = (
    "the likelihood is highest at pi0 = 0: the answers show no spike, so logit_pi0 has no finite estimate"
)
ON_CORNER = (
    "the likelihood has its maximum at a corner in delta, where a second bid passes the first one: delta has no"
    " standard error, and those of the others hold delta fixed"
)


@dataclass(frozen=True)
class Fit:
    """Estimates by name, standard errors from the observed information, ``median`` at the mean covariates.

    A parameter on the edge of what is possible has no standard error (None), at pi0 = 0 no coefficient either; the
    ``notes`` say so.
    """

    family: str
    n: float
    names: tuple[str, ...]
    coef: tuple[float | None, ...]
    se: tuple[float | None, ...]
    loglik: float
    median: float
    pi0: float | None
    delta: float | None
    notes: tuple[str, ...] = ()


def fit(survey: Survey, family: str, spike: bool = False, shift: bool = False) -> Fit:
    """The exact fit. Raises `NoMaximum` where there is none, `BadSurvey` where an option does not fit the survey."""
    if shift and not np.isfinite([survey.lows[:, 1:], survey.highs[:, 1:]]).any():
        raise BadSurvey("a shift is a matter of second answers: the file needs the columns bid1,R1,bid2,R2")
    standard = standardise(survey, FAMILIES[family])
    names = ["(Intercept)", *survey.names, "log_scale"]
    lows, highs = standard.ends(shift)
    if not spike or not len(lows) or not len(highs):
        existence.require(lows, highs, [*names, *["delta"] * shift])
    top = (highest_over_shifts if shift else highest)(standard, spike, names)
    return _told(survey, standard, top, _estimates(standard, top, names, spike, shift))


def _estimates(
    survey: StandardSurvey, top: Top, names: list[str], spike: bool, shift: bool
) -> list[tuple[str, float | None, Array]]:
    """Every parameter in the survey's units: name, value, and its derivatives by the standard parameters."""
    at, width = top.peak.at, survey.width
    values, by = survey.location_and_scale(at)
    fixed = np.zeros(len(at))
    found: list[tuple[str, float | None, Array]] = [
        (name, value, np.pad(row, (0, len(at) - width - 1)))
        for name, value, row in zip(names, values.tolist(), by, strict=True)
    ]
    if spike:
        found.append(("logit_pi0", *_logit(at)) if top.spike else ("logit_pi0", None, fixed))
    if shift:
        free = _delta(at, width, survey.spread)
        found.append(("delta", *free) if top.corner is None else ("delta", survey.spread * top.corner, fixed))
    return found


def _logit(at: Array) -> tuple[float, Array]:
    by = np.zeros(len(at))
    by[-1] = 1 / (at[-1] * (1 - at[-1]))
    return float(logit(at[-1])), by


def _delta(at: Array, width: int, spread: float) -> tuple[float, Array]:
    """Of eta / gamma."""
    if len(at) < width + 2:
        return 0.0, np.zeros(len(at))
    by = np.zeros(len(at))
    shift = at[width + 1] / at[width]
    by[width], by[width + 1] = -spread * shift / at[width], spread / at[width]
    return float(spread * shift), by


def _told(
    survey: Survey, standard: StandardSurvey, top: Top, found: list[tuple[str, float | None, Array]]
) -> Fit:
    names, coef, by = zip(*found, strict=True)
    variances = np.diag(np.array(by) @ np.linalg.solve(top.peak.information, np.array(by).T)).tolist()
    values = dict(zip(names, coef, strict=True))
    at = top.peak.at
    zero = (float(at[-1]) if top.spike else 0.0) if "logit_pi0" in values else None
    middle = standard.centre + standard.spread * at[0] / at[standard.width]
    return Fit(
        family=standard.family.name,
        n=survey.respondents,
        names=names,
        coef=coef,
        se=tuple(math.sqrt(variance) if variance > 0 else None for variance in variances),
        loglik=top.peak.value,
        median=median(
            standard.family, float(middle), standard.spread / float(at[standard.width]), zero or 0.0
        ),
        pi0=zero,
        delta=values.get("delta"),
        notes=(ON_ZERO,) * (zero is not None and not top.spike) + (ON_CORNER,) * (top.corner is not None),
    )


def median(family: Family, location: float, scale: float, zero: float) -> float:
    """The median threshold where the share ``zero`` is at zero and the others are of the family."""
    below = 0.0  # how many of the others are below zero
    if not family.on_log:
        below = math.exp(float(family.log_below(np.array(-location / scale))))
    if (1 - zero) * below < 0.5 <= zero + (1 - zero) * below:
        return 0.0
    passed = zero if (1 - zero) * below < 0.5 else 0.0
    place = location + scale * family.quantile((0.5 - passed) / (1 - zero))
    return math.exp(place) if family.on_log else place
