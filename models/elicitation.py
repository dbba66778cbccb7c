"""Priors from words an analyst owns, each in closed form: no search, the same answer everywhere.

    {"need": {"half_need_more_than": 10, "sure_between": [6, 15]}}                      percent of the basket
    {"types": {"indifferent": 0.25, "hunter": 0.15, "sensitive": 0.6, "worth_customers": 20}}
    {"differs_between_customers": {"factor": 2, "sure_between": [1.5, 3]}}              two in three within it
    {"differs_between_visits": {"factor": 1.5, "sure_between": [1.2, 2]}}
    {"differs_between_cohorts": {"factor_surely_below": 1.5}}
    {"after_a_refusal": {"wants_more": 28, "sure_between": [10, 65]}}                   percent more than before
    {"mis_keyed": {"one_visit_in": 50, "worth_visits": 100}}
    {"mis_keying_differs": {"factor_surely_below": 3}}                                  between cashiers
    {"walks_out": {"sensitive": {"one_refusal_in": 10, "worth_refusals": 50}}}
    {"walks_out_at_the_top": {"sensitive": {"one_refusal_in": 8, "worth_refusals": 50}}}
    {"basket": {"lines": {"typical": 3, "effect_surely_below": 10}}}                    percent by one more
    {"half_life_days": 365}

*Sure* means 19 times out of 20: the central 95 % of the density, whose ends lie `SURE` standard deviations from the
middle, on the scale where the density is normal. ``"exactly": true`` instead of ``sure_between`` or ``worth_...`` fixes
the parameter. [docs/priors.md](../docs/priors.md) has the formulas.
"""

import math
from collections.abc import Callable
from typing import Any

from models.declaration import BY_TYPE, FEATURES, TYPES, Covariate, Priors
from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.given import listing, members, number

SURE = 1.959963984540054  # Phi(SURE) - Phi(-SURE) = 0.95
OFF_CENTRE = 0.5  # sds the middle may lie off the middle of the range; the range then still holds 92 %

PERCENT = (0.1, 100.0)
FACTOR = (1.05, 20.0)
MORE = (0.1, 1900.0)
ONE_IN = (1.001, 10_000.0)
WORTH = (1.0, 1e7)


def heard(words: object, default: Priors) -> dict[str, Any]:
    """Members of `Priors` that these words say, and no others. Raises ValueError.

    Of hazards only some types may be said; the others keep the default's.
    """
    said = members(words, "words", (), (*_READERS, *_HAZARDS, "basket", "half_life_days"))
    out: dict[str, Any] = {}
    for name in _READERS.keys() & said.keys():
        parameter, read = _READERS[name]
        out[parameter] = _placed(read, said[name], name)
    for name in _HAZARDS.keys() & said.keys():
        out[_HAZARDS[name]] = _hazards(said[name], name, getattr(default, _HAZARDS[name]))
    if "basket" in said:
        out["covariates"], out["beta"] = _basket(said["basket"])
    if "half_life_days" in said:
        out["half_life"] = number(said["half_life_days"], 1, 36500, "half_life_days")
    return out


def _placed(read: Callable, given: object, where: str) -> Any:
    try:
        return read(given, where)
    except ValueError as error:
        told = str(error)
        raise ValueError(told if told.startswith(where) else f"{where}: {told}") from None


def _types(given: object, where: str) -> Dirichlet | Fixed:
    """Dirichlet(share * worth): as sure as after so many customers whose type was plain to see."""
    said = _sure_or_exact(given, where, TYPES, "worth_customers")
    shares = [number(said[kind], 0.001, 0.998, kind) for kind in TYPES]
    whole = math.fsum(shares)
    if abs(whole - 1) > 1e-6:
        raise ValueError(f"{where}: the three types add up to {whole:.4g}; make it 1")
    first, second, third = (share / whole for share in shares)
    if _exact(said):
        return Fixed((first, second, third))
    worth = number(said["worth_customers"], *WORTH, "worth_customers")
    return Dirichlet((first * worth, second * worth, third * worth))


def _need(given: object, where: str) -> Normal | Fixed:
    """Normal in ln(depth): the middle is the mean, the range its central 95 %."""
    said = _sure_or_exact(given, where, ["half_need_more_than"], "sure_between")
    middle, sd = _middle(said, "half_need_more_than", PERCENT, _Scale(_log_share, _percent), where)
    return Fixed(middle) if sd is None else Normal(middle, sd)


def _factor(given: object, where: str) -> LogNormal | Fixed:
    """LogNormal of a spread whose exp is the factor within which two in three (68.3 %) lie."""
    said = _sure_or_exact(given, where, ["factor"], "sure_between")
    middle, sd = _middle(said, "factor", FACTOR, _Scale(_log_log, _exp_exp), where)
    return Fixed(math.exp(middle)) if sd is None else LogNormal(math.exp(middle), sd)


def _more(given: object, where: str) -> LogNormal | Fixed:
    """LogNormal of delta = ln(1 + percent / 100)."""
    if isinstance(given, dict) and given.get("wants_more") == 0 and given.get("exactly") is True:
        members(given, where, ["wants_more", "exactly"])
        return Fixed(0.0)
    said = _sure_or_exact(given, where, ["wants_more"], "sure_between")
    middle, sd = _middle(said, "wants_more", MORE, _Scale(_log_more, _more_percent), where)
    return Fixed(math.exp(middle)) if sd is None else LogNormal(math.exp(middle), sd)


def _below(given: object, where: str) -> HalfNormal | Fixed:
    """HalfNormal of a spread whose exp stays below the factor 19 times in 20; an exact factor of 1 is no spread."""
    if isinstance(given, dict) and "exactly" in given:
        said = _sure_or_exact(given, where, ["factor"], "factor_surely_below")
        return Fixed(math.log(number(said["factor"], 1, 20, "factor")))
    said = members(given, where, ["factor_surely_below"])
    return HalfNormal(math.log(number(said["factor_surely_below"], *FACTOR, "factor_surely_below")) / SURE)


def _chance(things: str) -> Callable[[object, str], Beta | Fixed]:
    """Reader of Beta(worth / n, worth - worth / n) for "one in n, as sure as after so many"."""
    member, worth_member = f"one_{things}_in", f"worth_{things}s"

    def read(given: object, where: str) -> Beta | Fixed:
        said = _sure_or_exact(given, where, [member], worth_member)
        chance = 1 / number(said[member], *ONE_IN, member)
        if _exact(said):
            return Fixed(chance)
        worth = number(said[worth_member], *WORTH, worth_member)
        return Beta(chance * worth, (1 - chance) * worth)

    return read


_READERS: dict[str, tuple[str, Callable]] = {
    "types": ("shares", _types),
    "need": ("mu", _need),
    "differs_between_customers": ("tau", _factor),
    "differs_between_visits": ("sigma", _factor),
    "differs_between_cohorts": ("eta", _below),
    "after_a_refusal": ("delta", _more),
    "mis_keyed": ("eps", _chance("visit")),
    "mis_keying_differs": ("omega", _below),
}
_HAZARDS = dict(zip(("walks_out", "walks_out_at_the_top"), BY_TYPE, strict=True))


def _hazards(given: object, where: str, default: tuple) -> tuple:
    said, read = members(given, where, (), TYPES), _chance("refusal")
    return tuple(
        [
            _placed(read, said[kind], f"{where}.{kind}") if kind in said else density
            for kind, density in zip(TYPES, default, strict=True)
        ]
    )


def _basket(given: object) -> tuple[tuple[Covariate, ...], tuple[tuple[str, Normal | Fixed], ...]]:
    """Covariates and the Normal(0, sd) of their effects; the gross counts by doublings, the others by one more."""
    said = members(given, "basket", (), FEATURES)
    covariates, effects = [], []
    for feature in [name for name in FEATURES if name in said]:
        where = f"basket.{feature}"
        told = members(said[feature], where, ["typical", "effect_surely_below"])
        typical = number(told["typical"], 0.01, 1e6, f"{where}: typical")
        percent = number(told["effect_surely_below"], *PERCENT, f"{where}: effect_surely_below")
        gross = feature == "log_gross"
        covariates.append(Covariate(feature, math.log(typical) if gross else typical))
        effects.append(
            (feature, Normal(0.0, math.log1p(percent / 100) / SURE / (math.log(2) if gross else 1)))
        )
    return tuple(covariates), tuple(effects)


def _sure_or_exact(given: object, where: str, needed, sureness: str) -> dict:
    """The object with either ``sureness`` or ``"exactly": true``."""
    exact = isinstance(given, dict) and "exactly" in given
    said = members(given, where, [*needed, "exactly" if exact else sureness])
    if exact and said["exactly"] is not True:
        raise ValueError(f'{where}: "exactly" can only be true; to be less sure, say {sureness} instead')
    return said


def _exact(said: dict) -> bool:
    return "exactly" in said


class _Scale:
    """Where a density is normal: ``to`` that scale and ``back`` to the analyst's."""

    def __init__(self, to: Callable[[float], float], back: Callable[[float], float]) -> None:
        self.to, self.back = to, back


def _middle(
    said: dict, member: str, limits: tuple[float, float], scale: _Scale, where: str
) -> tuple[float, float | None]:
    """Middle and standard deviation on the scale; None where the analyst is exact."""
    middle = scale.to(number(said[member], *limits, member))
    if _exact(said):
        return middle, None
    low, high = (number(end, *limits, "sure_between") for end in listing(said["sure_between"], where, 2))
    if not low < high:
        raise ValueError(f"{where}: sure_between must rise")
    ends = scale.to(low), scale.to(high)
    sd = (ends[1] - ends[0]) / (2 * SURE)
    if abs(middle - sum(ends) / 2) > OFF_CENTRE * sd:
        centre = scale.back(sum(ends) / 2)
        told = f"{said[member]:g} is not in the middle of {low:g} to {high:g}, which is {centre:.3g} on this scale"
        raise ValueError(f"{where}: {told}; say that, or another range")
    return middle, sd


def _log_share(percent: float) -> float:
    return math.log(percent / 100)


def _percent(log_share: float) -> float:
    return 100 * math.exp(log_share)


def _log_log(factor: float) -> float:
    return math.log(math.log(factor))


def _exp_exp(value: float) -> float:
    return math.exp(math.exp(value))


def _log_more(percent: float) -> float:
    return math.log(math.log1p(percent / 100))


def _more_percent(value: float) -> float:
    return 100 * math.expm1(math.exp(value))
