"""The beliefs of all customers, computed anew from their visits: bit for bit the service's `fold`, many at a time.

    for part in recompute(model, visits, kinds):
        part.weights()          # (customers of this part, states), each adding up to 2^30

Customers are taken in parts, and within a part every distinct step (belief before, days since, what was seen) is made
once. What a visit says comes from the core's own `belief.likelihood`, once for every kind. Memory is bounded by
the size of a part, besides the visits themselves (some 30 bytes each). Importing this imports numba.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import history_kernels
from pos_client.core import belief
from pos_client.core.belief import Model

SAYS_NOTHING = -1
UNKNOWN = 0  # cohort of a visit that does not tell one
TOGETHER = 1 << 18  # visits of one part: 70 MB of beliefs
THREADS = 2


class Kind(NamedTuple):
    """All that one visit says about the customer: what `belief.likelihood` takes."""

    offers: Sequence[tuple[int, bool, str | None]]
    outcome: str
    offset: int = 0


class Visits(NamedTuple):
    """Checkouts of known customers in the order of the log, one array each, all (N,) but for the first.

    customers: how many; customer: 0 to ``customers`` - 1. day: days since 1970. kind: which of the kinds, or
    `SAYS_NOTHING`. sale: whether goods were sold. cohort: 1 + what `belief.cohort_of` says, or `UNKNOWN`; empty
    where the model has no cohorts.
    """

    customers: int
    customer: NDArray[np.int32]
    day: NDArray[np.int32]
    kind: NDArray[np.int32]
    sale: NDArray[np.bool_]
    cohort: NDArray[np.int16] = np.empty(0, np.int16)


class Part(NamedTuple):
    """What is held of customer ``first`` and those after, n of them.

    rows: (rows, states) u32, all beliefs on the way; which: (n,) each one's row. cohort: (n,) as in `Visits`. day: (n,)
    of the belief; sales: (n,) visits with a sale. steps: how many distinct steps were made.
    """

    first: int
    rows: NDArray[np.uint32]
    which: NDArray[np.int32]
    cohort: NDArray[np.int16]
    day: NDArray[np.int32]
    sales: NDArray[np.int32]
    steps: int

    def weights(self) -> NDArray[np.uint32]:
        """(n, states): each customer's belief."""
        return self.rows[self.which]


class Tables(NamedTuple):
    """What the kernels read of a model and of kinds; rows of the first two: everybody, then each cohort.

    initial, population: (1 + cohorts, states); likelihood: (kinds, states) Q32; keep: (days,) Q30.
    """

    initial: NDArray[np.int64]
    population: NDArray[np.int64]
    likelihood: NDArray[np.uint32]
    keep: NDArray[np.int64]


def recompute(
    model: Model, visits: Visits, kinds: Sequence[Kind], *, threads: int = THREADS, together: int = TOGETHER
) -> Iterator[Part]:
    """Every customer's belief after all visits, in parts by number of the customer."""
    tables = tabulate(model, kinds)
    histories = history_kernels.arrange(*visits, len(tables.keep) - 1)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Part]] = deque()
        for first, last in _ranges(histories[0], together):
            waiting.append(pool.submit(_fold, tables, histories, first, last))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def tabulate(model: Model, kinds: Sequence[Kind]) -> Tables:
    """All of it computed by the core."""
    cohorts = [None, *range(len(model.cohorts["populations"]) if model.cohorts else 0)]
    likelihood = np.empty((len(kinds), model.states), np.uint32)  # below 2^32, because eps is not 0
    for number, kind in enumerate(kinds):
        likelihood[number] = belief.likelihood(model, list(kind.offers), kind.outcome, kind.offset)
    return Tables(
        np.array([belief.initial(model, belief.PRECISE, cohort) for cohort in cohorts], np.int64),
        np.array([model.population_of(cohort) for cohort in cohorts], np.int64),
        likelihood,
        np.array([belief.kept(model, day) for day in range(1 << len(model.drift))], np.int64),
    )


def _ranges(starts: NDArray[np.int64], together: int) -> Iterator[tuple[int, int]]:
    """Ranges of customers with at most ``together`` visits, or of one customer."""
    first, customers = 0, len(starts) - 1
    while first < customers:
        fitting = int(np.searchsorted(starts, starts[first] + together, side="right")) - 1
        last = max(fitting, first + 1)
        yield first, last
        first = last


def _fold(tables: Tables, histories: tuple[NDArray[Any], ...], first: int, last: int) -> Part:
    starts, gaps, kinds, cohorts, since, sales = histories
    rows, which, cohort, steps = history_kernels.fold(*tables, starts, gaps, kinds, cohorts, first, last)
    return Part(first, rows, which, cohort, since[first:last], sales[first:last], steps)
