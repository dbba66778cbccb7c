"""The release that a posterior of the population makes: its parameters are the posterior means."""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

from models.release import Cohorts, Covariate, Release

POINTS = 101  # quantiles of a cashier over which the slip rate is averaged


def from_means(
    name: str,
    means: Mapping[str, Any],
    *,
    half_life: float = 365.0,
    cohorts: tuple[str, Sequence[float], Sequence[float]] | None = None,
    covariates: Sequence[tuple[str, float]] = (),
) -> Release:
    """A release of posterior ``means`` by variable; several numbers are a list or an array.

    cohorts: (feature, cuts, how many customers each cohort has). covariates: (feature, centre), in the order of the
    variable ``beta``. Where slips differ between cashiers (``omega``), eps is what to expect of an unknown cashier.
    Raises ValueError where a mean is missing or is none a release can have.
    """
    mean = {variable: _plain(value) for variable, value in means.items()}
    absent = {"shares", "mu", "tau", "sigma", "delta", "eps", "leave", "leave_end"} - set(mean)
    absent |= ({"cohort_mu"} if cohorts else set()) - set(mean) | ({"beta"} if covariates else set()) - set(
        mean
    )
    if absent:
        raise ValueError(f"the posterior has no {', '.join(sorted(absent))}")
    return Release(
        name=name,
        shares=_adding_up(mean["shares"]),
        mu=mean["mu"],
        tau=mean["tau"],
        sigma=mean["sigma"],
        delta=mean["delta"],
        eps=_of_any_cashier(mean["eps"], mean.get("omega", 0.0)),
        leave=mean["leave"],
        leave_end=mean["leave_end"],
        half_life=half_life,
        cohorts=_cohorts(*cohorts, mean["cohort_mu"]) if cohorts else None,
        covariates=_covariates(covariates, mean["beta"]) if covariates else (),
    )


def _plain(value: Any) -> Any:
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(map(float, value)) if isinstance(value, Sequence) else float(value)


def _cohorts(feature: str, cuts: Sequence[float], customers: Sequence[float], means: tuple) -> Cohorts:
    return Cohorts(feature, _plain(cuts), means, _adding_up(_plain(customers)))


def _covariates(known: Sequence[tuple[str, float]], beta: tuple) -> tuple[Covariate, ...]:
    if len(known) != len(beta):
        raise ValueError("the posterior has another number of beta than there are covariates")
    return tuple(
        [Covariate(feature, float(centre), b) for (feature, centre), b in zip(known, beta, strict=True)]
    )


def _adding_up(parts: tuple[float, ...]) -> Any:
    whole = math.fsum(parts)
    return tuple([part / whole for part in parts])


def _of_any_cashier(eps: float, omega: float) -> float:
    """The mean over cashiers whose logit eps is normal around that of ``eps`` with spread ``omega``."""
    if not omega:
        return eps
    quantiles = [NormalDist().inv_cdf((point + 0.5) / POINTS) for point in range(POINTS)]
    odds = [eps / (1 - eps) * math.exp(omega * z) for z in quantiles]
    return math.fsum([one / (1 + one) for one in odds]) / POINTS
