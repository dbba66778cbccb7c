"""Posterior predictive checks: does the shop behave as the fit would have it?

For some draws of the posterior the shop's visits are played again (`replicate`), the offers are sorted into cells
(`offer_cells`), and what was accepted among those who were asked is held against the replicates.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from models import fitted, offer_cells, replicate
from models.offer_cells import ASKED, Sorting
from models.replicate import Visits
from models.verdict import Check

REPLICATES = 100
CUSTOMERS = 20_000  # of a larger shop so many are played again
ALARM = 0.001  # chance of a false alarm in one check, all its cells together
POINTS = 0.02  # how far a curve may be off where the assumptions do not quite hold (docs/model.md)
POINTS_AGAIN = 0.08  # customers change between visits, which a fit leaves to the drift of beliefs

Numbers = NDArray[np.float64]
Counts = tuple[Numbers, Numbers]  # asked, accepted, by cell


class Acceptance(NamedTuple):
    """One check's cells (C,): what they are called, how many were asked, the share who accepted, the replicates' mean
    and the interval that an honest fit leaves in any of its cells once in 1 / ALARM fits."""

    cells: tuple[str, ...]
    asked: NDArray[np.int64]
    observed: Numbers
    predicted: Numbers
    low: Numbers
    high: Numbers

    def part(self, points: float) -> Numbers:
        """Distance from the mean as a part of what is allowed: the interval, and ``points`` at the least."""
        off = self.observed - self.predicted
        allowed = np.where(off > 0, self.high - self.predicted, self.predicted - self.low)
        return np.abs(off) / np.maximum(allowed, points)


def compare(tree: xr.DataTree, dataset: xr.Dataset, chance: np.random.Generator) -> dict[str, Acceptance]:
    """Every sorting's cells, as they were and as the fit would have them."""
    shop = replicate.visits(dataset, fitted.priors(tree), CUSTOMERS, chance)
    sortings = offer_cells.sortings(shop)
    played: dict[str, list[Counts]] = {name: [] for name in sortings}
    for point in _some_draws(tree, chance):
        heard, ending = replicate.replay(shop, point, chance)
        for name, sorting in sortings.items():
            played[name].append(sorting.counted(heard, ending))
    return {name: _held_against(sortings[name], shop, played[name]) for name in sortings}


def _some_draws(tree: xr.DataTree, chance: np.random.Generator) -> list[dict[str, Any]]:
    everything = fitted.draws(tree)
    count = len(everything["mu"])
    chosen = chance.choice(count, min(REPLICATES, count), replace=False)
    return [{name: values[at] for name, values in everything.items()} for at in chosen]


def _held_against(sorting: Sorting, shop: Visits, played: list[Counts]) -> Acceptance:
    """The interval is that of a Beta distribution with the replicates' mean and spread: it keeps within 0 and 1."""
    seen = sorting.counted(shop.heard, shop.ending)
    asked, accepted = np.array(played).transpose(1, 0, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = accepted / asked
        observed = seen[1] / seen[0]
    mean, spread = rate.mean(axis=0), np.maximum(rate.std(axis=0, ddof=1), 1e-6)
    inner = np.clip(mean, 1e-6, 1 - 1e-6)
    size = np.maximum(inner * (1 - inner) / spread**2 - 1, 1e-3)
    beyond = ALARM / 2 / max(len(sorting.cells), 1)
    low, high = stats.beta.ppf([[beyond], [1 - beyond]], inner * size, (1 - inner) * size)
    return Acceptance(sorting.cells, seen[0].astype(np.int64), observed, mean, low, high)


def check(name: str, seen: Acceptance) -> Check:
    """Does what the shop saw lie where the fit would have it? 1 is the edge of what is allowed."""
    if not seen.cells:
        return _nothing(name)
    part = seen.part(POINTS_AGAIN if name == "acceptance_again" else POINTS)
    worst = int(np.argmax(np.nan_to_num(part, nan=np.inf)))
    observed, predicted, low, high = (_said(each[worst]) for each in seen[2:])
    says = f"{seen.cells[worst]}: {observed} accepted, the fit expects {predicted} and allows {low} to {high}"
    return Check(name, bool(part[worst] <= 1), float(part[worst]), 1.0, says)


def _nothing(name: str) -> Check:
    """Few customers came twice: there is nothing to compare. Of offers there must be something."""
    again = name == "acceptance_again"
    says = f"fewer than {ASKED} visits by customers who had come before" if again else "no offers to compare"
    return Check(name, again, 0.0 if again else None, 0.0, says)


def _said(rate: float) -> str:
    return f"{100 * rate:.1f} %"
