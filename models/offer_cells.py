"""Which cell each offer of a shop falls into, and how many were asked and accepted in each.

Cells are made from what the shop saw, so that each holds at least ASKED offers (all are in one where the shop made
fewer); replicates are counted in the same ones.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import replies
from models.replicate import Visits

ASKED = 30  # a cell with fewer offers is put together with its neighbour
DEPTHS = 12  # cells of depth at most

Numbers = NDArray[np.float64]
Sort = Callable[[NDArray[np.int8], NDArray[np.int8]], tuple[Numbers, Numbers]]
"""(heard, ending) of all visits to (asked, accepted) by cell."""


class Sorting(NamedTuple):
    """Names of the cells, and how to fill them."""

    cells: tuple[str, ...]
    counted: Sort


def sortings(shop: Visits) -> dict[str, Sorting]:
    """The cells of each check, made so that each holds at least ASKED offers of the shop's own."""
    return {
        "acceptance_by_depth": _by_depth(shop),
        "acceptance_by_rung": _by_rung(shop),
        "acceptance_again": _again(shop),
    }


def _asked(heard: NDArray[np.int8], width: int) -> NDArray[np.bool_]:
    return np.arange(width) < heard[:, None]


def _by_depth(shop: Visits) -> Sorting:
    asked = _asked(shop.heard, shop.depth.shape[1])
    edges = _edges(shop.depth[asked], DEPTHS)
    cell = np.searchsorted(edges, shop.depth, side="right")
    names = [f"offers of {_percent(low)}" + (f" to {_percent(high)}" if low != high else "")
             for low, high in _spans(shop.depth[asked], cell[asked])]  # fmt: skip
    return _counting(names, cell)


def _spans(values: NDArray[Any], cell: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The least and the greatest of the values in each cell."""
    return [
        (int(values[cell == each].min()), int(values[cell == each].max())) for each in range(cell.max() + 1)
    ]


def _percent(depth: int) -> str:
    return f"{depth / 100:g} %"


def _edges(values: NDArray[Any], most: int) -> NDArray[Any]:
    """Where a new cell begins: ``most`` cells of about the same size if there are more values, each in one cell."""
    ordered = np.sort(values)
    count = len(ordered)
    least = max(ASKED, count // most if len(np.unique(ordered)) > most else 0)
    edges, begin = [], 0
    for at in (np.flatnonzero(np.diff(ordered)) + 1).tolist():
        if at - begin >= least and count - at >= ASKED:
            edges.append(ordered[at])
            begin = at
    return np.array(edges, values.dtype)


def _by_rung(shop: Visits) -> Sorting:
    """First, second, ... offer, the top rung of its ladder apart from the others; rare ones with their neighbours."""
    width = shop.depth.shape[1]
    asked = _asked(shop.heard, width)
    number = np.broadcast_to(np.arange(width), asked.shape)
    tops = int((asked & shop.top).sum())
    apart = min(tops, int(asked.sum()) - tops) >= ASKED
    cell, names = np.zeros(asked.shape, np.int64), []
    for of, said in ((~shop.top, ""), (shop.top, ", the top rung")) if apart else ((asked | True, ""),):
        edges = _edges(number[asked & of], width)
        cell[of] = len(names) + np.searchsorted(edges, number[of], side="right")
        within = number[asked & of], np.searchsorted(edges, number[asked & of], side="right")
        names += [_rung(*span) + said for span in _spans(*within)]
    return _counting(names, cell)


def _rung(first: int, last: int) -> str:
    return f"offer {first + 1}" if first == last else f"offers {first + 1} to {last + 1}"


def _counting(names: list[str], cell: NDArray[np.int64]) -> Sorting:
    width, count = cell.shape[1], len(names) + 1

    def by_cell(heard: NDArray[np.int8], ending: NDArray[np.int8]) -> tuple[Numbers, Numbers]:
        asked = cell[_asked(heard, width)]
        took = np.flatnonzero(ending == replies.ACCEPTED)
        accepted = cell[took, heard[took] - 1]
        counted = [
            np.bincount(each, minlength=count)[: count - 1].astype(float) for each in (asked, accepted)
        ]
        return counted[0], counted[1]

    return Sorting(tuple(names), by_cell)


def _again(shop: Visits) -> Sorting:
    """The first offer of a visit, by what the same customer truly did with the first offer of the visit before: that
    is what a replicate's customer is drawn from."""
    later = np.flatnonzero(shop.before >= 0)
    names = ("first offer, refused it last time", "first offer, took it last time")
    cell = _took_first(shop.heard, shop.ending)[shop.before[later]].astype(np.int64)
    asked = np.bincount(cell, minlength=2)
    kept = np.flatnonzero(asked >= ASKED)

    def by_kept(heard: NDArray[np.int8], ending: NDArray[np.int8]) -> tuple[Numbers, Numbers]:
        accepted = np.bincount(cell, _took_first(heard, ending)[later], minlength=2)
        return asked[kept].astype(float), accepted[kept]

    return Sorting(tuple([names[each] for each in kept]), by_kept)


def _took_first(heard: NDArray[np.int8], ending: NDArray[np.int8]) -> NDArray[np.bool_]:
    return (heard == 1) & (ending == replies.ACCEPTED)
