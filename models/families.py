"""The five shapes a threshold may have, as standardised distributions of z = (t - location) / scale.

``t`` is the threshold itself for `normal` and `logistic`, its logarithm for the others. Everything works on arrays of
float64 and stays finite far into the tails, where a plain difference of two distribution functions is zero.
All five densities are log-concave, which is why their interval likelihoods have one maximum at most.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit, log_ndtr, ndtri

Array = NDArray[np.float64]

STEEPEST = 700.0  # exp of more overflows; the Gumbel density is zero long before


@dataclass(frozen=True)
class Family:
    """``log_below``, ``log_above``: log F(z), log (1 - F(z)); ``slope``: derivative of ``log_density``; all (n,)."""

    name: str
    shape: str
    on_log: bool
    log_below: Callable[[Array], Array]
    log_above: Callable[[Array], Array]
    log_density: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    quantile: Callable[[float], float]

    def log_between(self, low: Array, high: Array) -> Array:
        """log (F(high) - F(low)) for low < high, infinite ends allowed, by the tail in which the two differ more."""
        below, above = self.log_below(high), self.log_above(low)
        by_below = below + log1mexp(self.log_below(low) - below)
        by_above = above + log1mexp(self.log_above(high) - above)
        return np.where(below < above, by_below, by_above)


def log1mexp(x: Array) -> Array:
    """log (1 - exp(x)) for x <= 0 (Maechler 2012, "Accurately computing log(1 - exp(-|a|))")."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > -0.6931471805599453, np.log(-np.expm1(x)), np.log1p(-np.exp(x)))


def _normal_density(z: Array) -> Array:
    return -0.5 * z * z - 0.9189385332046727


def _logistic_density(z: Array) -> Array:
    return log_expit(z) + log_expit(-z)


def _gumbel_above(z: Array) -> Array:
    return -np.exp(np.minimum(z, STEEPEST))


def _gumbel_below(z: Array) -> Array:
    return np.where(
        z < -40, z, log1mexp(_gumbel_above(z))
    )  # 1 - exp(-exp(z)) is exp(z) to the last digit there


def _gumbel_density(z: Array) -> Array:
    return np.minimum(z, STEEPEST) + _gumbel_above(z)


_SHAPES = {
    "normal": (
        log_ndtr,
        lambda z: log_ndtr(-z),
        _normal_density,
        lambda z: -z,
        lambda p: float(ndtri(p)),
    ),
    "logistic": (
        log_expit,
        lambda z: log_expit(-z),
        _logistic_density,
        lambda z: -np.tanh(z / 2),
        lambda p: float(np.log(p) - np.log1p(-p)),
    ),
    "gumbel": (
        _gumbel_below,
        _gumbel_above,
        _gumbel_density,
        lambda z: 1 + _gumbel_above(z),
        lambda p: float(np.log(-np.log1p(-p))),
    ),
}


def _family(name: str, shape: str, on_log: bool) -> Family:
    return Family(name, shape, on_log, *_SHAPES[shape])


FAMILIES = {
    family.name: family
    for family in (
        _family("normal", "normal", on_log=False),
        _family("lognormal", "normal", on_log=True),
        _family("logistic", "logistic", on_log=False),
        _family("loglogistic", "logistic", on_log=True),
        _family("weibull", "gumbel", on_log=True),
    )
}
