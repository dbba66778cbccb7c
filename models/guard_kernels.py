"""Visits of a shop where some cashiers key what they like, compiled. Importing this imports numba.

Beliefs are those of the service, bit for bit; chances are `belief.predict` of them.
"""

import numpy as np
from numba import njit

from models import belief_kernels, plan_kernels
from models.arena_kernels import ONE, _met, answer, likelihood
from models.arena_ladders import MOST
from models.replies import ACCEPTED, LEFT, SENSITIVE, STAYED

HONEST, REFUSED, TOPPED, TAKEN, GONE, COINS = range(6)  # what a cashier keys, whatever the customer says


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
def honest(law, crowd, mind, keeps, lost, question, anywhere, most, out):
    """All visits with honest cashiers, each customer in order. ``out`` (N, V, 2 + MOST): offers heard and ending, then
    for each offer its chance times 4, plus 2 if it was accepted, plus 1 if it ends the plan."""
    plan, chances = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    customers, visits = crowd.basket.shape
    for who in range(customers):
        weights = mind.initial.copy()
        for visit in range(visits):
            basket = crowd.basket[who, visit]
            top = law.rungs[basket] - 1
            length, heard, ending = decide(
                law, crowd, mind, keeps, lost, question, anywhere, most, weights, who, visit, plan
            )
            expect(mind, basket, top, plan, heard, weights, chances)
            out[who, visit, 0], out[who, visit, 1] = heard, ending
            for number in range(heard):
                accepted = ending == ACCEPTED and number == heard - 1
                out[who, visit, 2 + number] = 4 * chances[number] + 2 * accepted + (number == length - 1)
            learn(mind, basket, top, plan, length, heard, ending, weights)
