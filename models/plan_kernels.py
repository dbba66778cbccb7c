"""The core's plan, compiled: bit for bit `pos_client.core.plan` over `outlook`, for beliefs at a total of 2^30.

It lets an arena make millions of plans. Importing this imports numba: it is for commands. A ladder comes as the columns
that `edges` reads of a model, stakes as whole numbers of at most 2^33 in size.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pos_client.core.belief import PRECISE
from pos_client.core.model import Model
from pos_client.core.outlook import MASS

ONE = np.int64(1 << 16)
TYPES = 3
SENSITIVE = 2  # the first state with a requirement, and the place of sensitive customers among the types
TO_MASS = np.int64(PRECISE.bit_length() - MASS.bit_length() + 16)  # bits, of a weight times Q16
OF_TYPE = np.int64(PRECISE.bit_length() - MASS.bit_length())  # bits, of a weight
SLIPS, SURE, WAITING, AT_ONCE = 0, 3, 4, 5  # of a row of steps: three masses by type, then one number each
NEVER = -1


class Edges(NamedTuple):
    """What the rungs of a ladder satisfy, Q16: columns (K, 2, 2, states) by rung, later or first, bin below or above;
    part (K, 2): how far between the two."""

    columns: NDArray[np.int64]
    part: NDArray[np.int64]


def edges(model: Model, depths: Sequence[int], offset: int = 0) -> Edges:
    """Of a ladder's depths, basis points."""
    places = np.array([[model.place(depth, later, offset) for later in (False, True)] for depth in depths])
    last = len(model.depths) - 1
    rows = [
        [[_column(model, min((p >> 16) + up, last)) for up in (0, 1)] for p in rung]
        for rung in places.tolist()
    ]
    return Edges(np.array(rows, np.int64), places & 65535)


def _column(model: Model, number: int) -> list[int]:
    return model.curve(number << 16)


@njit(nogil=True, cache=True)
def outlook(weights, columns, part, met, masses):
    """`Outlook`: mass of sensitive customers satisfied by each rung as first and as later offer into ``met`` (K, 2);
    mass of the three types into ``masses``."""
    masses[0] = weights[0] >> OF_TYPE
    masses[1] = weights[1] >> OF_TYPE
    masses[2] = MASS - masses[0] - masses[1]
    for rung in range(len(met)):
        for later in range(2):
            low = _sum(weights, columns[rung, later, 0])
            if part[rung, later]:
                low += (_sum(weights, columns[rung, later, 1]) - low) * part[rung, later] >> 16
            met[rung, later] = low >> TO_MASS


@njit(nogil=True, cache=True)
def _sum(weights, column):
    total = np.int64(0)
    for state in range(SENSITIVE, len(weights)):
        total += weights[state] * column[state]
    return total


@njit(nogil=True, cache=True)
def steps_of(masses, eps, leave, steps):
    """`plan.steps_of`: a row of ``steps`` for each offer of any plan."""
    stayed = np.full(TYPES, ONE)
    right = ONE - eps
    for refusals in range(len(steps)):
        row = steps[refusals]
        for kind in range(TYPES):
            row[SLIPS + kind] = eps * masses[kind] * stayed[kind] >> (33 + refusals)
        row[SURE] = right * stayed[2] >> 16
        row[WAITING] = (right * masses[1] >> 16) * stayed[1] >> 16
        row[AT_ONCE] = 0 if refusals else right * masses[0] >> 16
        for kind in range(TYPES):
            stayed[kind] = stayed[kind] * (ONE - leave[kind]) >> 16


@njit(nogil=True, cache=True)
def _accepts(step, between, top):
    taken = (step[SURE] * between >> 16) + step[0] + step[1] + step[2] + step[AT_ONCE]
    return taken + step[WAITING] if top else taken


@njit(nogil=True, cache=True)
def _after_refusal(step, floor, sensitive, top, away):
    """Mass of who refuses a rung, and of who of them leaves, by hazards ``away``."""
    hunter = step[1] + (np.int64(0) if top else step[WAITING])
    gone = step[0] * away[0] + hunter * away[1] + step[2] * away[2] >> 16
    more = step[SURE] * (sensitive - floor) >> 16
    return step[0] + hunter + step[2] + more, gone + (more * away[2] >> 16)


@njit(nogil=True, cache=True)
def _after(step, floor, sensitive, top, hazards, keep, lost, question, follow, climbs):
    """`plan._after`: (what who refuses this rung is worth, whether another offer, worth ``follow``, comes)."""
    refused, gone = _after_refusal(step, floor, sensitive, top, hazards[1])
    stop = (refused - gone) * keep - gone * lost
    if not climbs:
        return stop, False
    refused, gone = _after_refusal(step, floor, sensitive, top, hazards[0])
    climb = follow - gone * lost - (refused - gone) * question
    return (climb, True) if climb > stop else (stop, False)


@njit(nogil=True, cache=True)
def _from(met, masses, steps, hazards, keeps, lost, question, first, worth, choice, floors, plan):
    """`plan._from`: value of the best plan that begins with ``first``; the plan and its length into ``plan``.

    worth, choice: (steps, K) scratch; by step and rung refused last, the best next offer.
    """
    rungs, count, sensitive = len(keeps), len(steps), masses[2]
    for rung in range(first, rungs):
        floors[rung] = met[first, 0] if rung == first else max(met[first, 0], met[rung, 1])
    after = np.zeros(rungs, np.int64)
    for number in range(count - 1, 0, -1):
        last = number == count - 1
        for rung in range(first + number, rungs):
            climbs = not last and rung < rungs - 1
            follow = worth[number + 1, rung] if climbs else np.int64(0)
            after[rung] = _after(
                steps[number], floors[rung], sensitive, rung == rungs - 1, hazards, keeps[rung], lost, question, follow,
                climbs,
            )[0]  # fmt: skip
        for refused in range(first + number - 1, rungs - 1):
            found = np.int64(NEVER)
            for rung in range(refused + 1, rungs):
                taken = _accepts(steps[number], floors[rung] - floors[refused], rung == rungs - 1)
                value = taken * keeps[rung] + after[rung]
                if found == NEVER or value > worth[number, refused]:
                    worth[number, refused], found = value, rung
            choice[number, refused] = found
    return _read(met, masses, steps, hazards, keeps, lost, question, first, worth, choice, floors, plan)


@njit(nogil=True, cache=True)
def _read(met, masses, steps, hazards, keeps, lost, question, first, worth, choice, floors, plan):
    """The plan that the induction chose, as `plan._read`, and its value."""
    rungs, count, sensitive = len(keeps), len(steps), masses[2]
    value = _accepts(steps[0], floors[first], first == rungs - 1) * keeps[first]
    value -= question * masses.sum()
    rung, number = first, 0
    while True:
        plan[number] = rung
        climbs = number < count - 1 and rung < rungs - 1
        follow = worth[number + 1, rung] if climbs else np.int64(0)
        rest, goes_on = _after(
            steps[number], floors[rung], sensitive, rung == rungs - 1, hazards, keeps[rung], lost, question, follow,
            climbs,
        )  # fmt: skip
        if number == 0:
            value += rest
        if not goes_on:
            return value, number + 1
        number += 1
        rung = choice[number, rung]


@njit(nogil=True, cache=True)
def best(weights, columns, part, eps, hazards, keeps, lost, question, firsts, most, plan):
    """`plan.best`: (value, length) of the best plan of at most ``most`` offers that begins below rung ``firsts``.

    hazards (2, 3): ``leave`` and ``leave_end``, Q16 by type. The plan goes into ``plan`` (K,), as long as the ladder.
    """
    rungs = len(keeps)
    met, masses = np.empty((rungs, 2), np.int64), np.empty(TYPES, np.int64)
    outlook(weights, columns, part, met, masses)
    steps = np.empty((min(most, rungs), 6), np.int64)
    steps_of(masses, eps, hazards[0], steps)
    worth, choice = np.empty((len(steps), rungs), np.int64), np.empty((len(steps), rungs), np.int64)
    floors, found = np.empty(rungs, np.int64), np.empty(rungs, np.int64)
    top, length = np.int64(0), 0
    for first in range(firsts):
        value, size = _from(
            met, masses, steps, hazards, keeps, lost, question, first, worth, choice, floors, found
        )
        if not length or value > top:
            top, length = value, size
            plan[:] = found
    return top, length
