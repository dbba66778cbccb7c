"""The mode of the population's posterior: what a fit would say, in a fraction of a second and without intervals.

NUTS (`models.population`) is what a shop publishes. Where hundreds of simulated shops must learn from their logs, the
mode stands for its mean: on the unconstrained scale on which NUTS walks, Jacobians and all, the two lie close together.
Plain priors only: no cohorts, covariates or groups of cashiers.
"""

import math
from typing import Any

import numpy as np
import xarray as xr
from scipy import optimize, special

from models import histories as merging
from models import marginal
from models.densities import Beta, Dirichlet, LogNormal, Normal
from models.histories import Histories
from models.priors import Priors
from models.release import Release
from models.states import NUMPY, POINTS, grid, likelihood_inputs, weights

SPREADS = ("tau", "sigma", "delta")
SHARES, MU, SPREAD, EPS, LEAVE, END = slice(0, 2), 2, slice(3, 6), 6, slice(7, 10), slice(10, 13)
LEAST = 1e-6  # of a share or hazard in a release
NARROWEST = {"tau": 0.05, "sigma": 0.05, "delta": 0.0}


def fit(dataset: xr.Dataset, priors: Priors, name: str = "mode") -> Release:
    """The release at the mode of the posterior of a checkout dataset. Raises ValueError for one that says nothing."""
    if priors.cohorts or priors.covariates:
        raise ValueError("the mode is for plain priors: no cohorts, no covariates")
    histories = merging.compress(dataset, priors)
    found = optimize.minimize(
        lambda vector: surprise(vector, histories, priors), _start(priors), jac=True, method="L-BFGS-B",
        options={"maxiter": 500},
    )  # fmt: skip
    return _release(found.x, priors, name)


def surprise(vector: np.ndarray, histories: Histories, priors: Priors) -> tuple[float, np.ndarray]:
    """Minus the log posterior, up to a constant, of 13 unconstrained numbers, and its gradient.

    Logits of the first two shares over the third, mu, logs of tau, sigma and delta, logits of eps and hazards.
    """
    point = parameters(vector)
    value, gradient = _likelihood(point, histories)
    prior, by_prior = _prior(vector, point, priors)
    return -(value + prior), -(gradient + by_prior)


def parameters(vector: np.ndarray) -> dict[str, np.ndarray]:
    """The 13 numbers by the names of a posterior."""
    tau, sigma, delta = np.exp(vector[SPREAD])
    return {
        "shares": special.softmax([*vector[SHARES], 0.0]),
        "mu": vector[MU],
        "tau": tau,
        "sigma": sigma,
        "delta": delta,
        "eps": special.expit(vector[EPS]),
        "leave": special.expit(vector[LEAVE]),
        "leave_end": special.expit(vector[END]),
    }


def _likelihood(point: dict[str, np.ndarray], data: Histories) -> tuple[float, np.ndarray]:
    """Log likelihood of all customers and its gradient on the unconstrained scale."""
    groups = len(data.regressors.cashiers)
    whole = {**point, "cohort_mu": np.array([point["mu"]]), "cashier_eps": np.full(groups, point["eps"])}
    inputs = likelihood_inputs(whole, data.cells, data.edges, NUMPY, POINTS)
    satisfied, eps, hazard, *said = inputs
    weight = weights(point["shares"], NUMPY, POINTS)
    given: tuple[Any, ...] = (satisfied, weight, eps, hazard, *said, data.cell, data.start, data.multiplicity)
    value, by_met, by_weight, by_eps, by_hazard = marginal.total(*given)
    gradient = np.empty(13)
    gradient[SHARES] = _through_shares(point["shares"], by_weight)
    gradient[MU], gradient[SPREAD] = _through_depths(point, data, by_met)
    gradient[EPS] = by_eps.sum() * point["eps"] * (1 - point["eps"])
    gradient[LEAVE] = _through_hazard(point["leave"], data.cells.stays, data.cells.left, hazard * by_hazard)
    gradient[END] = _through_hazard(
        point["leave_end"], data.cells.stays_end, data.cells.left_end, hazard * by_hazard
    )
    return float(value), gradient


def _through_shares(shares: np.ndarray, by_weight: np.ndarray) -> np.ndarray:
    by_share = np.array([*by_weight[:2], by_weight[2:] @ grid(POINTS)[1]])
    return (shares * (by_share - shares @ by_share))[:2]


def _through_depths(point: dict, data: Histories, by_met: np.ndarray) -> tuple[float, np.ndarray]:
    """By mu, and by the logs of tau, sigma, delta: F = Phi((ln d - delta - mu - tau z) / sigma)."""
    z = grid(POINTS)[0]
    edges = data.edges
    far = edges.log_depth - point["delta"] * edges.shifted - point["mu"]
    u = (far[:, None] - point["tau"] * z) / point["sigma"]
    slope = by_met * np.exp(-(u**2) / 2) / (math.sqrt(2 * math.pi) * point["sigma"])
    by_tau, by_sigma = -(slope @ z).sum(), -(slope * u).sum()
    by_delta = -(slope.sum(axis=1) @ edges.shifted)
    logs = np.array([by_tau * point["tau"], by_sigma * point["sigma"], by_delta * point["delta"]])
    return float(-slope.sum()), logs


def _through_hazard(chance: np.ndarray, stays: np.ndarray, left: np.ndarray, by: np.ndarray) -> np.ndarray:
    """By the logits (3,) of a hazard; ``by`` (C, 3): of the log of each cell's hazard."""
    return left @ by * (1 - chance) - stays @ by * chance


def _prior(vector: np.ndarray, point: dict, priors: Priors) -> tuple[float, np.ndarray]:
    """Log prior density with the Jacobians, and its gradient."""
    gradient = np.empty(13)
    alpha = np.array(_is(Dirichlet, priors.shares).alpha)
    value = float(alpha @ np.log(point["shares"]))
    gradient[SHARES] = (alpha - alpha.sum() * point["shares"])[:2]
    for at, density in zip(
        (MU, 3, 4, 5), (priors.mu, *[getattr(priors, name) for name in SPREADS]), strict=True
    ):
        middle, sd = _normal(density)
        value -= ((vector[at] - middle) / sd) ** 2 / 2
        gradient[at] = (middle - vector[at]) / sd**2
    chances = special.expit(vector[EPS:])
    betas = [_is(Beta, density) for density in (priors.eps, *priors.leave, *priors.leave_end)]
    for at, (chance, density) in enumerate(zip(chances, betas, strict=True), EPS):
        value += density.a * math.log(chance) + density.b * math.log1p(-chance)
        gradient[at] = density.a - (density.a + density.b) * chance
    return value, gradient


def _normal(density: object) -> tuple[float, float]:
    if isinstance(density, Normal):
        return density.mean, density.sd
    spread = _is(LogNormal, density)
    return math.log(spread.median), spread.log_sd


def _is[Density](family: type[Density], density: object) -> Density:
    if not isinstance(density, family):
        raise ValueError(f"the mode needs a {family.__name__}, not {density}")
    return density


def _start(priors: Priors) -> np.ndarray:
    shares = np.log(np.array(priors.shares.centre))
    chances = np.array([density.centre for density in (priors.eps, *priors.leave, *priors.leave_end)])
    spreads = [math.log(_is(LogNormal, getattr(priors, name)).median) for name in SPREADS]
    return np.array([*(shares[:2] - shares[2]), priors.mu.centre, *spreads, *special.logit(chances)])


def _release(vector: np.ndarray, priors: Priors, name: str) -> Release:
    """Within the bounds of a release: no share or hazard is nothing or everything."""
    point = parameters(vector)
    shares = np.maximum(point["shares"], LEAST)
    shares = (shares / shares.sum()).tolist()
    tau, sigma, delta = [float(np.clip(point[one], NARROWEST[one], 3.0)) for one in SPREADS]
    return Release(
        name=name,
        shares=(shares[0], shares[1], 1 - shares[0] - shares[1]),
        mu=float(np.clip(point["mu"], math.log(0.001), 0.0)),
        tau=tau,
        sigma=sigma,
        delta=delta,
        eps=float(np.clip(point["eps"], 0.0001, 0.5)),
        leave=_three(point["leave"]),
        leave_end=_three(point["leave_end"]),
        half_life=priors.half_life,
    )


def _three(chances: np.ndarray) -> tuple[float, float, float]:
    one, two, three = np.clip(chances, LEAST, 1 - LEAST).tolist()
    return one, two, three
