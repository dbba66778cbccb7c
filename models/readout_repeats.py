"""Was anything counted twice? Checkouts that look like another one, by several marks, for each arm.

A checkout that was counted twice keeps its id; if somebody changed the ids, it keeps its identity in the journal; if
that was changed as well, the same customer is served the same basket by the same cashier with prompts of the same
length to the millisecond; if times were changed too, the same customer pays the same amounts on the same day; if
amounts were changed too, everybody came twice a day. Each mark has the share of repeats that an honest shop may show.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.readout_table import Checkouts

FEWEST = 5  # repeats that are no accident
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Mark(NamedTuple):
    """What two checkouts have in common when one is the other's repeat.

    allowed: share of repeats that is not alarming. timed: compared only where prompts were timed; known: only where the
    customer is known.
    """

    says: str
    columns: tuple[str, ...]
    allowed: float
    timed: bool = False
    known: bool = False


PAID = ("day", "customer", "store", "gross", "turnover", "discount")
MARKS = (
    Mark("the same checkout id", ("checkout",), 0.01),
    Mark("the same device, epoch and sequence", ("record",), 0.01),
    Mark(
        "the same basket, cashier and prompts to the millisecond, on one day",
        (*PAID, "margin", "cashier", "offers", "refusals", "handling_ms"),
        0.01,
        timed=True,
    ),
    # Two coffees a day are no fraud: a fifth of all checkouts may be like that.
    Mark("the same customer paying the same amounts on one day", PAID, 0.2, known=True),
    # Where everything is there twice, at least half are: everybody came twice on every day they came.
    Mark("the same customer on one day", ("customer", "day"), 0.4, known=True),
)


class Repeats(NamedTuple):
    """By one mark: which rows (N,) repeat an earlier one, which were compared, and where it is alarming.

    arms: for each arm of the table, repeats and rows compared.
    """

    mark: Mark
    again: NDArray[np.bool_]
    compared: NDArray[np.bool_]
    arms: dict[int, tuple[int, int]]

    def alarm(self) -> bool:
        """Does any arm have more repeats than an honest shop would?"""
        return any(many >= FEWEST and many > self.mark.allowed * rows for many, rows in self.arms.values())


def look(table: Checkouts) -> list[Repeats]:
    """The repeats by every mark of `MARKS`."""
    return [_by(mark, table) for mark in MARKS]


def counted_again(table: Checkouts, found: list[Repeats]) -> NDArray[np.bool_]:
    """Rows (N,) that repeat an earlier one by an alarming mark, the surest marks first.

    A later mark is asked only about what the earlier ones left: once the copies are out, two visits a day are visits.
    """
    again = np.zeros(len(table), bool)
    for mark in [each.mark for each in found if each.alarm()]:
        rest = np.flatnonzero(~again)
        left = _by(mark, table.rows(rest))
        if left.alarm():
            again[rest[left.again]] = True
    return again


def _by(mark: Mark, table: Checkouts) -> Repeats:
    compared = _compared(mark, table)
    again = np.zeros(len(table), bool)
    rows = np.flatnonzero(compared)
    _, first = np.unique(_print([getattr(table, name)[rows] for name in mark.columns]), return_index=True)
    again[rows] = True
    again[rows[first]] = False
    return Repeats(mark, again, compared, _by_arm(table, again, compared))


def _compared(mark: Mark, table: Checkouts) -> NDArray[np.bool_]:
    """A row that has nothing to compare is left alone: no record number, no time, no customer."""
    compared = np.ones(len(table), bool)
    if "record" in mark.columns:
        compared &= table.record >= 0
    if mark.timed:
        compared &= table.handling_ms > 0
    if mark.known:
        compared &= table.customer >= 0
    return compared


def _by_arm(table: Checkouts, again: NDArray, compared: NDArray) -> dict[int, tuple[int, int]]:
    arms = len(table.names.arms)
    rows, many = (np.bincount(table.arm[which], minlength=arms) for which in (compared, again))
    return {arm: (int(many[arm]), int(rows[arm])) for arm in range(arms)}


def _print(columns: list[NDArray]) -> NDArray[np.uint64]:
    """One number for each row: a mix of its columns, the same for different rows once in 2^64 (splitmix64)."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = (mixed + column.astype(np.int64).view(np.uint64)) * _MIX[0] + _MIX[0]
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[1]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[2]
        mixed ^= mixed >> np.uint64(31)
    return mixed
