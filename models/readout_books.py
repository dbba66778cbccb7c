"""The log against the books: turnover of each store and day as recorded, and as the shop booked it.

A log may hold less than the books (tills that record nothing). It can never hold more: what was sold once is booked
once. This catches a log counted twice even where every mark of the copies was changed.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from models.readout_table import Checkouts

SLACK = 0.01  # of the booked turnover: roundings, a sale after midnight
MISSING = 0.05  # of the booked turnover that may be missing from the log before it is mentioned

Booked = Mapping[tuple[str, int], int]  # (store, day since 1970-01-01) -> turnover in minor units


class Books(NamedTuple):
    """Turnover of the stores and days that were booked, in minor units; ``over``: how many of them the log exceeds."""

    logged: int
    booked: int
    days: int
    over: int

    def scale(self) -> float:
        """By what the log must be multiplied to be no larger than the books."""
        return min(1.0, self.booked / self.logged) if self.alarm() and self.logged > 0 else 1.0

    def alarm(self) -> bool:
        """Does the log hold more than was booked?"""
        return self.logged > self.booked * (1 + SLACK)

    def missing(self) -> float:
        """Share of the booked turnover that is not in the log."""
        return max(0.0, 1 - self.logged / self.booked) if self.booked > 0 else 0.0


def compare(table: Checkouts, booked: Booked) -> Books:
    """Only stores and days of ``booked`` are compared. Turnover before returns: those have days of their own."""
    logged = _logged(table)
    over = sum(logged.get(key, 0) > amount * (1 + SLACK) for key, amount in booked.items())
    both = sum(logged.get(key, 0) for key in booked)
    return Books(both, sum(booked.values()), len(booked), over)


def _logged(table: Checkouts) -> dict[tuple[str, int], int]:
    """Turnover by store and day; floats hold it exactly up to 2^53 minor units."""
    names = (*table.names.stores, "")  # the last is where -1 points at
    first = int(table.day.min(initial=0))
    sums = np.bincount((table.day - first) * len(names) + table.store % len(names), weights=table.turnover)
    sold = np.flatnonzero(sums).tolist()
    return {(names[at % len(names)], first + at // len(names)): int(sums[at]) for at in sold}
