"""What is believed of a shop's customers before a fit: the densities of declaration ``rung-1``, as data.

A declaration fixes which density each parameter has (`FAMILIES`); the numbers in it are an analyst's. Any parameter
may be `Fixed` instead. Types always come in the order indifferent, hunter, sensitive; mu, tau, eta, sigma, delta and
beta are about ln(depth / 10000), depth in basis points of gross.

    priors = read(json.loads(text))          # densities, or an analyst's words
    as_json(priors)                          # read(as_json(priors)) == priors
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal, number
from models.release import HAND_MADE, SHALLOWEST

DECLARATION = "rung-1"
FEATURES = ("lines", "log_gross", "units")
NAME_LIMIT = 80
CUTS_LIMIT = 7
COVARIATES_LIMIT = 3

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
    "eta": (0.0, 3.0),
    "sigma": (0.05, 3.0),
    "delta": (0.0, 3.0),
    "eps": (0.0001, 0.5),
    "omega": (0.0, 3.0),
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
    after a refusal, and after refusing the top rung, by type. beta: (feature, density) for each of ``covariates``,
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
    if len(set(features)) != len(features) or len(features) > COVARIATES_LIMIT:
        raise ValueError(f"covariates: at most {COVARIATES_LIMIT}, each feature once")
    for covariate, (_, density) in zip(covariates, beta, strict=True):
        _check_feature(covariate.feature, "covariates")
        number(covariate.centre, -1e6, 1e6, f"covariates: the centre of {covariate.feature}")
        _check("beta", density, f"beta.{covariate.feature}")


def _around(chance: float, cases: float) -> Beta:
    """As sure of a chance as after so many cases."""
    return Beta(chance * cases, (1 - chance) * cases)


DEFAULT = Priors(
    # Weakly informative around the hand-made release: a week of one till outweighs it.
    name="default-1",
    shares=Dirichlet((2.7, 1.6, 5.7)),
    mu=Normal(round(HAND_MADE.mu, 4), 0.7),  # half need more than 6 %; surely between 1.5 % and 24 %
    tau=LogNormal(HAND_MADE.tau, 0.4),
    eta=HalfNormal(0.3),
    sigma=LogNormal(HAND_MADE.sigma, 0.4),
    delta=LogNormal(HAND_MADE.delta, 0.5),
    eps=_around(HAND_MADE.eps, 100),
    omega=HalfNormal(0.5),
    leave=(_around(0.005, 200), _around(0.01, 100), _around(0.02, 100)),
    leave_end=(_around(0.01, 100), _around(0.04, 50), _around(0.08, 50)),
    half_life=HAND_MADE.half_life,
)

_FAMILY: dict[str, Callable] = {
    "normal": Normal,
    "lognormal": LogNormal,
    "halfnormal": HalfNormal,
    "beta": Beta,
    "dirichlet": Dirichlet,
    "fixed": Fixed,
}
_CALLED = {family: called for called, family in _FAMILY.items()}


def as_json(priors: Priors) -> dict:
    """JSON members; `read` gives the same priors back."""
    return {
        "declaration": DECLARATION,
        "name": priors.name,
        **{name: _density_json(getattr(priors, name)) for name in SINGLE},
        **{name: [_density_json(density) for density in getattr(priors, name)] for name in BY_TYPE},
        "beta": {feature: _density_json(density) for feature, density in priors.beta},
        "half_life": priors.half_life,
        "cohorts": priors.cohorts and {"feature": priors.cohorts.feature, "cuts": list(priors.cohorts.cuts)},
        "covariates": [{"feature": each.feature, "centre": each.centre} for each in priors.covariates],
    }


def _density_json(density: Any) -> dict:
    numbers = {field: _plain(getattr(density, field)) for field in _numbers(density)}
    return {"density": _CALLED[type(density)], **numbers}


def _numbers(density: Any) -> tuple[str, ...]:
    return tuple([field.name for field in fields(density)])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def read(data: object) -> Priors:
    """Priors from JSON members. Raises ValueError, with what to write instead, for anything that is not one."""
    data = _members(data, "priors", {"declaration", "name", *SINGLE, *BY_TYPE}, _OPTIONAL)
    if data["declaration"] != DECLARATION:
        raise ValueError(f'declaration must be "{DECLARATION}"')
    cohorts = data.get("cohorts")
    members: dict[str, Any] = {
        "name": data["name"],
        **{name: _read_density(data[name], name) for name in SINGLE},
        **{name: _read_types(data[name], name) for name in BY_TYPE},
        "beta": _read_beta(data.get("beta", {})),
        "half_life": data.get("half_life", DEFAULT.half_life),
        "cohorts": None if cohorts is None else _read_cohorts(cohorts),
        "covariates": tuple(
            [_read_covariate(each) for each in _list(data.get("covariates", []), "covariates")]
        ),
    }
    return Priors(**members)


_OPTIONAL = {"beta", "half_life", "cohorts", "covariates"}


def _members(data: object, where: str, needed: set[str], optional: set[str]) -> dict:
    if not isinstance(data, dict):
        raise ValueError(f"{where} must be an object")
    missing, unknown = needed - set(data), set(data) - needed - optional
    if missing or unknown:
        what = f"{', '.join(sorted(missing))} missing" if missing else f"unknown {sorted(unknown)[0]!r:.40}"
        raise ValueError(f"{where}: {what}; its members are {', '.join(sorted(needed | optional))}")
    return data


def _list(data: object, where: str) -> list:
    if not isinstance(data, list):
        raise ValueError(f"{where} must be a list")
    return data


def _read_density(data: object, where: str) -> Any:
    called = data.get("density") if isinstance(data, dict) else None
    family = _FAMILY.get(called) if isinstance(called, str) else None
    if family is None:
        raise ValueError(f'{where} needs a "density": one of {", ".join(_FAMILY)}')
    numbers = _members(data, where, {"density", *_numbers(family)}, set())
    try:
        return family(**{field: _tuple(value) for field, value in numbers.items() if field != "density"})
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _read_types(data: object, where: str) -> tuple:
    return tuple([_read_density(each, where) for each in _list(data, where)])


def _read_beta(data: object) -> tuple[tuple[str, Any], ...]:
    if not isinstance(data, dict):
        raise ValueError("beta must be an object: feature to density")
    return tuple([(feature, _read_density(each, f"beta.{feature:.40}")) for feature, each in data.items()])


def _read_cohorts(data: object) -> Cohorts:
    data = _members(data, "cohorts", {"feature", "cuts"}, set())
    return Cohorts(data["feature"], tuple(_list(data["cuts"], "cohorts: cuts")))


def _read_covariate(data: object) -> Covariate:
    data = _members(data, "covariates", {"feature", "centre"}, set())
    return Covariate(data["feature"], data["centre"])
