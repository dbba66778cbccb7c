"""What is known of the chance that a customer leaves after a refusal: the release's, and its fit's interval."""

import json
import math
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

from models.release import Release

NAME = "leave.sensitive"  # as the report of a fit calls it, in percent
QUANTILES = 200
Z = NormalDist().inv_cdf(0.975)


class Hazard(NamedTuple):
    """``here``: the release's; ``interval``: 95 % of the fit's posterior, None where nobody measured it."""

    here: float
    interval: tuple[float, float] | None

    def quantiles(self) -> list[float] | None:
        """Evenly spaced quantiles of the logit-normal with this interval; None without one."""
        if self.interval is None:
            return None
        low, high = (math.log(end / (1 - end)) for end in self.interval)
        shape = NormalDist((low + high) / 2, (high - low) / (2 * Z))
        logits = [shape.inv_cdf((at + 0.5) / QUANTILES) for at in range(QUANTILES)]
        return [1 / (1 + math.exp(-logit)) for logit in logits]


def of(release: Release, fit_folder: Path | None) -> Hazard:
    """The hazard of sensitive customers. ``fit_folder``: where the fit left its report; None: the release has none."""
    return Hazard(release.leave[2], _interval(fit_folder / "report.json") if fit_folder else None)


def _interval(report: Path) -> tuple[float, float] | None:
    """Of a report that is there, and of a hazard that was not fixed by the prior."""
    try:
        lines = json.loads(report.read_text())["parameters"]
        line = next(line for line in lines if line["name"] == NAME and not line["fixed"])
        low, high = line["low"] / 100, line["high"] / 100
    except (OSError, ValueError, LookupError, TypeError, StopIteration):
        return None
    return (low, high) if 0 < low < high < 1 else None
