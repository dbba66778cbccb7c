"""An arm's lift in margin per checkout within each cohort or each cashier, as the log shows it, before any shrinkage.

The same customer may have met several cashiers; within a group their checkouts count as one cluster, and between
groups the little they share is neglected.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.readout_groups import moderated
from models.readout_ratio import UNSEEN
from models.readout_units import Units

FEWEST = 8  # units of a group in both arms; smaller groups are listed without a lift


class GroupLifts(NamedTuple):
    """For each group (g,): arm minus control in minor units per checkout, its standard error, and the units of both."""

    seen: NDArray[np.float64]
    errors: NDArray[np.float64]
    units: NDArray[np.int64]
    enough: NDArray[np.bool_]


class _Cells(NamedTuple):
    """Per group and arm, flat (g * 2,): mean per checkout, units, checkouts, variance of a unit's stray."""

    mean: NDArray[np.float64]
    units: NDArray[np.int64]
    checkouts: NDArray[np.float64]
    variance: NDArray[np.float64]


def lifts(units: Units, group: NDArray, groups: int, arm: int, control: int) -> GroupLifts:
    """``group`` (N,) of every row, -1 where it has none."""
    of_row = units.arm[units.place]
    mine = (group >= 0) & ((of_row == arm) | (of_row == control))
    cells = _cells(units, mine, group[mine] * 2 + (of_row[mine] == arm), groups * 2)
    mean, count, checkouts = (each.reshape(-1, 2) for each in (cells.mean, cells.units, cells.checkouts))
    enough = count.min(1) >= FEWEST
    variance = moderated(cells.variance, cells.units).reshape(-1, 2)
    # Where all checkouts are alike there is no certainty either: the same floor as in `readout_ratio`.
    squared = np.maximum(variance * count, UNSEEN**2) / np.maximum(checkouts, 1) ** 2
    return GroupLifts(np.diff(mean)[:, 0], np.sqrt(squared.sum(1)), cells.units.reshape(-1, 2).sum(1), enough)


def _cells(units: Units, mine: NDArray, cell: NDArray, cells: int) -> _Cells:
    """A unit counts once in each cell that it has checkouts in."""
    pairs, at = np.unique(units.place[mine] * cells + cell, return_inverse=True)
    kept = np.bincount(at, weights=units.rows.kept()[mine], minlength=len(pairs))
    checkouts = np.bincount(at, minlength=len(pairs)).astype(float)
    of = pairs % cells
    count, whole = np.bincount(of, minlength=cells), np.bincount(of, weights=checkouts, minlength=cells)
    mean = np.bincount(of, weights=kept, minlength=cells) / np.maximum(whole, 1)
    strayed = kept - mean[of] * checkouts
    squares = np.bincount(of, weights=strayed**2, minlength=cells)
    return _Cells(mean, count, whole, squares / np.maximum(count - 1, 1))
