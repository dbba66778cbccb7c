"""What a release says of a shop's customers, parameter by parameter, in sentences an analyst can check."""

import math

from models.release import Release

TYPES = ("indifferent customer", "hunter", "sensitive customer")


def says(release: Release) -> dict[str, str]:
    """A sentence for each parameter, in the order in which a belief uses them."""
    indifferent, hunters, sensitive = (f"{100 * share:.3g}" for share in release.shares)
    told = {
        "shares": f"Of 100 customers, {indifferent} take any offer (indifferent), {hunters} take only the largest"
        f" (hunters), {sensitive} need a discount of a certain size (sensitive).",
        "mu": f"Half of the sensitive customers need more than {_percent(release.mu)} %.",
        "tau": f"Two in three of them need that within a factor of {math.exp(release.tau):.3g}.",
        "sigma": "Two times in three, what one of them needs today is within a factor of"
        f" {math.exp(release.sigma):.3g} of what is usual for this customer.",
        "delta": f"Who has refused once needs {100 * math.expm1(release.delta):.3g} % more than before.",
        "eps": f"One visit in {1 / release.eps:.3g} is keyed wrongly.",
    }
    told |= _leaving("leave", "refuses an offer", release.leave)
    told |= _leaving("leave_end", "refuses the last offer", release.leave_end)
    told["half_life"] = (
        f"After {release.half_life:g} days without a visit, half of what was learnt is forgotten."
    )
    return told | _told_apart(release) | _moved(release)


def _leaving(name: str, what: str, chances: tuple[float, ...]) -> dict[str, str]:
    return {
        f"{name}.{kind.split()[0]}": f"Of 100 times that {_a(kind)} {what}, the customer walks out {100 * chance:.3g}."
        for kind, chance in zip(TYPES, chances, strict=True)
    }


def _told_apart(release: Release) -> dict[str, str]:
    """How cohorts differ, if the release has any."""
    if release.cohorts is None:
        return {}
    feature, cuts, means, shares = release.cohorts
    starts = ["", *(f" from {cut:g} on" for cut in cuts)]
    parts = [
        f"cohort {number}{start}: {100 * share:.3g} % of the customers, half of the sensitive ones need more than"
        f" {_percent(mean)} %"
        for number, (start, mean, share) in enumerate(zip(starts, means, shares, strict=True))
    ]
    return {"cohorts": f"By {feature} of the first checkout; " + "; ".join(parts) + "."}


def _moved(release: Release) -> dict[str, str]:
    """What the basket does to the requirement, where the release says so."""
    return {
        f"beta.{feature}": f"One more of {feature} (from {centre:.3g}) changes what a customer needs by"
        f" {100 * math.expm1(beta):.3g} %."
        for feature, centre, beta in release.covariates
    }


def _percent(log_depth: float) -> str:
    return f"{100 * math.exp(log_depth):.3g}"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] == "i" else f"a {kind}"
