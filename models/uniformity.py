"""Are these ranks uniform? The ECDF of ranks with a band that holds for all ranks, and all parameters, at once.

After Säilynoja, Bürkner and Vehtari (2022), Statistics and Computing 32: under uniformity the number of ranks below j
is binomial, so every point of the ECDF has a two-sided tail chance; the band is what keeps the smallest of them above a
limit, and the limit comes from simulated uniform ranks.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

SIMULATED = 20_000  # streams of uniform ranks behind a limit
TOGETHER = 2_000  # of them in memory at once
LEVEL = 0.95


class Band(NamedTuple):
    """For ``size`` ranks from 0 to ``top``: how many of them may lie below 1, 2, ... top."""

    size: int
    top: int
    limit: float  # smallest two-sided tail chance inside the band

    def holds(self, ranks: NDArray) -> bool:
        """Is the whole ECDF of these ranks (size,) inside?"""
        return surprise(ranks, self.top) >= self.limit

    def edges(self) -> tuple[NDArray, NDArray]:
        """Lowest and highest share of the ranks below 1, 2, ... top: two arrays (top,)."""
        inside = _tails(self.size, self.top) >= self.limit
        return inside.argmax(1) / self.size, (self.size - inside[:, ::-1].argmax(1)) / self.size


def band(count: int, top: int, chance: np.random.Generator, streams: int = 1, level: float = LEVEL) -> Band:
    """What ``streams`` independent streams of ``count`` uniform ranks all stay inside of, with chance ``level``.

    Parameters of one model have correlated ranks; taken as independent, the band is a little wide rather than narrow.
    """
    tails, done = _tails(count, top), range(0, SIMULATED, TOGETHER)
    smallest = np.concatenate([_simulated(tails, chance) for _ in done])
    return Band(count, top, float(np.quantile(smallest, 1 - level ** (1 / streams))))


def surprise(ranks: NDArray, top: int) -> float:
    """The smallest two-sided tail chance along the ECDF of ranks from 0 to ``top``."""
    counts = np.bincount(ranks, minlength=top + 1).cumsum()[:-1]
    return float(_tails(len(ranks), top)[np.arange(top), counts].min())


def covered(ranks: NDArray, top: int, level: float) -> float:
    """Share of ranks inside the central interval that should hold ``level``; a rank cut by its edge counts in part."""
    outside = (1 - level) * (top + 1) / 2
    from_edge = np.minimum(ranks, top - ranks) + 1 - outside
    return float(np.clip(from_edge, 0, 1).mean())


def _simulated(tails: NDArray, chance: np.random.Generator) -> NDArray:
    """The smallest tail chance of each of `TOGETHER` streams of uniform ranks."""
    top, count = tails.shape[0], tails.shape[1] - 1
    counts = chance.multinomial(count, np.full(top + 1, 1 / (top + 1)), size=TOGETHER).cumsum(1)[:, :-1]
    return tails[np.arange(top), counts].min(1)


@lru_cache(maxsize=8)
def _tails(count: int, top: int) -> NDArray:
    """Two-sided tail chance (top, count + 1) of 0 to ``count`` ranks lying below 1, 2, ... top."""
    counts, chances = np.arange(count + 1), np.arange(1, top + 1)[:, None] / (top + 1)
    return 2 * np.minimum(binom.cdf(counts, count, chances), binom.sf(counts - 1, count, chances))
