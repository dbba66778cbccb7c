"""The model as a textbook writes it: one latent requirement for every customer, one row for every visit.

Nothing is merged, no theta is summed out and no grid is used; only the type, which NUTS cannot sample, is summed out
of each customer. It shares no code with the marginal model, so that each can prove the other wrong, and its cost
grows with the customers, which is why nobody fits a chain of shops with it.

    tree = fit(dataset, priors, seed=1)
"""

from typing import Any, NamedTuple

import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from nutpie.sample import CompiledModel

from models.checkout_table import features, first_features
from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.priors import TYPES, Priors

Tensor = Any  # what PyTensor infers for its own results is of no use to a type checker

NEVER = 1e6  # a log depth beyond any requirement: Phi is exactly 0 or 1 there, and its slope exactly 0
POPULATION = (
    "shares",
    "mu",
    "tau",
    "eta",
    "sigma",
    "delta",
    "eps",
    "omega",
    "leave",
    "leave_end",
    "cohort_mu",
    "cashier_eps",
    "beta",
)


class Visits(NamedTuple):
    """What each visit said, one entry per row; log depths before the shift, +-NEVER where there is none."""

    first: NDArray  # the first offer, refused
    later: NDArray  # the deepest refused offer after it
    taken: NDArray  # the accepted offer
    taken_later: NDArray  # 1 where that was not the first offer
    reactions: NDArray
    met: NDArray  # (2, visits): 1 where an indifferent customer, and a hunter, would have done this
    stayed: NDArray  # (2, visits): refusals where more came, and of the last offer, after which the customer stayed
    left: NDArray  # (2, visits): the same for leaving


def read(dataset: xr.Dataset) -> Visits:
    """The visits of a checkout dataset, in its order."""
    heard, ending = dataset["heard"].values.astype(int), dataset["ending"].values
    depth, top = dataset["depth"].values, dataset["top"].values
    accepted, left = ending == 0, ending == 1
    offer, rows = np.arange(depth.shape[1]), np.arange(len(heard))
    refusals = heard - accepted
    refused = offer < refusals[:, None]
    log_depth = np.log(np.maximum(depth, 1e-300) / 10000)
    last = np.clip(heard - 1, 0, None)
    end = top | (offer == dataset["planned"].values[:, None] - 1)
    left_end = left & end[rows, last]
    end_refused = (refused & end).sum(1)
    return Visits(
        first=np.where(refused[:, 0], log_depth[:, 0], -NEVER),
        later=np.where(refused & (offer > 0), log_depth, -NEVER).max(1),
        taken=np.where(accepted, log_depth[rows, last], NEVER),
        taken_later=(accepted & (heard > 1)).astype(float),
        reactions=heard.astype(float),
        met=np.array([refusals == 0, ~(refused & top).any(1) & (~accepted | top[rows, last])], float),
        stayed=np.array([refusals - end_refused - (left & ~left_end), end_refused - left_end], float),
        left=np.array([left & ~left_end, left_end], float),
    )


def declare(dataset: xr.Dataset, priors: Priors) -> pm.Model:
    """The model of these customers, all of whom must have a token."""
    customer = dataset["customer"].values
    if (customer < 0).any():
        raise ValueError("the naive model knows no anonymous customers")
    everyone, owner = np.unique(customer, return_inverse=True)
    coords = {
        "type": TYPES,
        "customer": everyone,
        "cashier": dataset["cashier_name"].values,
        "cohort": np.arange(1 if priors.cohorts is None else len(priors.cohorts.cuts) + 1),
        "covariate": [covariate.feature for covariate in priors.covariates],
    }
    with pm.Model(coords=coords) as model:
        log_shares: Tensor = pt.log(_declared("shares", priors.shares))
        chances = _visit_chances(dataset, priors, everyone, owner)
        told = pt.zeros((3, len(everyone)))[:, owner].inc(chances)
        joint = log_shares[:, None] + told
        each: Tensor = pm.math.logsumexp(joint, axis=0)
        pm.Potential("customers", each.sum())
        pm.Deterministic("customer_types", pt.exp(joint - each), dims=("type", "customer"))
    return model


def fit(
    dataset: xr.Dataset, priors: Priors, *, seed: int, chains: int = 4, tune: int = 1000, draws: int = 1000
) -> xr.DataTree:
    """Sample with nutpie; the names of the posterior are those of the marginal model, and `theta` of every customer."""
    return sample(compiled(dataset, priors), seed=seed, chains=chains, tune=tune, draws=draws)


def compiled(dataset: xr.Dataset, priors: Priors, also: tuple[str, ...] = ()) -> CompiledModel:
    """The model made ready for `sample`; takes half a minute. ``also``: customer_types (type, customer), if wanted."""
    return nutpie.compile_pymc_model(declare(dataset, priors), var_names=[*POPULATION, "theta", *also])


def sample(
    model: CompiledModel, *, seed: int, chains: int = 4, tune: int = 1000, draws: int = 1000
) -> xr.DataTree:
    """Chains of `draws` each, after `tune` more that are thrown away."""
    return nutpie.sample(
        model, seed=seed, chains=chains, tune=tune, draws=draws, save_warmup=False, progress_bar=False
    )


def _visit_chances(dataset: xr.Dataset, priors: Priors, everyone: NDArray, owner: NDArray) -> Tensor:
    """Log likelihood of each visit for each type: (3, visits)."""
    visits = read(dataset)
    place = _theta(dataset, priors, everyone)[owner] + _moved_by_basket(dataset, priors)
    eps = _cashier_eps(priors, len(dataset["cashier_name"]))[dataset["cashier"].values]
    sensitive = _met_by_sensitive(visits, place, priors)
    met = pt.concatenate([visits.met, sensitive[None, :]])
    log_chance = pt.log((1 - eps) * met + eps * 0.5**visits.reactions)
    for at, name in enumerate(("leave", "leave_end")):
        hazard = _by_type(name, getattr(priors, name))[:, None]
        log_chance += visits.stayed[at] * pt.log1p(-hazard) + visits.left[at] * pt.log(hazard)
    return log_chance


def _met_by_sensitive(visits: Visits, place: Tensor, priors: Priors) -> Tensor:
    """Chance that the requirement of the visit lies between what was refused and what was accepted."""
    sigma, delta = _declared("sigma", priors.sigma), _declared("delta", priors.delta)
    low = pt.maximum(visits.first, visits.later - delta)
    high = visits.taken - delta * visits.taken_later
    return pt.maximum(_normal_cdf((high - place) / sigma) - _normal_cdf((low - place) / sigma), 0)


def _theta(dataset: xr.Dataset, priors: Priors, everyone: NDArray) -> Tensor:
    """Where each customer stands, centred: measured on 1,000 customers, not centring them samples no better."""
    mu, tau = _declared("mu", priors.mu), _declared("tau", priors.tau)
    if priors.cohorts is not None:
        eta = _declared("eta", priors.eta)
        each = mu + eta * pm.Normal("cohort_raw", dims="cohort")
        means: Tensor = pm.Deterministic("cohort_mu", each, dims="cohort")
        seen = first_features(dataset, priors.cohorts.feature)[everyone]
        mu = means[np.digitize(seen, priors.cohorts.cuts)]
    return pm.Normal("theta", mu, tau, dims="customer")


def _cashier_eps(priors: Priors, cashiers: int) -> Tensor:
    eps = _declared("eps", priors.eps)
    if cashiers == 1:
        return pt.stack([eps])
    omega = _declared("omega", priors.omega)
    each = pm.math.logit(eps) + omega * pm.Normal("cashier_raw", dims="cashier")
    return pm.Deterministic("cashier_eps", pm.math.sigmoid(each), dims="cashier")


def _moved_by_basket(dataset: xr.Dataset, priors: Priors) -> Tensor:
    if not priors.covariates:
        return 0.0
    effects = pt.stack([_declared(f"beta_{name}", density) for name, density in priors.beta])
    beta = pm.Deterministic("beta", effects, dims="covariate")
    seen = [features(dataset, name) - centre for name, centre in priors.covariates]
    return pt.dot(np.column_stack(seen), beta)


def _by_type(name: str, densities: tuple) -> Tensor:
    each = [_declared(f"{name}_{kind}", density) for kind, density in zip(TYPES, densities, strict=True)]
    return pm.Deterministic(name, pt.stack(each), dims="type")


def _declared(name: str, density: Any) -> Tensor:
    """The random variable of a density of the priors; a fixed parameter is a constant."""
    match density:
        case Fixed(value):
            return pm.Deterministic(name, pt.as_tensor(value, dtype="float64"))
        case Normal(mean, sd):
            return pm.Normal(name, mean, sd)
        case LogNormal(median, log_sd):
            return pm.LogNormal(name, np.log(median), log_sd)
        case HalfNormal(sd):
            return pm.HalfNormal(name, sd)
        case Beta(a, b):
            return pm.Beta(name, a, b)
        case Dirichlet(alpha):
            return pm.Dirichlet(name, np.array(alpha), dims="type")
    raise TypeError(name)


def _normal_cdf(z: Tensor) -> Tensor:
    tail: Tensor = pt.erfc(-z / np.sqrt(2))
    return tail / 2
