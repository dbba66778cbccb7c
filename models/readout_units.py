"""What was drawn, once each: checkouts of one customer are not independent, so everything is counted by unit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.readout_table import Checkouts, Design


@dataclass(frozen=True)
class Units:
    """The units of one experiment that came at least once: ``arm`` (n,) of each, ``place`` (N,) of each row's unit.

    at: (N,) where the rows are in the whole table. names: (n,) what they are called in the table. crossed: units that
    were seen in more than one arm; they count for the arm of their first checkout, as they were drawn.
    """

    rows: Checkouts
    at: NDArray[np.int64]
    place: NDArray[np.int64]
    arm: NDArray[np.int64]
    names: NDArray[np.int64]
    crossed: int

    def sums(self, values: NDArray) -> NDArray[np.float64]:
        """Values (N,) of rows, added up by unit (n,)."""
        return np.bincount(self.place, weights=np.asarray(values, float), minlength=len(self.arm))

    def counts(self, arms: int) -> NDArray[np.int64]:
        """How many units each of ``arms`` has: (arms,)."""
        return np.bincount(self.arm, minlength=arms)

    def checkouts(self, arms: int) -> NDArray[np.int64]:
        """How many checkouts the units of each of ``arms`` made: (arms,)."""
        return np.bincount(self.arm[self.place], minlength=arms)


def drawn(table: Checkouts, design: Design) -> Units:
    """The units of an experiment that came on its days."""
    of_row = design.arm_of(table)
    mine = np.flatnonzero(of_row >= 0)
    names, first, place = np.unique(design.units(table)[mine], return_index=True, return_inverse=True)
    arm = of_row[mine[first]]
    crossed = np.unique(place[of_row[mine] != arm[place]]).size
    return Units(table.rows(mine), mine, place, arm, names, int(crossed))
