"""The likelihood of a shop's histories and its gradient, in compiled code: the one hot loop of a fit.

A visit's likelihood in a state is ((1 - eps) (F(taken) - F(refused)) + eps 2^-n) times its hazards (docs/model.md).
A history's is the sum over states of weight times the product of its visits. Products, not sums of logarithms: no
exponential in the loop, and the gradient falls out of the same pass.

States: indifferent, hunter, then the sensitive grid. Shapes: edges E, grid points G, states S = G + 2, cells C,
visits V, histories H.
"""

import math

import numba
import numpy as np

TOGETHER = (
    8  # visits multiplied before the product is brought back to 1; eight of the rarest are still above 1e-100
)
QUICK = {
    "contract",
    "reassoc",
    "arcp",
}  # sums may be taken in any order; NaN and infinities keep their meaning


@numba.njit(nogil=True, cache=True)
def within(satisfied, first, later, taken, grid_point):
    """Chance that a requirement lies above what was refused and within what was taken, never negative."""
    refused = max(satisfied[first, grid_point], satisfied[later, grid_point])
    return max(satisfied[taken, grid_point] - refused, 0.0)


@numba.njit(nogil=True, cache=True)
def table(satisfied, eps, hazard, first, later, taken, at_once, hunted, heard):
    """Likelihood (C, S) of every cell. satisfied: F (E, G) at the edges; eps (C,); hazard (C, 3) by type."""
    points = satisfied.shape[1]
    out = np.empty((first.size, points + 2))
    for cell in range(first.size):
        sure, slip = 1.0 - eps[cell], eps[cell] * 0.5 ** heard[cell]
        out[cell, 0] = (sure * at_once[cell] + slip) * hazard[cell, 0]
        out[cell, 1] = (sure * hunted[cell] + slip) * hazard[cell, 1]
        for point in range(points):
            chance = within(satisfied, first[cell], later[cell], taken[cell], point)
            out[cell, point + 2] = (sure * chance + slip) * hazard[cell, 2]
    return out


@numba.njit(nogil=True, cache=True, fastmath=QUICK)
def _product(likelihood, cell, begin, end, out):
    """Product over the visits of a history into ``out`` (S,), to be multiplied by exp of the answer."""
    scale = 0.0
    out[:] = 1.0
    for at in range(begin, end):
        row = likelihood[cell[at]]
        for state in range(out.size):
            out[state] *= row[state]
        if (at - begin) % TOGETHER == TOGETHER - 1:
            largest = out.max()
            if not largest > 0.0:
                return -math.inf
            out /= largest
            scale += math.log(largest)
    return scale


@numba.njit(nogil=True, cache=True)
def pointwise(likelihood, weight, cell, start):
    """Log likelihood (H,) of each history; likelihood (C, S), weight (S,), cell (V,), start (H + 1,)."""
    out = np.empty(start.size - 1)
    states = np.empty(weight.size)
    for history in range(start.size - 1):
        scale = _product(likelihood, cell, start[history], start[history + 1], states)
        chance = np.sum(weight * states)
        out[history] = scale + math.log(chance) if chance > 0.0 else -math.inf
    return out


@numba.njit(nogil=True, cache=True, fastmath=QUICK)
def _summed(likelihood, weight, cell, start, multiplicity):
    """Log likelihood of all customers; its derivative by log ``likelihood`` (C, S) and by ``weight`` (S,)."""
    value = 0.0
    by_cell = np.zeros_like(likelihood)
    by_weight = np.zeros_like(weight)
    states = np.empty(weight.size)
    for history in range(start.size - 1):
        begin, end = start[history], start[history + 1]
        scale = _product(likelihood, cell, begin, end, states)
        chance = 0.0
        for state in range(weight.size):
            chance += weight[state] * states[state]
        if not chance > 0.0:  # no history can have come from such parameters: the sampler turns back
            return -math.inf, by_cell, by_weight
        value += multiplicity[history] * (scale + math.log(chance))
        share = multiplicity[history] / chance
        for state in range(weight.size):
            by_weight[state] += share * states[state]
            states[state] *= share * weight[state]
        for at in range(begin, end):
            row = by_cell[cell[at]]
            for state in range(weight.size):
                row[state] += states[state]
    return value, by_cell, by_weight


@numba.njit(nogil=True, cache=True)
def _by_inputs(by_cell, satisfied, eps, hazard, first, later, taken, at_once, hunted, heard):
    """Derivatives by ``satisfied`` (E, G), ``eps`` (C,), ``hazard`` (C, 3) from those by log likelihood (C, S)."""
    by_satisfied, by_eps, by_hazard = np.zeros_like(satisfied), np.zeros_like(eps), np.zeros_like(hazard)
    for cell in range(first.size):
        sure, coin = 1.0 - eps[cell], 0.5 ** heard[cell]
        by_hazard[cell, 0] = by_cell[cell, 0] / hazard[cell, 0]
        by_hazard[cell, 1] = by_cell[cell, 1] / hazard[cell, 1]
        by_hazard[cell, 2] = by_cell[cell, 2:].sum() / hazard[cell, 2]
        for state in range(by_cell.shape[1]):
            point = state - 2
            if state == 0:
                chance = at_once[cell]
            elif state == 1:
                chance = hunted[cell]
            else:
                chance = within(satisfied, first[cell], later[cell], taken[cell], point)
            part = by_cell[cell, state] / (sure * chance + eps[cell] * coin)
            by_eps[cell] += part * (coin - chance)
            if point >= 0 and chance > 0.0:
                refused = (
                    first[cell]
                    if satisfied[first[cell], point] >= satisfied[later[cell], point]
                    else later[cell]
                )
                by_satisfied[taken[cell], point] += part * sure
                by_satisfied[refused, point] -= part * sure
    return by_satisfied, by_eps, by_hazard


@numba.njit(nogil=True, cache=True)
def total(
    satisfied, weight, eps, hazard, first, later, taken, at_once, hunted, heard, cell, start, multiplicity
):
    """Log likelihood of all customers, and its derivatives by the first four arguments."""
    likelihood = table(satisfied, eps, hazard, first, later, taken, at_once, hunted, heard)
    value, by_cell, by_weight = _summed(likelihood, weight, cell, start, multiplicity)
    by_satisfied, by_eps, by_hazard = _by_inputs(
        by_cell, satisfied, eps, hazard, first, later, taken, at_once, hunted, heard
    )
    return np.asarray(value), by_satisfied, by_weight, by_eps, by_hazard
