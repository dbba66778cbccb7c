"""Which cell each offer of a shop falls into, and how many were asked and accepted in each.

Cells are made from what the shop saw, so that each holds at least ASKED offers; replicates are counted in
the same ones.
"""

from collections.abc import Callable
from typing import NamedTuple

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
    edges = _edges(np.sort(shop.depth[asked]))
    cell = np.searchsorted(edges, shop.depth, side="right")
    names = [f"offers of {_percent(low)}" + (f" to {_percent(high)}" if low != high else "")
             for low, high in _spans(shop.depth[asked], cell[asked])]  # fmt: skip
    return _counting(names, cell)


def _spans(depth: NDArray[np.int32], cell: NDArray[np.int64]) -> list[tuple[int, int]]:
    return [
        (int(depth[cell == each].min()), int(depth[cell == each].max())) for each in range(cell.max() + 1)
    ]


def _percent(depth: int) -> str:
    return f"{depth / 100:g} %"


def _edges(depth: NDArray[np.int32]) -> NDArray[np.int32]:
    """Where a new cell begins: at most DEPTHS cells of about the same size, every depth in one cell."""
    least = max(ASKED, len(depth) // DEPTHS if len(np.unique(depth)) > DEPTHS else 0)
    edges, begin = [], 0
    for at in (np.flatnonzero(np.diff(depth)) + 1).tolist():
        if at - begin >= least and len(depth) - at >= ASKED:
            edges.append(depth[at])
            begin = at
    return np.array(edges, np.int32)


def _by_rung(shop: Visits) -> Sorting:
    """First, second, ... offer, the top rung of its ladder apart from the others; late ones are put together."""
    width = shop.depth.shape[1]
    asked = _asked(shop.heard, width)
    number = np.broadcast_to(np.arange(width), asked.shape)
    last = {at_top: _last_number(number[asked & (shop.top == at_top)]) for at_top in (False, True)}
    label = np.where(shop.top, width + np.minimum(number, last[True]), np.minimum(number, last[False]))
    kept = np.unique(label[asked])
    cell = np.where(np.isin(label, kept), np.searchsorted(kept, label), len(kept))
    return _counting([_rung(int(each), width, last) for each in kept], cell)


def _last_number(numbers: NDArray[np.int64]) -> int:
    """Beyond it there are fewer than ASKED offers, which then count as this one."""
    beyond = np.bincount(numbers, minlength=1)[::-1].cumsum()[::-1]
    return max(int(np.count_nonzero(beyond >= ASKED)) - 1, 0)


def _rung(label: int, width: int, last: dict[bool, int]) -> str:
    at_top, number = divmod(label, width)
    later = " or later" if number == last[bool(at_top)] and number + 1 < width else ""
    return f"offer {number + 1}{later}{', the top rung' if at_top else ''}"


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
    """The first offer of a visit, by what the same customer did with the first offer of the visit before."""
    later = np.flatnonzero(shop.before >= 0)
    before = shop.before[later]

    def by_before(heard: NDArray[np.int8], ending: NDArray[np.int8]) -> tuple[Numbers, Numbers]:
        took = (heard == 1) & (ending == replies.ACCEPTED)
        cell = took[before].astype(np.int64)
        return np.bincount(cell, minlength=2).astype(float), np.bincount(cell, took[later], minlength=2)

    names = ("first offer, refused it last time", "first offer, took it last time")
    kept = np.flatnonzero(by_before(shop.heard, shop.ending)[0] >= ASKED)

    def by_kept(heard: NDArray[np.int8], ending: NDArray[np.int8]) -> tuple[Numbers, Numbers]:
        asked, accepted = by_before(heard, ending)
        return asked[kept], accepted[kept]

    return Sorting(tuple([names[each] for each in kept]), by_kept)
