"""What priors say, as sentences an analyst can agree or disagree with, and how much data would outweigh each."""

import math
from typing import Any, NamedTuple

from models.declaration import TYPES, Priors, parameters
from models.densities import Beta, Dirichlet, Fixed, HalfNormal, LogNormal, Normal
from models.elicitation import SURE

VARIANCE_LN_HALF_NORMAL = math.pi**2 / 8  # of ln |Z|, Z standard normal


class Strength(NamedTuple):
    """``amount`` observations of ``unit`` would say as much as the prior; None where it is fixed.

    ``formula`` says how the amount was computed.
    """

    amount: float | None
    unit: str
    formula: str


def says(priors: Priors) -> dict[str, str]:
    """A sentence for each parameter, in the order of the declaration, then for what is no density."""
    out = {name: _sentence(name, density, priors) for name, density in parameters(priors)}
    days = priors.half_life
    out["half_life"] = (
        f"After {days:g} days without a visit, half of what a customer has taught us is forgotten."
    )
    return out


def strength(priors: Priors) -> dict[str, Strength]:
    """How many observations each prior is worth."""
    spread = priors.tau.centre**2 + priors.sigma.centre**2  # type: ignore[operator]
    return {name: _strength(name, density, spread) for name, density in parameters(priors)}


def _strength(name: str, density: Any, spread: float) -> Strength:
    unit = _UNITS[name.partition(".")[0]]
    match density:
        case Fixed():
            return Strength(None, unit, "fixed: no amount of data changes it")
        case Dirichlet(alpha):
            return Strength(math.fsum(alpha), unit, "sum of alpha")
        case Beta(a, b):
            return Strength(a + b, unit, "a + b")
        case Normal(_, sd):
            return Strength(spread / sd**2, unit, "(tau^2 + sigma^2) / sd^2, at the middle of tau and sigma")
        case LogNormal(median, log_sd) if name == "delta":
            formula = "(tau^2 + sigma^2) / (median * log_sd)^2, at the middle of tau and sigma"
            return Strength(spread / (median * log_sd) ** 2, unit, formula)
        case LogNormal(_, log_sd):
            return Strength(1 / (2 * log_sd**2), unit, "1 / (2 log_sd^2)")
        case _:
            return Strength(
                1 / (2 * VARIANCE_LN_HALF_NORMAL), unit, "1 / (2 Var ln|Z|) = 4 / pi^2, whatever sd"
            )


_UNITS = {
    "shares": "customers",
    "mu": "sensitive customers",
    "tau": "sensitive customers",
    "eta": "cohorts",
    "sigma": "visits of sensitive customers",
    "delta": "visits with a refusal",
    "eps": "visits",
    "omega": "cashiers",
    "leave": "refusals",
    "leave_end": "refusals of the last offer",
    "beta": "visits of sensitive customers, one unit from the centre",
}


def _sentence(name: str, density: Any, priors: Priors) -> str:
    parameter, _, detail = name.partition(".")
    if parameter in ("leave", "leave_end"):
        return _walks_out(parameter, detail, density)
    if parameter == "beta":
        return _effect(detail, density, dict(priors.covariates)[detail])
    if parameter == "eta" and priors.cohorts is None:
        return "Not used: customers are not told apart by cohorts."
    return _SENTENCES[parameter](density)


def _shares(density: Any) -> str:
    told = [f"{100 * share:.3g}" for share in density.centre]
    return (
        f"Of 100 customers, {told[0]} take any offer (indifferent), {told[1]} know the shop and take only the largest "
        f"discount (hunters), {told[2]} need a discount of a certain size (sensitive){_worth(density)}."
    )


def _need(density: Any) -> str:
    middle, sure = _ends(density, _percent)
    return f"Half of the sensitive customers need more than {middle} %{sure.format(unit=' %')}."


def _between_customers(density: Any) -> str:
    middle, sure = _ends(density, math.exp)
    return (
        f"Two in three sensitive customers need that much within a factor of {middle}{sure.format(unit='')}."
    )


def _between_visits(density: Any) -> str:
    middle, sure = _ends(density, math.exp)
    return (
        f"Two times in three, what a sensitive customer needs today is within a factor of {middle} of what they "
        f"usually need{sure.format(unit='')}."
    )


def _after_a_refusal(density: Any) -> str:
    if density == Fixed(0.0):
        return "A customer who has refused once needs no more than before."
    middle, sure = _ends(density, lambda delta: 100 * math.expm1(delta))
    return f"A customer who has refused once needs {middle} % more than before{sure.format(unit=' %')}."


def _mis_keyed(density: Any) -> str:
    return f"One visit in {1 / density.centre:.3g} is keyed wrongly{_worth(density)}."


def _between_cohorts(density: Any) -> str:
    return f"Two in three cohorts lie within a factor of {_below(density)} of the middle one."


def _between_cashiers(density: Any) -> str:
    return f"Two in three cashiers mis-key within a factor of {_below(density)} as often as the middle one."


_SENTENCES = {
    "shares": _shares,
    "mu": _need,
    "tau": _between_customers,
    "eta": _between_cohorts,
    "sigma": _between_visits,
    "delta": _after_a_refusal,
    "eps": _mis_keyed,
    "omega": _between_cashiers,
}
_WHO: dict[str, str] = dict(
    zip(TYPES, ("An indifferent customer", "A hunter", "A sensitive customer"), strict=True)
)


def _walks_out(parameter: str, kind: str, density: Any) -> str:
    what = "the last offer" if parameter == "leave_end" else "an offer"
    one_in = f"one time in {1 / density.centre:.3g}"
    return f"{_WHO[kind]} who refuses {what} walks out {one_in}{_worth(density)}."


def _effect(feature: str, density: Any, centre: float) -> str:
    gross = feature == "log_gross"
    what = "A basket of twice the value" if gross else f"One more of {feature}"
    typical = f"a typical basket has {math.exp(centre) if gross else centre:.3g}"
    scale = math.log(2) if gross else 1.0
    middle, sure = _ends(density, lambda beta: 100 * math.expm1(scale * beta))
    return f"{what} changes what a customer needs by {middle} %{sure.format(unit=' %')}; {typical}."


def _worth(density: Any) -> str:
    if isinstance(density, Fixed):
        return ", fixed"
    count = math.fsum(density.alpha) if isinstance(density, Dirichlet) else density.a + density.b
    return f"; as sure as after {count:.3g} cases"


def _below(density: Any) -> str:
    if isinstance(density, HalfNormal):
        return f"{math.exp(density.centre):.3g} (surely below {math.exp(SURE * density.sd):.3g})"
    return f"{math.exp(density.value):.3g}, fixed"


def _ends(density: Any, told) -> tuple[str, str]:
    """The middle in the analyst's unit and what to say about the central 95 %; ``{unit}`` is still to be filled in."""
    middle = f"{told(density.centre):.3g}"
    if isinstance(density, Fixed):
        return middle, ", fixed"
    if isinstance(density, Normal):
        ends = [density.mean - SURE * density.sd, density.mean + SURE * density.sd]
    else:
        ends = [density.median * math.exp(sign * SURE * density.log_sd) for sign in (-1, 1)]
    low, high = (_plain(told(end)) for end in ends)
    return middle, f" (surely {low} to {high}{{unit}})"


def _plain(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else "more than 1000"


def _percent(log_share: float) -> float:
    return 100 * math.exp(log_share)
