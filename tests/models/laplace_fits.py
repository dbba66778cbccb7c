"""Honest fits without a sampler: draws from Laplace's approximation at the posterior mode, in the layout of a fit.

tree = honest(dataset, priors, chance)
"""

import json
import math
from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy import optimize, special, stats

from models import histories, scoring
from models.declaration import TYPES
from models.densities import Beta, Dirichlet, Fixed, LogNormal, Normal
from models.priors import Priors, as_json

CHAINS, DRAWS = 4, 500
KEPT = 100  # draws of a chain whose log likelihoods are kept


def honest(dataset: xr.Dataset, priors: Priors, chance: np.random.Generator) -> xr.DataTree:
    """A fit without cohorts, covariates or several cashiers: what a sampler would give, up to Laplace's error."""
    data = histories.compress(dataset, priors)
    vectors = _laplace(data, priors, chance)
    draws = [_point(vector) for vector in vectors]
    stacked = {name: np.array([draw[name] for draw in draws]) for name in draws[0]}
    posterior = {name: _by_chain(values) for name, values in stacked.items()}
    kept = np.arange(0, CHAINS * DRAWS, DRAWS // KEPT)
    pointwise = np.array([scoring.log_likelihood(data, draws[at]) for at in kept])
    energy = chance.normal(0.0, math.sqrt(len(vectors[0])), (CHAINS, DRAWS))
    return tree(posterior, energy, pointwise.reshape(CHAINS, KEPT, -1), data, priors)


def rescored(fit: xr.DataTree) -> xr.DataTree:
    """The fit with the likelihoods of its draws as they now are."""
    out = fit.copy(deep=True)
    data = histories.from_arrays(out["constant_data"].to_dataset())
    kept = out["posterior"].to_dataset().isel(draw=slice(None, None, DRAWS // KEPT))
    scores = out["log_likelihood"]["history"].values
    for chain, draw in np.ndindex(scores.shape[:2]):
        point = {name: values.values[chain, draw] for name, values in kept.items()}
        scores[chain, draw] = scoring.log_likelihood(data, point)
    return out


def tree(
    posterior: dict[str, np.ndarray],
    energy: np.ndarray,
    pointwise: np.ndarray,
    data: histories.Histories,
    priors: Priors,
) -> xr.DataTree:
    """Arrays (chain, draw, ...) in the layout of `models.population`."""
    dims = {
        name: ("chain", "draw", *(["type"] if values.ndim == 3 else [])) for name, values in posterior.items()
    }
    groups = {
        "posterior": xr.Dataset(
            {name: (dims[name], values) for name, values in posterior.items()}, {"type": list(TYPES)}
        ),
        "sample_stats": xr.Dataset(
            {
                "energy": (("chain", "draw"), energy),
                "diverging": (("chain", "draw"), np.zeros(energy.shape, bool)),
            }
        ),
        "log_likelihood": xr.Dataset({"history": (("chain", "draw", "customer_history"), pointwise)}),
        "constant_data": xr.Dataset(histories.as_arrays(data)),
    }
    made = xr.DataTree.from_dict(groups)
    made.attrs = {"priors": json.dumps(as_json(priors)), "fixed": "[]"}
    return made


def _by_chain(values: np.ndarray) -> np.ndarray:
    return values.reshape(CHAINS, DRAWS, *values.shape[1:])


def _laplace(data: histories.Histories, priors: Priors, chance: np.random.Generator) -> np.ndarray:
    """Independent draws (CHAINS * DRAWS, 13) on the unconstrained scale: near enough to try a gate on.

    Chances that the shop says little about are not normal there, which leave-one-out would notice: they get the Beta
    distribution that has the same mode and curvature, and keep their ranks.
    """

    def surprise(vector: np.ndarray) -> float:
        return -_log_posterior(vector, data, priors)

    middle = optimize.minimize(surprise, _start(priors), method="BFGS").x
    spread = np.linalg.inv(_curvature(surprise, middle))
    draws = chance.multivariate_normal(middle, spread, CHAINS * DRAWS)
    sd, mode = np.sqrt(np.diag(spread))[6:], special.expit(middle[6:])
    size = 1 / (sd**2 * mode * (1 - mode))
    ranks = special.ndtr((draws[:, 6:] - middle[6:]) / sd)
    draws[:, 6:] = special.logit(stats.beta.ppf(ranks, size * mode, size * (1 - mode)))
    return draws


def _curvature(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 0.02) -> np.ndarray:
    """Second derivatives by central differences; BFGS's own are too rough."""
    steps = step * np.eye(len(at))
    out = np.empty((len(at), len(at)))
    for i, j in zip(*np.tril_indices(len(at)), strict=True):
        corners = [a * b * function(at + a * steps[i] + b * steps[j]) for a in (1, -1) for b in (1, -1)]
        out[i, j] = out[j, i] = sum(corners) / (4 * step**2)
    return out


def _start(priors: Priors) -> np.ndarray:
    shares = np.log(np.asarray(priors.shares.centre))
    chances = [density.centre for density in (priors.eps, *priors.leave, *priors.leave_end)]
    spreads = [math.log(density.centre) for density in (priors.tau, priors.sigma, priors.delta)]
    return np.array([*(shares[:2] - shares[2]), priors.mu.centre, *spreads, *special.logit(chances)])


def _point(vector: np.ndarray) -> dict:
    """(13,) unconstrained numbers as parameters."""
    chances = special.expit(vector[6:])
    tau, sigma, delta = np.exp(vector[3:6])
    return {
        "shares": special.softmax([*vector[:2], 0.0]),
        "mu": vector[2],
        "tau": tau,
        "sigma": sigma,
        "delta": delta,
        "eps": chances[0],
        "leave": chances[1:4],
        "leave_end": chances[4:7],
    }


def _log_posterior(vector: np.ndarray, data: histories.Histories, priors: Priors) -> float:
    """Log density up to a constant, on the unconstrained scale."""
    point = _point(vector)
    chances = [point["eps"], *point["leave"], *point["leave_end"]]
    densities = (priors.eps, *priors.leave, *priors.leave_end)
    total = float(scoring.log_likelihood(data, point) @ data.multiplicity)
    total += sum(_log_beta(density, chance) for density, chance in zip(densities, chances, strict=True))
    total += float(np.dot(_dirichlet(priors.shares), np.log(point["shares"])))
    total += _log_normal(priors.mu, vector[2])
    return total + sum(_log_normal(density, vector[3 + at]) for at, density in enumerate(_spreads(priors)))


def _spreads(priors: Priors) -> tuple:
    return priors.tau, priors.sigma, priors.delta


def _dirichlet(density: Dirichlet | Fixed) -> tuple[float, float, float]:
    assert isinstance(density, Dirichlet)
    return density.alpha


def _log_beta(density: Beta | Fixed, chance: float) -> float:
    """With the Jacobian of the logit."""
    assert isinstance(density, Beta)
    return density.a * math.log(chance) + density.b * math.log1p(-chance)


def _log_normal(density: Normal | LogNormal | Fixed, place: float) -> float:
    """Of a Normal at its place, of a LogNormal at the logarithm of its value."""
    assert not isinstance(density, Fixed)
    if isinstance(density, Normal):
        return -(((place - density.mean) / density.sd) ** 2) / 2
    return -(((place - math.log(density.median)) / density.log_sd) ** 2) / 2
