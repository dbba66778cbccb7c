"""The declaration ``rung-1``: which parameters the population model has, and which density each prior is.

A declaration fixes the families (`FAMILIES`), the numbers in them are an analyst's, and any parameter may be `Fixed`
instead. A new density would be a new declaration. Types always come in the order indifferent, hunter, sensitive.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.given import number
from models.release import SHALLOWEST
from pos_client.core.feature import ALLOWED

DECLARATION = "rung-1"
FEATURES = ALLOWED  # the only facts about a basket that a model may know, in this order everywhere
NAME_LIMIT = 80
CUTS_LIMIT = 7

FAMILIES = {
    "shares": Dirichlet,
    "mu": Normal,
    "tau": LogNormal,
    "eta": HalfNormal,
    "sigma": LogNormal,
    "delta": LogNormal,
    "eps": Beta,
    "omega": HalfNormal,
    "leave": Beta,
    "leave_end": Beta,
    "beta": Normal,
}
# What a release can say: the centre of each density lies inside, so that a release can be made of it.
RANGES = {
    "shares": (0.001, 0.998),
    "mu": (math.log(SHALLOWEST), 0.0),
    "tau": (0.05, 3.0),
    "eta": (0.0, 5.0),
    "sigma": (0.05, 3.0),
    "delta": (0.0, 3.0),
    "eps": (0.0001, 0.5),
    "omega": (0.0, 5.0),
    "leave": (0.0001, 0.9999),
    "leave_end": (0.0001, 0.9999),
    "beta": (-3.0, 3.0),
}
SINGLE = ("shares", "mu", "tau", "eta", "sigma", "delta", "eps", "omega")
BY_TYPE = ("leave", "leave_end")


class Cohorts(NamedTuple):
    """Customers are told apart by a feature of their first checkout: values from ``cuts[g - 1]`` on are cohort g."""

    feature: str
    cuts: tuple[float, ...]


class Covariate(NamedTuple):
    """A feature of the basket that moves the requirement by beta * (feature - centre)."""

    feature: str
    centre: float


@dataclass(frozen=True)
class Priors:
    """One density (or `Fixed`) for each parameter, and what is no density.

    name: what people call it. shares: of the types. mu: mean over sensitive customers of the log depth they need;
    eta: spread of that mean from cohort to cohort; tau: spread from customer to customer; sigma: from visit to visit.
    delta: how much deeper (log) an offer must be once the customer saw that there is more to get. eps: chance that
    a visit was mis-keyed; omega: spread of logit eps from cashier to cashier. leave, leave_end: chance to walk away
    after a refusal, and after refusing the last offer, by type. beta: (feature, density) for each of ``covariates``,
    in their order. half_life: days after which half of a belief has drifted back to the population.
    Raises ValueError where a density is of the wrong family or a number outside its range.
    """

    name: str
    shares: Dirichlet | Fixed
    mu: Normal | Fixed
    tau: LogNormal | Fixed
    eta: HalfNormal | Fixed
    sigma: LogNormal | Fixed
    delta: LogNormal | Fixed
    eps: Beta | Fixed
    omega: HalfNormal | Fixed
    leave: tuple[Beta | Fixed, Beta | Fixed, Beta | Fixed]
    leave_end: tuple[Beta | Fixed, Beta | Fixed, Beta | Fixed]
    beta: tuple[tuple[str, Normal | Fixed], ...] = ()
    half_life: float = 365.0
    cohorts: Cohorts | None = None
    covariates: tuple[Covariate, ...] = ()

    def __post_init__(self):
        _check_name(self.name)
        for parameter in SINGLE:
            _check(parameter, getattr(self, parameter))
        for parameter in BY_TYPE:
            _check_types(parameter, getattr(self, parameter))
        object.__setattr__(self, "half_life", number(self.half_life, 1, 36500, "half_life"))
        _check_cohorts(self.cohorts)
        _check_covariates(self.covariates, self.beta)


def fixed(priors: Priors) -> tuple[str, ...]:
    """The parameters no fit changes, as ``mu``, ``leave.hunter``... in the order of the declaration."""
    return tuple([name for name, density in parameters(priors) if isinstance(density, Fixed)])


def parameters(priors: Priors) -> list[tuple[str, Any]]:
    """Every parameter with its density: (``mu``, Normal), (``leave.hunter``, Beta), (``beta.lines``, Normal)..."""
    single = [(name, getattr(priors, name)) for name in SINGLE]
    by_type = [(f"{name}.{kind}", density) for name in BY_TYPE for kind, density in _typed(priors, name)]
    return [*single, *by_type, *[(f"beta.{feature}", density) for feature, density in priors.beta]]


TYPES = ("indifferent", "hunter", "sensitive")


def _typed(priors: Priors, name: str):
    return zip(TYPES, getattr(priors, name), strict=True)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT or not name.isprintable():
        raise ValueError(f"name needs 1 to {NAME_LIMIT} printable characters")


def _check(parameter: str, density: Any, where: str = "") -> None:
    family = FAMILIES[parameter]
    where = where or parameter
    if not isinstance(density, family | Fixed):
        raise ValueError(f"{where} is a {family.__name__} (or Fixed) in {DECLARATION}")
    centre = density.centre
    several = isinstance(centre, tuple)
    if several != (parameter == "shares"):
        raise ValueError(
            f"{where} needs " + ("one number" if several else "three numbers, one for each type")
        )
    for value in centre if several else (centre,):
        number(value, *RANGES[parameter], f"{where}: its centre")
    if several and abs(math.fsum(centre) - 1) > 1e-9:
        raise ValueError(f"{where} must add up to 1")


def _check_types(parameter: str, densities: object) -> None:
    if not isinstance(densities, tuple) or len(densities) != 3:
        raise ValueError(f"{parameter} needs three densities: indifferent, hunter, sensitive")
    for kind, density in zip(TYPES, densities, strict=True):
        _check(parameter, density, f"{parameter}.{kind}")


def _check_feature(feature: object, where: str) -> None:
    if feature not in FEATURES:
        raise ValueError(f"{where}: the feature must be one of {', '.join(FEATURES)}")


def _check_cohorts(cohorts: Cohorts | None) -> None:
    if cohorts is None:
        return
    _check_feature(cohorts.feature, "cohorts")
    if not 1 <= len(cohorts.cuts) <= CUTS_LIMIT:
        raise ValueError(f"cohorts: give 1 to {CUTS_LIMIT} cuts")
    cuts = [number(cut, 0, 1e6, "cohorts: a cut") for cut in cohorts.cuts]
    if sorted(set(cuts)) != cuts:
        raise ValueError("cohorts: cuts must rise")


def _check_covariates(covariates: tuple[Covariate, ...], beta: tuple) -> None:
    features = [covariate.feature for covariate in covariates]
    if features != [feature for feature, _ in beta]:
        raise ValueError("beta needs one density for each of the covariates, in their order")
    if features != [feature for feature in FEATURES if feature in features]:
        raise ValueError(f"covariates: each of {', '.join(FEATURES)} at most once, in this order")
    for covariate, (_, density) in zip(covariates, beta, strict=True):
        number(covariate.centre, -1e6, 1e6, f"covariates: the centre of {covariate.feature}")
        _check("beta", density, f"beta.{covariate.feature}")
