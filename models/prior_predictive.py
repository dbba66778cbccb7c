"""What a shop would see if the priors were all we knew, without a sampler: closed form for every draw of the priors.

A first offer of depth d is accepted by a stranger with chance

    (1 - eps) * (indifferent + sensitive * Phi((ln d - mu) / sqrt(tau^2 + sigma^2 [+ eta^2])) [+ hunter]) + eps / 2

for the requirement varies between customers (tau), from visit to visit (sigma) and, where there are cohorts, between
them (eta); hunters accept where d is the largest rung; a mis-keyed visit is a fair coin. Covariates are at their
centre, the cashier is the middle one.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.declaration import BY_TYPE, SINGLE, Priors
from models.release import Cohorts, Covariate, Release

DEPTHS = (25, 50, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000)
DRAWS = 2000


class Band(NamedTuple):
    """A chance over the draws of the priors: its mean, and the ends of its central 50 % and 95 %."""

    mean: float
    half: tuple[float, float]
    most: tuple[float, float]


class Point(NamedTuple):
    """A first offer of ``depth`` basis points to a stranger.

    accepted: it has larger rungs above it; at_the_top: it is the largest; walks_out: refused, and the customer leaves.
    """

    depth: int
    accepted: Band
    at_the_top: Band
    walks_out: Band


class Preview(NamedTuple):
    """``types`` and the chances to walk out (``leave``, ``leave_end``) are of indifferent, hunter, sensitive."""

    curve: tuple[Point, ...]
    types: tuple[Band, Band, Band]
    leave: tuple[Band, Band, Band]
    leave_end: tuple[Band, Band, Band]


Draws = dict[str, NDArray[np.float64]]


def draw(priors: Priors, chance: np.random.Generator, size: int = DRAWS) -> Draws:
    """``size`` draws of every parameter: (size,), of shares and hazards (size, 3)."""
    out = {name: getattr(priors, name).draw(chance, size) for name in SINGLE}
    by_type = {name: [each.draw(chance, size) for each in getattr(priors, name)] for name in BY_TYPE}
    return {**out, **{name: np.stack(columns, axis=1) for name, columns in by_type.items()}}


def preview(priors: Priors, chance: np.random.Generator, depths: Sequence[int] = DEPTHS) -> Preview:
    """The prior predictive of first offers, types and walking out."""
    draws = draw(priors, chance)
    met = _met(draws, depths, cohorts=priors.cohorts is not None)
    points = [_point(depth, met[:, at], draws) for at, depth in enumerate(depths)]
    return Preview(tuple(points), *(_bands(draws[name]) for name in ("shares", *BY_TYPE)))


def _met(draws: Draws, depths: Sequence[int], cohorts: bool) -> NDArray[np.float64]:
    """Chance that a sensitive stranger is satisfied: (draws, depths)."""
    variance = draws["tau"] ** 2 + draws["sigma"] ** 2 + (draws["eta"] ** 2 if cohorts else 0)
    log_depth = np.log(np.asarray(depths) / 10000)
    return _phi((log_depth - draws["mu"][:, None]) / np.sqrt(variance)[:, None])


def _phi(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal distribution. NumPy has no erfc, the standard library has; 40,000 of them take 5 ms."""
    flat = (-z / math.sqrt(2)).ravel().tolist()
    return np.fromiter(map(math.erfc, flat), float, len(flat)).reshape(z.shape) / 2


def _point(depth: int, met: NDArray[np.float64], draws: Draws) -> Point:
    shares, slip = draws["shares"], draws["eps"] / 2
    sure = 1 - draws["eps"]
    accepts = np.stack([np.ones_like(met), np.zeros_like(met), met], axis=1)
    taken = sure[:, None] * accepts + slip[:, None]
    below = (shares * taken).sum(axis=1)
    gone = (shares * (1 - taken) * draws["leave"]).sum(axis=1)
    return Point(depth, _band(below), _band(below + sure * shares[:, 1]), _band(gone))


def _bands(columns: NDArray[np.float64]) -> tuple[Band, Band, Band]:
    first, second, third = (_band(column) for column in columns.T)
    return first, second, third


def _band(values: NDArray[np.float64]) -> Band:
    low, quarter, three_quarters, high = np.quantile(values, (0.025, 0.25, 0.75, 0.975)).tolist()
    return Band(float(values.mean()), (quarter, three_quarters), (low, high))


def release_of(priors: Priors) -> Release:
    """The release with every parameter at the centre of its prior; cohorts are alike and of equal size."""
    centre: dict[str, Any] = {name: getattr(priors, name).centre for name in SINGLE if name not in _SPREADS}
    hazards: dict[str, Any] = {
        name: tuple([each.centre for each in getattr(priors, name)]) for name in BY_TYPE
    }
    effects: Any = [density.centre for _, density in priors.beta]
    return Release(
        name=priors.name,
        **centre,
        **hazards,
        half_life=priors.half_life,
        cohorts=_cohorts(priors),
        covariates=tuple(
            [Covariate(*each, effect) for each, effect in zip(priors.covariates, effects, strict=True)]
        ),
    )


_SPREADS = ("eta", "omega")  # of cohorts and of cashiers: a release knows the groups themselves


def _cohorts(priors: Priors) -> Cohorts | None:
    if priors.cohorts is None:
        return None
    feature, cuts = priors.cohorts
    middle: Any = priors.mu.centre
    count = len(cuts) + 1
    return Cohorts(feature, cuts, (middle,) * count, (1 / count,) * count)


class Changed(NamedTuple):
    """One checkout whose plan would be another; positions on its ladder."""

    checkout_id: str
    before: list[int]
    after: list[int]


def changed_plans[M](
    checkouts: Iterable[dict], make_plan: Callable[[dict, M], list[int]], before: M, after: M
) -> tuple[int, list[Changed]]:
    """How many checkouts were looked at, and those whose plan ``make_plan(checkout, model)`` makes another one.

    A checkout is a checkout record; ``before`` and ``after`` are models such as `pos_client.core.belief.Model`.
    """
    looked_at, changed = 0, []
    for checkout in checkouts:
        looked_at += 1
        plans = make_plan(checkout, before), make_plan(checkout, after)
        if plans[0] != plans[1]:
            changed.append(Changed(checkout["checkout_id"], *plans))
    return looked_at, changed
