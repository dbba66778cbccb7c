"""The parameters of a fit as sentences: what was believed before, what is believed now, and how surely."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr

from models import fitted
from models.comparison import point_of
from models.release import Release

INTERVAL = (0.025, 0.975)
KINDS = {"indifferent": "an indifferent customer", "hunter": "a hunter", "sensitive": "a sensitive customer"}


class Line(NamedTuple):
    """One scalar: its name, a sentence, and figures in its unit; ``before`` is the release in force's."""

    name: str
    says: str
    unit: str
    before: float | None
    mean: float
    low: float
    high: float
    fixed: bool


def lines(tree: xr.DataTree, in_force: Release) -> list[Line]:
    """A line for every scalar of the posterior."""
    before, free = _before(in_force), fitted.free(tree)
    return [
        _line(label, draws, before.get(label), label not in free)
        for label, draws in fitted.scalars(tree).items()
    ]


def _line(label: str, draws: np.ndarray, before: float | None, fixed: bool) -> Line:
    says, unit, scale = _meaning(label)
    low, high = np.quantile(draws, INTERVAL)
    mean = float(draws.mean())
    return Line(
        label,
        says,
        unit,
        None if before is None else scale(before),
        scale(mean),
        scale(low),
        scale(high),
        fixed,
    )


def _before(release: Release) -> dict[str, float]:
    """The release's value of each scalar that it has."""
    out: dict[str, float] = {}
    for name, values in point_of(release).items():
        if values.ndim == 0:
            out[name] = float(values)
        elif name in fitted.BY_TYPE:
            out |= {f"{name}.{kind}": float(v) for kind, v in zip(fitted.TYPES, values, strict=True)}
    out |= {f"beta.{each.feature}": each.beta for each in release.covariates}
    if release.cohorts:
        out |= {f"cohort_mu.{number}": mean for number, mean in enumerate(release.cohorts.means)}
    return out


Scale = Callable[[float], float]
Meaning = tuple[str, str, Scale]


def _percent(value: float) -> float:
    return 100 * float(value)


def _depth(value: float) -> float:
    return 100 * math.exp(min(value, 20))


def _factor(value: float) -> float:
    return math.exp(min(value, 20))


def _more(value: float) -> float:
    return 100 * (math.exp(min(value, 20)) - 1)


SINGLE: dict[str, Meaning] = {
    "mu": ("the middle sensitive customer is satisfied by a discount of", "%", _depth),
    "tau": ("between customers, what is usually needed varies by a factor of", "×", _factor),
    "sigma": ("for one customer, it varies from visit to visit by a factor of", "×", _factor),
    "delta": ("who has asked for more once, wants more than before by", "%", _more),
    "eps": ("visits that were keyed wrong", "%", _percent),
    "eta": ("between cohorts, what is usually needed varies by a factor of", "×", _factor),
    "omega": ("between cashiers, the odds of keying wrong vary by a factor of", "×", _factor),
}


def _meaning(label: str) -> Meaning:
    """Sentence, unit and scale of a scalar."""
    name, _, of = label.partition(".")
    if name in SINGLE:
        return SINGLE[name]
    several: dict[str, Meaning] = {
        "shares": (f"share of customers of the type {of}", "%", _percent),
        "leave": (f"{KINDS.get(of, of)} who refuses an offer leaves at once", "%", _percent),
        "leave_end": (f"{KINDS.get(of, of)} who refuses the last offer leaves", "%", _percent),
        "cohort_mu": (f"in cohort {of}, the middle sensitive customer needs", "%", _depth),
        "cashier_eps": (f"visits that cashier {of} keys wrong", "%", _percent),
        "beta": (f"one more of {of} multiplies what is needed by", "×", _factor),
    }
    return several[name]
