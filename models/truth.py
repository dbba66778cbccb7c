"""What the customers of a simulated shop are like, and the ways in which a world breaks the model, as data."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.priors import Cohorts, Priors
from models.release import Release


@dataclass(frozen=True)
class Truth:
    """What the customers of a shop are like; the names are those of a fit's posterior.

    shares, leave, leave_end: indifferent, hunter, sensitive. cohorts: the rule; cohort_mu: mean log depth needed in
    each cohort, in place of mu. covariates: (feature, centre, beta). cashier_eps: chance of a mis-keyed visit for
    each cashier, in place of eps. eta and omega only say what cohort_mu and cashier_eps were drawn with.

    What the model does not know: half_life: after that many days half of the customers are somebody else (never,
    if infinite). freedom: of a Student t in place of the normal distribution of requirements; its scale is sigma.
    humps: (share, centre, spread) in tau around mu: a mixture in place of one normal distribution of theta.
    """

    shares: tuple[float, float, float]
    mu: float
    tau: float
    sigma: float
    delta: float
    eps: float
    leave: tuple[float, float, float]
    leave_end: tuple[float, float, float]
    eta: float = 0.0
    omega: float = 0.0
    cohorts: Cohorts | None = None
    cohort_mu: tuple[float, ...] = ()
    covariates: tuple[tuple[str, float, float], ...] = ()
    cashier_eps: tuple[float, ...] = ()
    half_life: float = math.inf
    freedom: float = math.inf
    humps: tuple[tuple[float, float, float], ...] = ((1.0, 0.0, 1.0),)


def truth_of(release: Release) -> Truth:
    """Customers as a release says; they do not change with time."""
    names = ("shares", "mu", "tau", "sigma", "delta", "eps", "leave", "leave_end")
    return Truth(**{name: getattr(release, name) for name in names})  # type: ignore[arg-type]


def from_priors(priors: Priors, chance: np.random.Generator, cashiers: int = 1) -> Truth:
    """A shop drawn from priors: what a fit with these priors must be calibrated for."""
    scalar = {name: _one(getattr(priors, name), chance) for name in ("mu", "tau", "eta", "sigma", "delta")}
    eps, omega = _one(priors.eps, chance), _one(priors.omega, chance)
    cohorts = len(priors.cohorts.cuts) + 1 if priors.cohorts else 0
    betas = dict(priors.beta)
    return Truth(
        **scalar,  # type: ignore[arg-type]
        shares=_shares(priors, chance),
        eps=eps,
        omega=omega,
        leave=_three(priors.leave, chance),
        leave_end=_three(priors.leave_end, chance),
        cohorts=priors.cohorts,
        cohort_mu=tuple((scalar["mu"] + scalar["eta"] * chance.standard_normal(cohorts)).tolist()),
        covariates=tuple([(x.feature, x.centre, _one(betas[x.feature], chance)) for x in priors.covariates]),
        cashier_eps=_around(eps, omega, cashiers, chance) if cashiers > 1 else (),
    )


def _one(density: Any, chance: np.random.Generator) -> float:
    return float(density.draw(chance, 1)[0])


def _shares(priors: Priors, chance: np.random.Generator) -> tuple[float, float, float]:
    indifferent, hunter, sensitive = priors.shares.draw(chance, 1)[0].tolist()
    return indifferent, hunter, sensitive


def _three(densities: tuple[Any, Any, Any], chance: np.random.Generator) -> tuple[float, float, float]:
    first, second, third = densities
    return _one(first, chance), _one(second, chance), _one(third, chance)


def _around(eps: float, omega: float, cashiers: int, chance: np.random.Generator) -> tuple[float, ...]:
    logit = math.log(eps / (1 - eps)) + omega * chance.standard_normal(cashiers)
    return tuple((1 / (1 + np.exp(-logit))).tolist())


def without_hunters(truth: Truth) -> Truth:
    """The same shop, its hunters gone."""
    indifferent, _, sensitive = truth.shares
    return replace(
        truth, shares=(indifferent / (indifferent + sensitive), 0.0, sensitive / (indifferent + sensitive))
    )


# Worlds that the model is wrong about, or (the last two) nearly wrong.
WORLDS: dict[str, Callable[[Truth], Truth]] = {
    "as assumed": lambda truth: truth,
    "heavy tails": lambda truth: replace(truth, freedom=3.0),
    "two humps": lambda truth: replace(truth, humps=((0.5, -1.0, 0.5), (0.5, 1.0, 0.5))),
    "customers change": lambda truth: replace(truth, half_life=365.0),
    "no hunters": without_hunters,
    "cashiers mis-key 10 %": lambda truth: replace(truth, eps=0.1, cashier_eps=()),
}
