"""Every result a plan can lead to: what a model must be able to say before the customer answers."""

from typing import NamedTuple

import numpy as np

from models.cells import ACCEPTED, LEFT, STAYED, Visits


class Possible(NamedTuple):
    """The visits with every result; ``happened`` (N,): which came about; ``place`` (N, M): all, -1 where fewer."""

    visits: Visits
    happened: np.ndarray
    place: np.ndarray

    def of(self, kind: np.ndarray) -> np.ndarray:
        """``place`` in other numbers, -1 kept."""
        return np.where(self.place >= 0, kind[self.place], -1)


def every(visits: Visits, planned: np.ndarray) -> Possible:
    """After each of ``planned`` (N,) offers the customer may have accepted or left; after the last, stayed without.

    Where the cashier stopped before the end of the plan, the plan is taken to have ended there.
    """
    planned = np.where(visits.ending == STAYED, visits.heard, planned)
    longest = visits.top.shape[1]
    heard = np.repeat(np.arange(1, longest + 1), 2)
    ending = np.tile([ACCEPTED, LEFT], longest)
    could = heard <= planned[:, None]
    who, which = np.nonzero(could)
    n = len(planned)
    rows = np.concatenate([who, np.arange(n)])
    every_heard = np.concatenate([heard[which], planned]).astype(np.int64)
    every_ending = np.concatenate([ending[which], np.full(n, STAYED)])
    place = np.full((n, 2 * longest + 1), -1)
    place[who, which] = np.arange(len(who))
    place[:, -1] = len(who) + np.arange(n)
    column = np.where(visits.ending == STAYED, 2 * longest, 2 * (visits.heard - 1) + (visits.ending == LEFT))
    happened = place[np.arange(n), column]
    repeated = Visits(*[member[rows] for member in visits])
    return Possible(repeated._replace(heard=every_heard, ending=every_ending), happened, place)
