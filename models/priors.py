"""What is believed of a shop's customers before a fit, as data that can be read, written, compared and kept.

    priors = read(json.loads(text))          # densities, an analyst's words, or some of both
    as_json(priors)                          # read(as_json(priors)) == priors

`models.declaration` says which density each parameter has, `models.elicitation` how words become one.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from models import elicitation
from models.declaration import (
    BY_TYPE,
    DECLARATION,
    FAMILIES,
    FEATURES,
    SINGLE,
    TYPES,
    Cohorts,
    Covariate,
    Priors,
    fixed,
    parameters,
)
from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.given import listing, members, number
from models.release import HAND_MADE

__all__ = [
    "BY_TYPE",
    "DECLARATION",
    "DEFAULT",
    "FAMILIES",
    "FEATURES",
    "SINGLE",
    "TYPES",
    "Beta",
    "Cohorts",
    "Covariate",
    "Dirichlet",
    "Fixed",
    "HalfNormal",
    "LogNormal",
    "Normal",
    "Priors",
    "as_json",
    "fixed",
    "parameters",
    "read",
]


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
    """Priors from JSON members. Raises ValueError, with what to write instead, for anything that is not one.

    A parameter may be given as a density or in ``words``; one that is given in neither way keeps the default's.
    """
    data = members(data, "priors", ["declaration", "name"], ["words", *_MEMBERS])
    if data["declaration"] != DECLARATION:
        raise ValueError(f'declaration must be "{DECLARATION}"')
    heard = elicitation.heard(data.get("words", {}), DEFAULT)
    stated: dict[str, Any] = {name: read(data[name], name) for name, read in _MEMBERS.items() if name in data}
    if twice := sorted(heard.keys() & stated.keys()):
        raise ValueError(f"{twice[0]} is given in words and as a density; leave one out")
    return replace(DEFAULT, name=data["name"], **stated, **heard)


def _density(data: object, where: str) -> Any:
    called = data.get("density") if isinstance(data, dict) else None
    family = _FAMILY.get(called) if isinstance(called, str) else None
    if family is None:
        raise ValueError(f'{where} needs a "density": one of {", ".join(_FAMILY)}')
    numbers = members(data, where, ["density", *_numbers(family)])
    try:
        return family(**{field: _tuple(value) for field, value in numbers.items() if field != "density"})
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _by_type(data: object, where: str) -> tuple:
    pairs = zip(TYPES, listing(data, where, len(TYPES)), strict=True)
    return tuple([_density(each, f"{where}.{kind}") for kind, each in pairs])


def _beta(data: object, where: str) -> tuple[tuple[str, Any], ...]:
    given = members(data, where, (), FEATURES)
    return tuple([(name, _density(given[name], f"{where}.{name}")) for name in FEATURES if name in given])


def _half_life(data: object, where: str) -> float:
    return number(data, 1, 36500, where)


def _cohorts(data: object, where: str) -> Cohorts | None:
    if data is None:
        return None
    given = members(data, where, ["feature", "cuts"])
    return Cohorts(given["feature"], tuple(listing(given["cuts"], f"{where}: cuts")))


def _covariates(data: object, where: str) -> tuple[Covariate, ...]:
    given = [members(each, where, ["feature", "centre"]) for each in listing(data, where)]
    sent = [Covariate(each["feature"], each["centre"]) for each in given]
    return tuple(
        sorted(sent, key=lambda each: FEATURES.index(each.feature) if each.feature in FEATURES else -1)
    )


_MEMBERS: dict[str, Callable[[object, str], Any]] = {
    **dict.fromkeys(SINGLE, _density),
    **dict.fromkeys(BY_TYPE, _by_type),
    "beta": _beta,
    "half_life": _half_life,
    "cohorts": _cohorts,
    "covariates": _covariates,
}
