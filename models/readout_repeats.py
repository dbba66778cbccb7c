"""Was anything counted twice? Checkouts that look like another one, by several marks, for each arm.

A checkout that was counted twice keeps its id; if somebody changed the ids, it keeps its identity in the journal; if
that was changed too, the same customer is served the same basket by the same cashier with prompts of the same length to
the millisecond. Beyond that, single checkouts prove nothing, because customers do buy the same thing twice a day. But
where everything is there twice, everything is there an *even* number of times, and that no honest shop does.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.readout_table import Checkouts

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Mark(NamedTuple):
    """What two checkouts have in common when one is the other's repeat.

    allowed: share that is not alarming, of ``fewest`` or more: of checkouts that repeat an earlier one, or, where
    ``even``, of groups of alike checkouts that have an even number. timed: compared only where the time of the prompts
    is one that few checkouts have; known: only where the customer is known.
    """

    says: str
    columns: tuple[str, ...]
    allowed: float = 0.01
    fewest: int = 5
    even: bool = False
    timed: bool = False
    known: bool = False


PAID = ("day", "customer", "store", "gross", "turnover", "discount")
MARKS = (
    Mark("the same checkout id", ("checkout",)),
    Mark("the same device, epoch and sequence", ("record",)),
    Mark(
        "the same basket, cashier and prompts to the millisecond, on one day",
        (*PAID, "margin", "cashier", "offers", "refusals", "handling_ms"),
        timed=True,
    ),
    Mark(
        "the same customer paying the same amounts on one day", (*PAID, "arm"), 0.9, 20, even=True, known=True
    ),
    Mark("the same customer on one day", ("customer", "day", "arm"), 0.9, 20, even=True, known=True),
)
RARE = (
    0.001  # share of the timed checkouts that may have one number of milliseconds, if it is to tell anything
)
FEW = 4  # checkouts that may have it in any case


class Repeats(NamedTuple):
    """By one mark: which rows (N,) are one too many, and where it is alarming.

    arms: for each arm of the table, what the mark counts and of how many: repeats of the rows that were compared, or
    groups with an even number of all groups.
    """

    mark: Mark
    again: NDArray[np.bool_]
    arms: dict[int, tuple[int, int]]

    def alarm(self) -> bool:
        """Does any arm have more than an honest shop would?"""
        return any(
            many >= self.mark.fewest and many > self.mark.allowed * of for many, of in self.arms.values()
        )


def look(table: Checkouts) -> list[Repeats]:
    """The repeats by every mark of `MARKS`."""
    return [_by(mark, table) for mark in MARKS]


def counted_again(table: Checkouts, found: list[Repeats]) -> NDArray[np.bool_]:
    """Rows (N,) that are there once too often by an alarming mark, the surest marks first.

    A later mark is asked only about what the earlier ones left: once the copies are out, two visits a day are visits.
    Where times have told that there are copies, those with a common time are copies too.
    """
    again = np.zeros(len(table), bool)
    for mark in [each.mark for each in found if each.alarm()]:
        rest = np.flatnonzero(~again)
        left = table.rows(rest)
        if _by(mark, left).alarm():
            again[rest[_by(mark, left, common=True).again]] = True
    return again


def _by(mark: Mark, table: Checkouts, common: bool = False) -> Repeats:
    rows = np.flatnonzero(_compared(mark, table, common))
    _, first, group, size = np.unique(
        _print([getattr(table, name)[rows] for name in mark.columns]),
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    place, arm, arms = _places(group, size), table.arm[rows], len(table.names.arms)
    if mark.even:
        even = size % 2 == 0
        again = even[group] & (place >= size[group] // 2)
        counts = np.bincount(arm[first], even, arms), np.bincount(arm[first], minlength=arms)
    else:
        again = place > 0
        counts = np.bincount(arm, again, arms), np.bincount(arm, minlength=arms)
    whole = np.zeros(len(table), bool)
    whole[rows[again]] = True
    return Repeats(mark, whole, {at: (int(counts[0][at]), int(counts[1][at])) for at in range(arms)})


def _places(group: NDArray, size: NDArray) -> NDArray[np.int64]:
    """For each row the number of earlier rows of its group."""
    order = np.argsort(group, kind="stable")
    starts = np.cumsum(size) - size
    places = np.empty(len(group), np.int64)
    places[order] = np.arange(len(group)) - np.repeat(starts, size)
    return places


def _compared(mark: Mark, table: Checkouts, common: bool) -> NDArray[np.bool_]:
    """Rows (N,) that have something to compare: a record number, a time (``common``: whatever it is), a customer."""
    compared = np.ones(len(table), bool)
    if "record" in mark.columns:
        compared &= table.record >= 0
    if mark.timed:
        compared &= (table.handling_ms > 0) if common else _telling(table.handling_ms)
    if mark.known:
        compared &= table.customer >= 0
    return compared


def _telling(milliseconds: NDArray) -> NDArray[np.bool_]:
    """Rows (N,) whose time few others have: a machine that always takes 900 ms repeats itself in all honesty."""
    _, at, many = np.unique(milliseconds, return_inverse=True, return_counts=True)
    return (milliseconds > 0) & (many[at] <= max(FEW, RARE * (milliseconds > 0).sum()))


def _print(columns: list[NDArray]) -> NDArray[np.uint64]:
    """One number for each row: a mix of its columns, the same for different rows once in 2^64 (splitmix64)."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = (mixed + column.astype(np.int64).view(np.uint64)) * _MIX[0] + _MIX[0]
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[1]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[2]
        mixed ^= mixed >> np.uint64(31)
    return mixed
