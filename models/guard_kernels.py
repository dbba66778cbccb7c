"""Visits of a shop where some cashiers key what they like, compiled. Importing this imports numba.

Beliefs are those of the service, bit for bit; chances are `belief.predict` of them.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models import belief_kernels, plan_kernels
from models.arena_kernels import ONE, _met, answer, likelihood
from models.arena_ladders import MOST
from models.replies import ACCEPTED, LEFT, SENSITIVE, STAYED

HONEST, REFUSED, TOPPED, TAKEN, GONE, COINS = range(6)  # what a cashier keys, whatever the customer says


class Said(NamedTuple):
    """Visits as they were recorded, in their order: plan (T, MOST) of ``length`` (T,) rungs, how many were ``heard``
    and the ``ending`` (T,); chances (T, MOST), Q16: that each is accepted, by the belief before."""

    plan: NDArray[np.int64]
    length: NDArray[np.int64]
    heard: NDArray[np.int64]
    ending: NDArray[np.int64]
    chances: NDArray[np.int64]


def nothing_said(visits: int) -> Said:
    """Of so many visits, before they are played."""
    wide, narrow = (visits, MOST), visits
    return Said(*[np.zeros(shape, np.int64) for shape in (wide, narrow, narrow, narrow, wide)])


@njit(nogil=True, cache=True)
def decide(law, crowd, mind, keeps, lost, question, anywhere, most, weights, who, visit, plan):
    """The plan for what is believed, into ``plan``, and what the customer says to it: (length, heard, ending)."""
    basket = crowd.basket[who, visit]
    count = law.rungs[basket]
    _, length = plan_kernels.best(
        weights, mind.columns[basket, :count], mind.part[basket, :count], mind.eps, mind.hazards,
        keeps[basket, :count], lost[basket], question, count if anywhere else 1, most, plan[:count],
    )  # fmt: skip
    _, heard, ending = answer(law, crowd, who, visit, plan, length)
    return length, heard, ending


@njit(nogil=True, cache=True)
def keyed(manner, length, heard, ending, coins):
    """What the cashier records: (heard, ending). ``coins``: of this visit, one a rung."""
    if manner == REFUSED:
        return length, STAYED
    if manner == TOPPED:
        return length, ACCEPTED
    if manner == TAKEN:
        return 1, ACCEPTED
    if manner == GONE:
        return 1, LEFT
    if manner == COINS:
        for number in range(length):
            if coins[number] < 0.5:
                return number + 1, ACCEPTED
        return length, STAYED
    return heard, ending


@njit(nogil=True, cache=True)
def expect(mind, basket, top, plan, heard, weights, chances):
    """Chance, Q16, of each of the offers that were heard to be accepted, by the belief before: into ``chances``."""
    states = len(weights)
    stays, floor, met = np.full(3, ONE), np.zeros(states, np.int64), np.empty(states, np.int64)
    deepest, later = 0, 0
    for number in range(heard):
        _met(mind, basket, plan[number], min(number, 1), plan[number] == top, met)
        slip = (mind.eps << 16) >> number
        here, taken = 0.0, 0.0
        for state in range(states):
            weight = float(weights[state]) * stays[min(state, SENSITIVE)]
            here += weight * ((ONE - mind.eps) * (ONE - floor[state]) + slip)
            taken += weight * ((ONE - mind.eps) * max(met[state] - floor[state], 0) + (slip >> 1))
        chances[number] = int(taken / here * ONE) if here > 0 else 0
        place = mind.places[basket, plan[number], min(number, 1)]
        if number == 0 or place > mind.places[basket, plan[deepest], later]:
            deepest, later = number, min(number, 1)
        _met(mind, basket, plan[deepest], later, plan[number] == top, floor)
        for kind in range(3):
            stays[kind] = stays[kind] * (ONE - mind.hazards[0, kind]) >> 16


@njit(nogil=True, cache=True)
def learn(mind, basket, top, plan, length, heard, ending, weights):
    """`belief.update` by what was recorded, in place."""
    states = len(weights)
    chances, parts = np.empty(states, np.int64), np.empty(states, np.int64)
    rests, held = np.empty(states, np.int64), np.empty(states, np.int64)
    likelihood(mind, basket, top, plan, length, heard, ending, rests, chances)
    belief_kernels.update(weights, chances, mind.population, parts, rests, held)


@njit(nogil=True, cache=True)
def play(
    law,
    crowd,
    mind,
    keeps,
    lost,
    question,
    anywhere,
    most,
    order,
    visits,
    manner,
    coins,
    learns,
    begin,
    said,
    weights,
):
    """Visits from the one numbered ``begin`` on, in their order, into ``said``; weights (N, S) learn from those that
    ``learns`` (T,) marks."""
    for at in range(begin, len(order)):
        who, visit = order[at], visits[at]
        basket, plan = crowd.basket[who, visit], said.plan[at]
        top = law.rungs[basket] - 1
        length, heard, ending = decide(
            law, crowd, mind, keeps, lost, question, anywhere, most, weights[who], who, visit, plan
        )
        heard, ending = keyed(manner[at], length, heard, ending, coins[at])
        said.length[at], said.heard[at], said.ending[at] = length, heard, ending
        expect(mind, basket, top, plan, heard, weights[who], said.chances[at])
        if learns[at]:
            learn(mind, basket, top, plan, length, heard, ending, weights[who])


@njit(nogil=True, cache=True)
def learn_anew(law, crowd, mind, order, visits, learns, end, said, weights):
    """What was said on the visits before ``end``, as ``learns`` (T,) has it, into ``weights`` (N, S)."""
    for at in range(end):
        if learns[at]:
            basket = crowd.basket[order[at], visits[at]]
            learn(
                mind, basket, law.rungs[basket] - 1, said.plan[at], said.length[at], said.heard[at], said.ending[at],
                weights[order[at]],
            )  # fmt: skip
