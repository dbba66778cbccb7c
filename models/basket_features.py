"""What of a basket moves a requirement and decides a cohort, in floats: the counterpart of `pos_client.core.feature`.

A checkout is a checkout record as a till journals it; ``lines``, ``gross`` and ``currency`` are read.
"""

import math
from typing import Any

from models.release import Release
from pos_client.core.money import exponent


def value(name: str, checkout: dict[str, Any]) -> float:
    """An allow-listed feature: lines, units, or log_gross (ln of gross in major units, 0.01 at least)."""
    if name == "log_gross":
        return math.log(max(checkout["gross"] / 10 ** exponent(checkout["currency"]), 0.01))
    quantities = [line["quantity"] for line in checkout["lines"]]
    return float(len(quantities) if name == "lines" else sum(quantities))


def raised(release: Release, checkout: dict[str, Any]) -> float:
    """By how much (log depth) this basket raises what its customer needs on this visit."""
    return math.fsum(
        [each.beta * (value(each.feature, checkout) - each.centre) for each in release.covariates]
    )


def cohort(release: Release, checkout: dict[str, Any]) -> int | None:
    """The cohort of a customer whose first visit that taught anything this is; None where there are none."""
    if not release.cohorts:
        return None
    told = value(release.cohorts.feature, checkout)
    return sum([told >= cut for cut in release.cohorts.cuts])
