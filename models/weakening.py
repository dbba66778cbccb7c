"""The same priors, believed less: a fit from them shows how much of an answer is the log's and how much ours."""

import math
from dataclasses import fields, replace
from typing import Any

from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.priors import BY_TYPE, SINGLE, Priors

LEAST = Beta.BOUNDS["a"][0]  # a density takes no fewer cases


def weakened(priors: Priors, factor: float = 4.0) -> Priors:
    """The same centres, worth ``factor`` times fewer observations, so spreads are sqrt(factor) times as wide.

    What is fixed stays fixed. Bounds of the densities hold: one that is as weak as can be stays as it is.
    """
    if not 1 <= factor <= 1000:
        raise ValueError("weaken priors by a factor from 1 to 1000")
    single = {name: _weaker(getattr(priors, name), factor) for name in SINGLE}
    by_type = {name: tuple([_weaker(each, factor) for each in getattr(priors, name)]) for name in BY_TYPE}
    beta = tuple([(feature, _weaker(density, factor)) for feature, density in priors.beta])
    return replace(priors, name=f"{priors.name[:70]} weakened", **single, **by_type, beta=beta)


def _weaker(density: Any, factor: float) -> Any:
    match density:
        case Dirichlet(alpha):
            return Dirichlet(_fewer(alpha, factor))
        case Beta(a, b):
            return Beta(*_fewer((a, b), factor))
        case Normal() | LogNormal() | HalfNormal():
            spread = fields(density)[-1].name
            wider = getattr(density, spread) * math.sqrt(factor)
            return replace(density, **{spread: min(wider, density.BOUNDS[spread][1])})
        case Fixed():
            return density


def _fewer(cases: tuple[float, ...], factor: float) -> Any:
    """A part of the cases in the same proportion, as far as the least of them allows."""
    part = min(1.0, max(1 / factor, LEAST / min(cases)))
    return tuple([max(LEAST, part * count) for count in cases])
