"""Who comes to each visit, as a fit foresees it from the same customer's earlier visits.

One step ahead: neither the visit itself nor what came later is looked at. A plan that was chosen from the past tells
nothing more about the customer then, whoever chose it and how.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from models import marginal, scoring
from models.histories import Histories


def states(histories: Histories, point: dict, chance: np.random.Generator) -> NDArray[np.int64]:
    """One state (V,) for each visit, drawn from the belief that the visits before it leave, at these parameters.

    Each visit is drawn by itself: the customer of one visit need not be in the same state on the next.
    """
    likelihood, weight = scoring.table(histories, point)
    return _drawn(likelihood, weight, histories.cell, histories.start, chance.random(len(histories.cell)))


@numba.njit(nogil=True, cache=True, fastmath=marginal.QUICK)
def _drawn(likelihood, weight, cell, start, draws):
    """likelihood (C, S), weight (S,), cell and draws (V,), start (H + 1,). Visits lie in the order of the log."""
    out = np.empty(cell.size, np.int64)
    belief, learned = np.empty_like(weight), np.empty_like(weight)
    for history in range(start.size - 1):
        belief[:] = weight
        whole = belief.sum()
        for visit in range(start[history], start[history + 1]):
            out[visit] = _at(belief, draws[visit] * whole)
            row, left = likelihood[cell[visit]], 0.0
            for state in range(belief.size):
                learned[state] = belief[state] * row[state] / whole
                left += learned[state]
            if left > 0.0:  # a visit that no state can explain teaches nothing
                belief, learned, whole = learned, belief, left
    return out


@numba.njit(nogil=True, cache=True)
def _at(belief, mass):
    """The state at which the masses add up to more than ``mass``."""
    for state in range(belief.size - 1):
        mass -= belief[state]
        if mass < 0.0:
            return state
    return belief.size - 1
