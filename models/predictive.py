"""Posterior predictive checks: does the shop behave as the fit would have it?

For some draws of the posterior the shop's visits are played again (`replicate`), the offers are sorted into cells
(`offer_cells`), and how many of those who were asked accepted is held against the replicates. Counts are compared, not
shares: where few are expected, that nobody accepted is an ordinary day.
"""

import math
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
INDEPENDENT = 1e-8  # rho of answers that have nothing to do with one another

Numbers = NDArray[np.float64]
Counts = tuple[Numbers, Numbers]  # asked, accepted, by cell


class Acceptance(NamedTuple):
    """One check's cells (C,): what they are called, how many were asked, the share who accepted, the replicates' mean,
    and the shares of the fewest and the most acceptances that are allowed: an honest fit falls outside in any of its
    cells less than once in 1 / ALARM fits."""

    cells: tuple[str, ...]
    asked: NDArray[np.int64]
    observed: Numbers
    predicted: Numbers
    low: Numbers
    high: Numbers

    def part(self, points: float) -> Numbers:
        """Distance from the mean as a part of what is allowed, ``points`` at the least; 1 lies half an acceptance
        beyond the last count that is allowed."""
        off = self.observed - self.predicted
        allowed = np.where(off > 0, self.high - self.predicted, self.predicted - self.low) + 0.5 / self.asked
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
    return {name: held_against(sortings[name], shop, played[name]) for name in sortings}


def _some_draws(tree: xr.DataTree, chance: np.random.Generator) -> list[dict[str, Any]]:
    everything = fitted.draws(tree)
    count = len(everything["mu"])
    chosen = chance.choice(count, min(REPLICATES, count), replace=False)
    return [{name: values[at] for name, values in everything.items()} for at in chosen]


def held_against(sorting: Sorting, shop: Visits, played: list[Counts]) -> Acceptance:
    """The shop's counts and the range of counts that the replicates leave for as many who were asked."""
    asked, accepted = sorting.counted(shop.heard, shop.ending)
    replicated = np.array(played)
    mean, alike = _mean(replicated), _alike(replicated)
    beyond = ALARM / 2 / max(len(sorting.cells), 1)
    allowed = [_allowed(int(n), p, rho, beyond) for n, p, rho in zip(asked, mean, alike, strict=True)]
    low, high = np.array(allowed).reshape(-1, 2).T
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = accepted / asked, mean, low / asked, high / asked
    return Acceptance(sorting.cells, asked.astype(np.int64), *shares)


def _mean(played: Numbers) -> Numbers:
    """Share accepted over all replicates (R, 2, C), half an acceptance of one more added, so that none of many is not
    never; NaN where no replicate asked anybody."""
    asked, accepted = played.sum(axis=0)
    return np.where(asked > 0, (accepted + 0.5) / (asked + 1), np.nan)


def _alike(played: Numbers) -> Numbers:
    """By how much the answers within a replicate are alike (C,), the rho of a beta-binomial distribution, by the
    method of moments: Var(accepted) = asked p (1 - p) (1 + (asked - 1) rho)."""
    asked, accepted = played.transpose(1, 0, 2)
    p = _mean(played)
    squares = ((accepted - asked * p) ** 2).sum(axis=0) / (p * (1 - p))
    pairs = np.maximum((asked * (asked - 1)).sum(axis=0), 1)
    return np.clip((squares - asked.sum(axis=0)) / pairs, INDEPENDENT, 0.99)


def _allowed(asked: int, p: float, alike: float, beyond: float) -> tuple[float, float]:
    """The fewest and the most acceptances of so many asked; each has more than ``beyond`` at or past it."""
    if not np.isfinite(p):
        return math.nan, math.nan
    size = (1 - alike) / alike
    below = np.cumsum(stats.betabinom.pmf(np.arange(asked + 1), asked, p * size, (1 - p) * size))
    return float(np.argmax(below > beyond)), float(np.argmax(below >= min(1 - beyond, below[-1])))


def check(name: str, seen: Acceptance) -> Check:
    """Does what the shop saw lie where the fit would have it? 1 is the edge of what is allowed."""
    if not seen.cells:
        return _nothing(name)
    part = seen.part(POINTS_AGAIN if name == "acceptance_again" else POINTS)
    worst = int(np.argmax(np.nan_to_num(part, nan=np.inf)))
    return Check(name, bool(part[worst] <= 1), float(part[worst]), 1.0, _told(seen, worst))


def _told(seen: Acceptance, cell: int) -> str:
    """One cell in words."""
    who = f"of {seen.asked[cell]:,} who were asked in the group “{seen.cells[cell]}”"
    observed, predicted, low, high = (float(each[cell]) for each in seen[2:])
    if not np.isfinite(predicted):
        return f"{who} {_said(observed)} accepted, and no replicate of the fit asked anybody there"
    return (
        f"{who} {_said(observed)} accepted; the fit expects {_said(predicted)} "
        f"and allows {_said(low)} to {_said(high)}"
    )


def _nothing(name: str) -> Check:
    """Few customers came twice: there is nothing to compare. Of offers there must be something."""
    again = name == "acceptance_again"
    says = f"fewer than {ASKED} visits by customers who had come before" if again else "no offers to compare"
    return Check(name, again, 0.0 if again else None, 0.0, says)


def _said(rate: float) -> str:
    return f"{100 * rate:.1f} %"
