"""The core's integer update of beliefs, compiled: bit for bit `pos_client.core.belief`, at a total of 2^30.

Whole numbers of 64 bits suffice for that total. Importing this imports numba: it is for the worker and for commands.
Functions work on arrays of int64, one number per state, and change them in place.
"""

import numpy as np
from numba import njit

TOTAL = np.int64(1 << 30)  # what beliefs add up to: `belief.PRECISE`
BITS = np.int64(30)  # of TOTAL, and of drift factors
GUESSES = 12  # of a threshold between rests; more are not worth it where ties hide it
ONE = np.int64(1 << 16)


@njit(nogil=True, cache=True)
def likelihood(columns, sketch, offset, met, chances):
    """`belief.likelihood` of a visit with an offset, Q32 into ``chances``; ``met`` is scratch.

    columns: (bins, states), `Model.curve` at every bin. sketch: what the visit says but for its offset, as
    `models.recompute.sketch` writes it.
    """
    refused, floor, floor_top, accepted, place, is_top, slip, sure = sketch[:8]
    if refused:
        _satisfied(columns, floor - offset, floor_top, chances)
    else:
        chances[:] = 0
    if accepted:
        _satisfied(columns, place - offset, is_top, met)
    else:
        met[:] = ONE
    for state in range(len(chances)):
        hazard = sketch[8 + min(state, 2)]
        chance = sure * max(met[state] - chances[state], 0) + slip
        chances[state] = np.int64((np.uint64(chance) * np.uint64(hazard)) >> np.uint64(32))  # below 2^64


@njit(nogil=True, cache=True)
def _satisfied(columns, place, is_top, met):
    """`belief.satisfied` at a place: on the straight line between two columns."""
    place = min(max(place, 0), (len(columns) - 1) << 16)
    part = place & (ONE - 1)
    low, high = columns[place >> 16], columns[min((place >> 16) + 1, len(columns) - 1)]
    for state in range(len(met)):
        met[state] = low[state] + ((high[state] - low[state]) * part + ONE // 2 >> 16)
    met[0], met[1] = ONE, ONE if is_top else 0


@njit(nogil=True, cache=True)
def drift(weights, population, keep, rests):
    """`belief.drift`, ``keep`` in Q30. The parts add up to a power of two, so the quotients are shifts.

    Every state that the population has any of gets at least 1 back, so none needs to be held.
    """
    back = ((np.int64(1) << BITS) - keep) << 14  # the population adds up to 2^16
    left = TOTAL
    for state in range(len(weights)):
        part = weights[state] * keep + population[state] * back
        weights[state] = part >> BITS
        rests[state] = part & (TOTAL - 1)
        left -= weights[state]
    _round_up(weights, rests, left, TOTAL)


@njit(nogil=True, cache=True)
def update(weights, likelihood, population, parts, rests, held):
    """`belief.update` with its `apportion`: at least 1 in every state that the population has any of."""
    whole = np.int64(0)
    for state in range(len(weights)):
        parts[state] = weights[state] * likelihood[state]
        whole += parts[state]
        held[state] = 0
    if whole == 0:  # no state can explain the visit: it teaches nothing
        return
    total, settled = TOTAL, False
    while not settled:
        left = _divide(total, parts, whole, weights, rests)
        top = _largest_rest_of_none(weights, population, rests, held)
        if top < 0 or _above(rests, top) < left:  # else all that is left goes to others
            _round_up(weights, rests, left, whole)
        settled = top < 0
        if not settled:
            before = total
            total, whole = _hold(weights, population, parts, held, total, whole)
            settled = total == before
    for state in range(len(weights)):
        weights[state] += held[state]


@njit(nogil=True, cache=True)
def _divide(total, parts, whole, weights, rests):
    """Quotients and rests of ``total`` (at most 2^30) by parts that add up to ``whole``, at most 2^62; what is left.

    A quotient estimated in floating point is wrong by one at most. The products wrap around at 2^64; their difference,
    the rest, fits.
    """
    rate = np.float64(total) / np.float64(whole)
    left = total
    for state in range(len(parts)):
        weight = np.int64(np.float64(parts[state]) * rate)
        rest = parts[state] * total - weight * whole
        off = np.int64(rest >= whole) - np.int64(rest < 0)
        weights[state] = weight + off
        rests[state] = rest - off * whole
        left -= weight + off
    return left


@njit(nogil=True, cache=True)
def _largest_rest_of_none(weights, population, rests, held):
    """The largest rest of a state that has none yet and needs some; -1 if there is no such state."""
    top = np.int64(-1)
    for state in range(len(weights)):
        dying = (weights[state] == 0) & (population[state] > 0) & (held[state] == 0)
        top = max(top, rests[state] if dying else np.int64(-1))
    return top


@njit(nogil=True, cache=True)
def _above(rests, bound):
    count = np.int64(0)
    for state in range(len(rests)):
        count += rests[state] > bound
    return count


@njit(nogil=True, cache=True)
def _hold(weights, population, parts, held, total, whole):
    """Take the states that would die out of what is shared; each will have 1. What is left to share, and its whole."""
    for state in range(len(weights)):
        if weights[state] == 0 and population[state] > 0 and held[state] == 0:
            held[state] = 1
            whole -= parts[state]
            parts[state] = 0
            total -= 1
    return total, whole


@njit(nogil=True, cache=True)
def _round_up(weights, rests, left, above):
    """Add 1 to the ``left`` weights of the largest rests, ties to the earlier; every rest lies in [0, above).

    False position finds a threshold with ``left`` rests at or above it, in some three steps where a sort would take
    hundreds of comparisons. Where ties hide it, what is left between the bounds is taken one by one.
    """
    if left == 0:
        return
    low, high, many, few = np.int64(0), above, np.int64(len(rests)), np.int64(0)
    for _ in range(GUESSES):
        if many == left or many - few <= 2 or high - low <= 1:
            break
        part = (many - left + 0.5) / (many - few + 1.0)
        guess = min(max(low + np.int64(np.float64(high - low) * part), low + 1), high - 1)
        count = np.int64(0)
        for state in range(len(rests)):
            count += rests[state] >= guess
        if count >= left:
            low, many = guess, count
        else:
            high, few = guess, count
    if many == left:
        high, few = low, many
    for state in range(len(rests)):
        up = rests[state] >= high
        weights[state] += up
        rests[state] = -1 if up else rests[state]
    for _ in range(left - few):
        _raise_first(weights, rests)


@njit(nogil=True, cache=True)
def _raise_first(weights, rests):
    """Add 1 to the weight of the largest rest, and use that rest up."""
    top = np.int64(-1)
    for state in range(len(rests)):
        top = max(top, rests[state])
    for state in range(len(rests)):
        if rests[state] == top:
            weights[state] += 1
            rests[state] = -1
            break
