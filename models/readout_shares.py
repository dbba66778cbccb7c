"""Sample-ratio check: did each arm get the share of units that was announced?

Customers are drawn by hash, so it is customers who are counted, not their checkouts: an arm that brings people back
has more checkouts, and no more customers. What each arm should have is binomial, so the test is exact at any size.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ALARM = 0.001  # one false alarm in a thousand experiments
FAR = 12.0  # standard deviations; what lies further out has no weight that a float could hold


class Shares(NamedTuple):
    """The surprise: how likely counts this far off are by chance; ``arm``: index of the one that is furthest off."""

    surprise: float
    arm: int

    def alarm(self) -> bool:
        """Is it too unlikely to be chance?"""
        return self.surprise < ALARM


def check(counts: NDArray, announced: tuple[int, ...]) -> Shares:
    """Units of each arm (arms,) against announced shares, relative to each other.

    Every arm is tested alone and the smallest surprise counts, times the number of arms (Bonferroni); of two arms one
    is the other's mirror, so there the test is the binomial one itself.
    """
    tests = len(counts) if len(counts) > 2 else 1
    size, shares = int(counts.sum()), np.asarray(announced) / sum(announced)
    each = [surprise(int(count), size, share) for count, share in zip(counts, shares, strict=True)]
    furthest = int(np.argmin(each))
    return Shares(min(1.0, tests * each[furthest]), furthest)


def surprise(count: int, size: int, share: float) -> float:
    """Chance that Binomial(size, share) gives a number no likelier than ``count`` (two-sided, exact).

    Chances are built outward from the likeliest number by their quotients, which never overflow.
    """
    if size == 0:
        return 1.0
    reach = FAR * np.sqrt(size * share * (1 - share)) + FAR**2
    low, high = max(0, int(size * share - reach)), min(size, int(size * share + reach) + 1)
    if not low <= count <= high:
        return 0.0
    numbers = np.arange(low, high)
    steps = np.log((size - numbers) / (numbers + 1) * share / (1 - share))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    chances = np.exp(logs - logs.max())
    return float(chances[chances <= chances[count - low] * (1 + 1e-7)].sum() / chances.sum())
