"""Visits arranged by customer, and histories folded into beliefs, each distinct step once. This imports numba.

Cohorts are numbered from 1 here; row 0 of a table is everybody's, as long as the cohort is not known.
"""

import numpy as np
from numba import njit

from models.belief_kernels import drift, likelihood, update

NOBODY = np.int32(-(2**31))  # the day of a belief about a customer not met yet


@njit(nogil=True, cache=True)
def arrange(first, last, customer, day, kind, sale, cohort, offset, longest):
    """What tells something about customers ``first`` to ``last`` - 1, by customer, in the order of the log.

    Returns starts (customers + 1,), and for the visits from ``starts[c]`` on: days since the belief's day (at most
    ``longest``), kind, cohort and offset (nothing where these are empty); then by customer: the belief's day and sales.
    """
    starts = np.zeros(last - first + 1, np.int64)
    for row in range(len(customer)):
        if first <= customer[row] < last:
            starts[customer[row] - first + 1] += kind[row] >= 0
    starts = np.cumsum(starts)
    place = starts[:-1].copy()
    since, sales = np.full(last - first, NOBODY, np.int32), np.zeros(last - first, np.int32)
    gaps, kinds = np.empty(starts[-1], np.int16), np.empty(starts[-1], np.int32)
    cohorts = np.empty(starts[-1] if len(cohort) else 0, np.int16)
    offsets = np.empty(starts[-1] if len(offset) else 0, np.int64)
    for row in range(len(customer)):
        who = customer[row] - first
        if who < 0 or customer[row] >= last:
            continue
        sales[who] += sale[row]
        if since[who] == NOBODY:
            since[who] = day[row]
        if kind[row] >= 0:
            at = place[who]
            gap = max(day[row] - since[who], 0)  # a late record of an earlier day makes no belief older
            gaps[at], kinds[at] = min(gap, longest), kind[row]
            if len(cohort):
                cohorts[at] = cohort[row]
            if len(offset):
                offsets[at] = offset[row]
            since[who] = max(since[who], day[row])
            place[who] = at + 1
    return starts, gaps, kinds, cohorts, offsets, since, sales


@njit(nogil=True, cache=True)
def fold(
    initial, population, table, keep, columns, sketches, starts, gaps, kinds, cohorts, offsets, first, last
):
    """Beliefs of customers ``first`` to ``last`` - 1: rows of weights, the row and the cohort of each, the steps made.

    Rows are the nodes of a tree of histories; a step that was made before leads to the row it made. Likelihoods are in
    ``table`` by kind, or computed where visits have offsets.
    """
    roots, states = initial.shape
    most = roots + starts[last] - starts[first]
    rows, origin, code, moved = _nodes(most, states)
    rows[:roots] = initial
    used = roots
    slots = _slots(most)
    which, known = np.empty(last - first, np.int32), np.zeros(last - first, np.int16)
    weights, parts, chances, rests, held = _scratch(states)
    for who in range(first, last):
        node, group = np.int32(0), np.int64(0)
        for visit in range(starts[who], starts[who + 1]):
            if group == 0 and len(cohorts) and cohorts[visit] > 0:
                group = np.int64(cohorts[visit])
                # Nothing was learnt yet: what was believed of everybody becomes what is believed of the cohort.
                node = np.int32(group) if node == 0 or _equal(rows[node], rows[0]) else node
            step = (np.int64(kinds[visit]) * roots + group) * len(keep) + gaps[visit]
            offset = offsets[visit] if len(offsets) else np.int64(0)
            slot = _find(slots, origin, code, moved, node, step, offset)
            if slots[slot] < 0:
                weights[:] = rows[node]
                if gaps[visit]:
                    drift(weights, population[group], keep[gaps[visit]], rests)
                if len(offsets):
                    likelihood(columns, sketches[kinds[visit]], offset, rests, chances)
                else:
                    chances[:] = table[kinds[visit]]
                update(weights, chances, population[0], parts, rests, held)
                rows[used], origin[used], code[used], moved[used] = weights, node, step, offset
                slots[slot] = used
                used += 1
            node = slots[slot]
        which[who - first], known[who - first] = node, group
    return rows[:used], which, known, used - roots


@njit(nogil=True, cache=True)
def _nodes(most, states):
    """Room for the tree: weights of each node, the node it came from, the step that led there, and its offset."""
    code, moved = np.empty(most, np.int64), np.empty(most, np.int64)
    return np.empty((most, states), np.uint32), np.empty(most, np.int32), code, moved


@njit(nogil=True, cache=True)
def _scratch(states):
    """An array each: numba takes the rows of one for arrays with gaps, and computes with them one number at a time."""
    weights, parts, chances = (
        np.empty(states, np.int64),
        np.empty(states, np.int64),
        np.empty(states, np.int64),
    )
    rests, held = np.empty(states, np.int64), np.empty(states, np.int64)
    return weights, parts, chances, rests, held


@njit(nogil=True, cache=True)
def _equal(one, other):
    differing = 0
    for state in range(len(one)):
        differing += one[state] != other[state]
    return differing == 0


@njit(nogil=True, cache=True)
def _slots(most):
    """An empty table of open addressing, at most half full."""
    size = 16
    while size < 2 * most:
        size *= 2
    return np.full(size, -1, np.int32)


@njit(nogil=True, cache=True)
def _find(slots, origin, code, moved, node, step, offset):
    """The slot of the row that this step from ``node`` made, or the free one for it."""
    mixed = (step ^ offset << 40) * np.int64(0x2545F4914F6CDD1D) ^ np.int64(node) * np.int64(
        0x1B873593CC9E2D51
    )
    mask = len(slots) - 1
    slot = ((mixed >> 31) ^ (mixed >> 11)) & mask
    while slots[slot] >= 0:
        made = slots[slot]
        if origin[made] == node and code[made] == step and moved[made] == offset:
            break
        slot = (slot + 1) & mask
    return slot
