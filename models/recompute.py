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
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import history_kernels
from pos_client.core import belief
from pos_client.core.belief import ONE, Model

SAYS_NOTHING = -1
UNKNOWN = 0  # cohort of a visit that does not tell one
TOGETHER = 1 << 16  # visits of one part: 17 MB of beliefs, which the allocator reuses
THREADS = 2


class Kind(NamedTuple):
    """What one visit says about the customer, but for its offset: what `belief.likelihood` takes."""

    offers: Sequence[tuple[int, bool, bool, str | None]]
    outcome: str


class Visits(NamedTuple):
    """Checkouts of known customers in the order of the log, one array each, all (N,) but for the first.

    customers: how many; customer: 0 to ``customers`` - 1. day: days since 1970. kind: which of the kinds, or
    `SAYS_NOTHING`. sale: whether goods were sold. cohort: 1 + what `belief.cohort_of` says, or `UNKNOWN`; empty
    where the model has no cohorts. offset: `belief.offset`; empty where the model has no covariates.
    """

    customers: int
    customer: NDArray[np.int32]
    day: NDArray[np.int32]
    kind: NDArray[np.int32]
    sale: NDArray[np.bool_]
    cohort: NDArray[np.int16] = np.empty(0, np.int16)
    offset: NDArray[np.int64] = np.empty(0, np.int64)


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

    initial, population: (1 + cohorts, states). likelihood: (kinds, states) Q32, where the model has no covariates; with
    them columns: (bins, states) Q16, and sketches: (kinds, 11). keep: (days,) Q30.
    """

    initial: NDArray[np.int64]
    population: NDArray[np.int64]
    likelihood: NDArray[np.uint32]
    keep: NDArray[np.int64]
    columns: NDArray[np.int64]
    sketches: NDArray[np.int64]


def recompute(
    model: Model, visits: Visits, kinds: Sequence[Kind], *, threads: int = THREADS, together: int = TOGETHER
) -> Iterator[Part]:
    """Every customer's belief after all visits, in parts by number of the customer."""
    tables = tabulate(model, kinds)
    with ThreadPoolExecutor(threads) as pool:
        bounds = np.linspace(0, visits.customers, threads + 1).astype(int).tolist()
        arranging = [pool.submit(_arrange, tables, visits, *bound) for bound in pairwise(bounds)]
        waiting: deque[Future[Part]] = deque()
        for first, arranged in zip(bounds, arranging, strict=False):
            histories = arranged.result()
            for start, end in _ranges(histories[0], together):
                waiting.append(pool.submit(_fold, tables, histories, first, start, end))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def tabulate(model: Model, kinds: Sequence[Kind]) -> Tables:
    """All of it computed by the core."""
    cohorts = [None, *range(len(model.cohorts["populations"]) if model.cohorts else 0)]
    alike, apart = ([], kinds) if model.covariates else (kinds, [])
    likelihood = [belief.likelihood(model, list(kind.offers), kind.outcome) for kind in alike]
    columns = [model.curve(place << 16) for place in range(len(model.depths) if apart else 0)]
    return Tables(
        np.array([belief.initial(model, belief.PRECISE, cohort) for cohort in cohorts], np.int64),
        np.array([model.population_of(cohort) for cohort in cohorts], np.int64),
        np.array(likelihood, np.uint32).reshape(-1, model.states),  # below 2^32, because eps is not 0
        np.array([belief.kept(model, day) for day in range(1 << len(model.drift))], np.int64),
        np.array(columns, np.int64).reshape(-1, model.states),
        np.array([sketch(model, kind) for kind in apart], np.int64).reshape(-1, 11),
    )


def sketch(model: Model, kind: Kind) -> list[int]:
    """`belief.likelihood` as far as it goes without the offset of the visit: places are those of offset 0.

    Whether something was refused, the deepest place refused and whether at the top; whether something was accepted, its
    place and whether at the top; the chance of a slip (Q32) and of none (Q16); the hazards of the three types (Q32).
    """
    heard = belief._heard(list(kind.offers), kind.outcome)
    _, is_top, is_last, reaction = heard[-1]
    accepted = reaction == "accepted"
    refused = heard[:-1] if accepted else heard
    gave_up = reaction == "asked_more" and kind.outcome == "lost"
    leaves = reaction == "left" or (gave_up and (is_last or len(heard) == len(kind.offers)))
    places = [
        model.place(offer[0], False) - (model.shift << 16 if at else 0) for at, offer in enumerate(heard)
    ]
    floor = max(places[: len(refused)], default=0)
    return [
        *(len(refused) > 0, floor, bool(refused) and refused[-1][1]),
        *(accepted, places[-1], is_top),
        *((model.eps << 16) >> len(heard), ONE - model.eps),
        *belief._hazards(model, refused, leaves),
    ]


def _ranges(starts: NDArray[np.int64], together: int) -> Iterator[tuple[int, int]]:
    """Ranges of customers with at most ``together`` visits, or of one customer."""
    first, customers = 0, len(starts) - 1
    while first < customers:
        fitting = int(np.searchsorted(starts, starts[first] + together, side="right")) - 1
        last = max(fitting, first + 1)
        yield first, last
        first = last


def _arrange(tables: Tables, visits: Visits, first: int, last: int) -> tuple[NDArray[Any], ...]:
    longest = len(tables.keep) - 1
    return history_kernels.arrange(np.int64(first), np.int64(last), *visits[1:], longest)


def _fold(tables: Tables, histories: tuple[NDArray[Any], ...], first: int, start: int, end: int) -> Part:
    """The part of customers ``start`` to ``end`` - 1 of histories that begin with customer ``first``."""
    *told, since, sales = histories
    given: tuple[Any, ...] = (*tables, *told, start, end)
    rows, which, cohort, steps = history_kernels.fold(*given)
    return Part(first + start, rows, which, cohort, since[start:end], sales[start:end], steps)
