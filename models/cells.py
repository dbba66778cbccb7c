"""What one visit says, without what it does not: the rows of the likelihood table.

A visit is described by its design (the plan's depths, cohort, cashier, covariates) and its result (how many offers were
answered, how it ended). Many visits say the same: a customer who took the second rung is no wiser about the fifth. A
cell keeps only what the likelihood of DESIGN section 4 reads, so that equal cells can be counted together; and a
requirement lies between two edges, of which a shop has few.
"""

from typing import Any, NamedTuple

import numpy as np

Array = Any  # NumPy's; PyTensor's where a model is declared

ACCEPTED, LEFT, STAYED = range(3)
NOTHING = -50.0  # log of a depth that satisfies nobody: nothing was refused
EVERYTHING = 50.0  # log of a depth that satisfies everybody: never satisfied


class Visits(NamedTuple):
    """What happened on N visits, (N,); of the offers of the plan in order (N, K): log depth, is it the top of its
    ladder, is it the last of the plan."""

    log_depth: np.ndarray
    top: np.ndarray
    last: np.ndarray
    heard: np.ndarray
    ending: np.ndarray
    cohort: np.ndarray
    cashier: np.ndarray
    covariates: np.ndarray  # (N, J), centred


class Edges(NamedTuple):
    """E offers as a customer judges them, (E,): ``shifted`` is 1 where the escalation shift counts."""

    log_depth: Array
    shifted: Array
    cohort: Array
    covariates: Array  # (E, J)


class Cells(NamedTuple):
    """C kinds of visit, every member (C,).

    first: edge of the first offer where it was refused, else of NOTHING. later: of the largest later offer refused.
    taken: of the offer accepted, EVERYTHING where none was. at_once: 1 where nothing was refused. hunted: 1 where a
    hunter would have done this: refused all but the top. heard: reactions. stays, stays_end: refusals after which the
    customer stayed, where more came and at the end. left, left_end: after which the customer left.
    """

    first: Array
    later: Array
    taken: Array
    at_once: Array
    hunted: Array
    heard: Array
    stays: Array
    stays_end: Array
    left: Array
    left_end: Array
    cohort: Array
    cashier: Array


def read(visits: Visits) -> tuple[Cells, Edges, np.ndarray]:
    """The different cells of these visits, their edges, and the cell of each visit (N,)."""
    edges, (first, later, taken) = _edges(visits)
    accepted, away = visits.ending == ACCEPTED, visits.ending == LEFT
    refusals = visits.heard - accepted
    top_last = _last(visits.top, visits.heard)
    ended = _last(visits.last, visits.heard)
    end_refused = ended & ~accepted
    cells = Cells(
        first=first,
        later=later,
        taken=taken,
        at_once=(refusals == 0).astype(float),
        hunted=np.where(accepted, top_last, ~top_last).astype(float),
        heard=visits.heard.astype(float),
        stays=(refusals - end_refused - (away & ~ended)).astype(float),
        stays_end=(end_refused & ~away).astype(float),
        left=(away & ~ended).astype(float),
        left_end=(away & ended).astype(float),
        cohort=visits.cohort,
        cashier=visits.cashier,
    )
    _, kept, place = np.unique(np.column_stack(cells), axis=0, return_index=True, return_inverse=True)
    return Cells(*[member[kept] for member in cells]), edges, place.reshape(-1)


def _edges(visits: Visits) -> tuple[Edges, list[np.ndarray]]:
    """The different edges, and of every visit the one first refused, the largest later refused, the one accepted."""
    accepted = visits.ending == ACCEPTED
    refusals = visits.heard - accepted
    offers = [
        (np.where(refusals > 0, visits.log_depth[:, 0], NOTHING), np.zeros(len(accepted))),
        (_largest_later(visits.log_depth, refusals), np.ones(len(accepted))),
        (
            np.where(accepted, _last(visits.log_depth, visits.heard), EVERYTHING),
            accepted & (visits.heard > 1),
        ),
    ]
    rows = np.concatenate(
        [np.column_stack([depth, shifted, visits.cohort, visits.covariates]) for depth, shifted in offers]
    )
    table, place = np.unique(rows, axis=0, return_inverse=True)
    edges = Edges(table[:, 0], table[:, 1], table[:, 2].astype(np.int64), table[:, 3:])
    return edges, np.split(place.reshape(-1), 3)


def _last(of_offers: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """The entry (N,) of the last offer that was answered."""
    return np.take_along_axis(of_offers, np.maximum(heard - 1, 0)[:, None], 1)[:, 0]


def _largest_later(log_depth: np.ndarray, refusals: np.ndarray) -> np.ndarray:
    """Largest log depth (N,) among the refused offers from the second on."""
    place = np.arange(log_depth.shape[1])
    return np.where((place >= 1) & (place < refusals[:, None]), log_depth, NOTHING).max(axis=1)
