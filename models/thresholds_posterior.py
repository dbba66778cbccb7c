"""The posterior of the thresholds' model under weak priors, by PyMC and nutpie; slow to import, so only on demand.

The likelihood is that of `models.intervals`, written once more in PyTensor. Sampling is in standard units
(`models.standard_survey`), in which the priors are the same for every survey: location and each slope Normal(0, 5), log
scale Normal(0, 2), pi0 Beta(1, 1), delta Normal(0, 2). A `Posterior` words them in the survey's own units.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import arviz
import numpy as np
import nutpie
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from scipy.special import logit

from models.families import FAMILIES
from models.standard_survey import StandardSurvey, standardise
from models.survey import Survey
from models.thresholds import median

Array = NDArray[np.float64]
Tensor = Any  # what PyTensor says of its own results is of no use to a type checker

LOCATION, SCALE, SHIFT = 5.0, 2.0, 2.0  # prior standard deviations, in standard units
NONE = 1e30  # stands for an infinite end, which would make gradients NaN


def _normal_below(z: Tensor) -> Tensor:
    """log Phi(z). PyMC's own takes the root of 2 in single precision, which costs 3e-8."""
    root = np.float64(np.sqrt(2.0))
    tail: Tensor = pt.erfcx(-z / root)
    far: Tensor = pt.log(tail / 2)
    near: Tensor = pt.erfc(z / root)
    return pt.switch(pt.lt(z, -1.0), far - z**2 / 2, pt.log1p(-near / 2))


_exp: Callable[[Tensor], Tensor] = pt.exp
_softplus: Callable[[Tensor], Tensor] = pt.softplus
_TAILS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "normal": (lambda z: _normal_below(z), lambda z: _normal_below(-z)),
    "logistic": (lambda z: -_softplus(-z), lambda z: -_softplus(z)),
    "gumbel": (lambda z: pm.math.log1mexp(-_exp(z)), lambda z: -_exp(z)),
}


@dataclass(frozen=True)
class Parameter:
    """One row of the posterior: moments, the central 95%, and whether the chains agree."""

    name: str
    mean: float
    sd: float
    low: float
    high: float
    rhat: float
    ess_bulk: float
    ess_tail: float


@dataclass(frozen=True)
class Posterior:
    """``priors``: in words, in the survey's units; ``divergences``: of all draws, 0 where the sampler was at ease."""

    parameters: tuple[Parameter, ...]
    priors: dict[str, str]
    chains: int
    draws: int
    divergences: int
    seed: int


def sample(
    survey: Survey,
    family: str,
    spike: bool = False,
    shift: bool = False,
    *,
    seed: int = 1,
    chains: int = 4,
    tune: int = 1000,
    draws: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> Posterior:
    """Draw from the posterior. Raises `BadSurvey` where the family does not fit the answers.

    ``progress`` is told, in another thread, how many draws are done of all, those before the chains settled included.
    """
    standard = standardise(survey, FAMILIES[family])
    compiled = nutpie.compile_pymc_model(declare(standard, spike, shift))
    tree = nutpie.sample(
        compiled,
        draws=draws,
        tune=tune,
        chains=chains,
        seed=seed,
        progress_bar=False,
        progress_callback=_told(progress) if progress else None,
    )
    drawn = {str(name): values.to_numpy() for name, values in tree["posterior"].data_vars.items()}
    named = in_the_surveys_units(standard, survey.names, drawn)
    return Posterior(
        parameters=tuple(_parameter(name, values) for name, values in named.items()),
        priors=_priors(standard, survey.names, spike, shift),
        chains=chains,
        draws=draws,
        divergences=int(tree.sample_stats["diverging"].sum()),
        seed=seed,
    )


def _told(progress: Callable[[int, int], None]) -> Callable[[list[Any]], None]:
    def tell(chains: list[Any]) -> None:
        progress(sum(each.finished_draws for each in chains), sum(each.total_draws for each in chains))

    return tell


def declare(survey: StandardSurvey, spike: bool, shift: bool) -> pm.Model:
    """The model in standard units."""
    with pm.Model() as model:
        location = pm.Normal("location", 0.0, LOCATION, shape=survey.width)
        log_scale = pm.Normal("log_scale", 0.0, SCALE)
        share = pm.Beta("pi0", 1.0, 1.0) if spike else None
        delta = pm.Normal("delta", 0.0, SHIFT) if shift else 0.0
        rows = log_likelihood(survey, location, log_scale, share, delta)
        pm.Potential("answers", (survey.counts * rows).sum())
    return model


def log_likelihood(
    survey: StandardSurvey, location: Tensor, log_scale: Tensor, share: Tensor, delta: Tensor
) -> Tensor:
    """(rows,) log probabilities of the answers, a PyTensor expression; ``share`` is None without a spike."""
    moved = delta * np.arange(survey.lows.shape[1])
    middle, scale = pt.dot(survey.design, location)[:, None], pt.exp(log_scale)
    low = pt.max((np.nan_to_num(survey.lows, neginf=-NONE) - moved - middle) / scale, axis=1)
    high = pt.min((np.nan_to_num(survey.highs, posinf=NONE) - moved - middle) / scale, axis=1)
    inside = _inside(survey, low, high)
    if share is None:
        return inside
    outside = pt.log1p(-share) + inside
    return pt.switch(survey.at_zero, pm.math.logaddexp(pt.log(share), outside), outside)


def _inside(survey: StandardSurvey, low: Tensor, high: Tensor) -> Tensor:
    """Log probability of each interval; each kind of row apart, because an unused branch still spoils a gradient."""
    below, above = _TAILS[survey.family.shape]
    has_low, has_high = np.isfinite(survey.lows).any(axis=1), np.isfinite(survey.highs).any(axis=1)
    rows: Tensor = pt.zeros(len(survey.counts))
    for chosen, value in (
        (has_high & ~has_low, lambda low, high: below(high)),
        (has_low & ~has_high, lambda low, high: above(low)),
        (has_low & has_high, lambda low, high: _between(below, above, low, high)),
    ):
        where = np.flatnonzero(chosen)
        if len(where):
            rows = pt.set_subtensor(rows[where], value(low[where], high[where]))
    return rows


def _between(
    below: Callable[[Tensor], Tensor], above: Callable[[Tensor], Tensor], low: Tensor, high: Tensor
) -> Tensor:
    """As `Family.log_between`; -inf where a shift has turned the ends around."""
    possible = pt.lt(low, high)
    high = pt.switch(possible, high, low + 1.0)
    in_upper = pt.gt(low + high, 0.0)
    # F of one tail at both ends: mirrored into the lower tail where that is the finer one.
    near: Tensor = pt.switch(
        in_upper, above(pt.switch(in_upper, low, 0.0)), below(pt.switch(in_upper, 0.0, high))
    )
    far: Tensor = pt.switch(
        in_upper, above(pt.switch(in_upper, high, 0.0)), below(pt.switch(in_upper, 0.0, low))
    )
    return pt.switch(possible, near + pm.math.log1mexp(far - near), -np.inf)


def in_the_surveys_units(
    survey: StandardSurvey, covariates: tuple[str, ...], drawn: dict[str, Array]
) -> dict[str, Array]:
    """(chains, draws) of every parameter of the exact fit, and of pi0 and the median, from draws in standard units."""
    location, log_scale = drawn["location"], drawn["log_scale"]
    slopes = survey.spread * location[..., 1:] / survey.deviations
    middle, scale = survey.centre + survey.spread * location[..., 0], survey.spread * np.exp(log_scale)
    named = {"(Intercept)": middle - slopes @ survey.means}
    named |= {name: slopes[..., place] for place, name in enumerate(covariates)}
    named["log_scale"] = np.log(scale)
    zero = drawn.get("pi0", np.zeros_like(scale))
    if "pi0" in drawn:
        named |= {"logit_pi0": logit(zero), "pi0": zero}
    if "delta" in drawn:
        named["delta"] = survey.spread * drawn["delta"]
    named["median"] = np.vectorize(lambda *place: median(survey.family, *place))(middle, scale, zero)
    return named


def _parameter(name: str, values: Array) -> Parameter:
    low, high = np.quantile(values, [0.025, 0.975])
    tail = arviz.ess(values, method="tail", prob=(0.05, 0.95))
    convergence = (arviz.rhat(values), arviz.ess(values, method="bulk"), tail)
    return Parameter(
        name, float(values.mean()), float(values.std()), float(low), float(high), *map(float, convergence)
    )


def _priors(survey: StandardSurvey, covariates: tuple[str, ...], spike: bool, shift: bool) -> dict[str, str]:
    """The priors in the survey's units. They centre on the middle of the bids and hardly weigh anything."""
    wide = LOCATION * survey.spread
    priors = {"location at mean covariates": f"Normal({survey.centre:.4g}, {wide:.4g})"}
    for name, deviation in zip(covariates, survey.deviations, strict=True):
        priors[name] = f"Normal(0, {wide / deviation:.4g})"
    priors["log_scale"] = f"Normal({np.log(survey.spread):.4g}, {SCALE:.4g})"
    if spike:
        priors["pi0"] = "Beta(1, 1)"
    if shift:
        priors["delta"] = f"Normal(0, {SHIFT * survey.spread:.4g})"
    return priors
