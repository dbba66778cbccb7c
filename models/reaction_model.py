"""The population model, declaration ``rung-1``: how customers react to offers, marginal over what each one is like.

Sampled are the population parameters alone. Types and requirements are summed out over the states of `states`,
customers with the same history are counted together (`histories`), so the number of sampled dimensions does not grow
with the number of customers. Priors are data (`priors`); another density is another declaration.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models import cohort_means, marginal
from models.cells import Cells, Edges
from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.histories import Histories
from models.marginal_op import log_likelihood
from models.priors import TYPES, Priors
from models.states import POINTS, likelihood_inputs, weights

POSTERIOR = ("shares", "mu", "tau", "eta", "sigma", "delta", "eps", "omega", "leave", "leave_end")
# Of the likelihood: F at the edges, weights, eps and hazards of the cells, what the cells say, and the histories.
SIGNATURE = "(e,g),(s),(c),(c,t),(c),(c),(c),(c),(c),(c),(k),(h),(v,m)->(v)"
GROUPED = ("cohort_mu", "cashier_eps", "beta")
# Where many observations stand behind each group, its own value is what the data know; where few, its distance.
CENTRED_CUSTOMERS = 5000
CENTRED_VISITS = 20000


def declare(priors: Priors, histories: Histories, points: int = POINTS) -> pm.Model:
    """The model of these histories. Data are named, so that a compiled model can be given others of the same kind."""
    with pm.Model(coords=_coords(histories)) as model:
        data = {name: pm.Data(name, value) for name, value in data_of(histories).items()}
        parameters = _parameters(priors, histories)
        cells = Cells(*[data[f"cell_{name}"] for name in Cells._fields])
        edges = Edges(*[data[f"edge_{name}"] for name in Edges._fields])
        weight = weights(parameters["shares"], pt, points)
        chances, *rest = likelihood_inputs(parameters, cells, edges, pt, points)
        pm.CustomDist(
            "visits",
            chances,
            weight,
            *rest,
            data["start"],
            data["multiplicity"],
            data["possible"],
            logp=_logp,
            random=simulate,
            signature=SIGNATURE,
            dtype="int64",
            observed=data["visit_cell"],
        )
    return model


def data_of(histories: Histories) -> dict[str, np.ndarray]:
    """What `declare` calls the histories' arrays."""
    return {
        **{f"cell_{name}": member for name, member in histories.cells._asdict().items()},
        **{f"edge_{name}": member for name, member in histories.edges._asdict().items()},
        "visit_cell": histories.cell,
        "start": histories.start,
        "multiplicity": histories.multiplicity,
        "possible": histories.possible,
    }


def _coords(histories: Histories) -> dict:
    found = histories.regressors
    return {
        "type": list(TYPES),
        "cohort": np.arange(found.cohorts),
        "cashier": list(found.cashiers),
        "covariate": list(found.features),
    }


def _parameters(priors: Priors, histories: Histories) -> dict[str, Any]:
    """Every parameter by its name; what has no group of its own takes the value of the whole."""
    found = histories.regressors
    out = {name: _density(name, getattr(priors, name)) for name in ("tau", "sigma", "delta", "eps")}
    out["shares"] = _shares(priors.shares)
    for name in ("leave", "leave_end"):
        each = [
            _density(f"{name}_{kind}", one) for kind, one in zip(TYPES, getattr(priors, name), strict=True)
        ]
        out[name] = pm.Deterministic(name, pt.stack(each), dims="type")
    out |= _means(priors, histories)
    out["cashier_eps"] = _cashiers(priors, out["eps"], histories)
    if found.features:
        each = [_density(f"beta_{feature}", one) for feature, one in priors.beta]
        out["beta"] = pm.Deterministic("beta", pt.stack(each), dims="covariate")
    return out


def _density(name: str, density):
    match density:
        case Fixed(value):
            return pm.Deterministic(name, pt.constant(value, dtype="float64"))
        case Normal(mean, sd):
            return pm.Normal(name, mean, sd)
        case LogNormal(median, log_sd):
            return pm.LogNormal(name, np.log(median), log_sd)
        case HalfNormal(sd):
            return pm.HalfNormal(name, sd)
        case Beta(a, b):
            return pm.Beta(name, a, b)
    raise TypeError(f"{name} has no density of the declaration")


def _shares(density):
    if isinstance(density, Dirichlet):
        return pm.Dirichlet("shares", np.array(density.alpha), dims="type")
    return pm.Deterministic("shares", pt.constant(density.value, dtype="float64"), dims="type")


def _means(priors: Priors, histories: Histories) -> dict[str, Any]:
    """``mu``, and ``cohort_mu`` ~ Normal(mu, eta^2) for each cohort."""
    cohorts = histories.regressors.cohorts
    if cohorts == 1:
        mu = _density("mu", priors.mu)
        return {"mu": mu, "cohort_mu": pt.stack([mu])}
    eta = _density("eta", priors.eta)
    if isinstance(priors.mu, Normal):
        centred = histories.customers_by_cohort.min() >= CENTRED_CUSTOMERS and isinstance(
            priors.eta, HalfNormal
        )
        mu, means = cohort_means.declare(priors.mu, eta, cohorts, centred)
    else:
        mu = _density("mu", priors.mu)
        means = _grouped("cohort_mu", mu, eta, "cohort", False, lambda value: value)
    return {"mu": mu, "cohort_mu": means}


def _cashiers(priors: Priors, eps: Any, histories: Histories):
    groups = len(histories.regressors.cashiers)
    if groups == 1:
        return pt.stack([eps])
    omega = _density("omega", priors.omega)
    centred = histories.visits_by_cashier.min() >= CENTRED_VISITS and not isinstance(priors.omega, Fixed)
    return _grouped("cashier_eps", pm.math.logit(eps), omega, "cashier", centred, pm.math.sigmoid)


def _grouped(name: str, middle, spread, dim: str, centred: bool, of):
    """``of`` a Normal(middle, spread^2) for each group, in the form that the sampler can walk."""
    if centred:
        own = pm.Normal(f"{name}_own", middle, spread, dims=dim)
    else:
        own = middle + spread * pm.Normal(f"{name}_distance", 0.0, 1.0, dims=dim)
    return pm.Deterministic(name, of(own), dims=dim)


def _logp(value: Any, chances, weight, eps, hazard, *rest):
    *said, start, multiplicity, _ = rest
    results: Any = log_likelihood(chances, weight, eps, hazard, *said, value, start, multiplicity)
    return results[0]


def simulate(chances, weight, eps, hazard, *rest, rng: Any = None, size: Any = None):
    """Cells (V,) that customers drawn anew would have led to under the same plans. Needs histories made by `expand`.

    Each customer is of one state, and every visit ends in one of the cells its plan can lead to.
    """
    *said, start, _, possible = rest
    if not possible.size:
        raise ValueError("merged histories do not say what else could have happened: use histories.expand")
    state = rng.choice(len(weight), size=len(start) - 1, p=weight / weight.sum())
    of_visit = np.repeat(state, np.diff(start))
    table = marginal.table(chances, eps, hazard, *said)
    upto = np.cumsum(np.where(possible >= 0, table[possible, of_visit[:, None]], 0.0), axis=1)
    pick = (rng.random((len(possible), 1)) * upto[:, -1:] > upto).sum(axis=1)
    return possible[np.arange(len(possible)), pick]
