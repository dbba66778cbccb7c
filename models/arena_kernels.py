"""Millions of simulated visits, compiled: what customers answer, and tills that play plans or beliefs.

What happens on a visit is told by three numbers: the rung offered last, how many offers were heard, and the ending of
`models.replies`. Importing this imports numba.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models import belief_kernels, plan_kernels
from models.arena_customers import Shop
from models.arena_ladders import MOST
from models.replies import ACCEPTED, HUNTER, INDIFFERENT, LEFT, SENSITIVE, STAYED
from pos_client.core import belief
from pos_client.core.model import Model

ONE = np.int64(1 << 16)
CERTAIN = np.int64(1) << 32


class Law(NamedTuple):
    """How customers answer: log_depth (kinds, MOST), rungs (kinds,), hazards (2, 3), and what else the world says."""

    log_depth: NDArray[np.float64]
    rungs: NDArray[np.int64]
    hazards: NDArray[np.float64]
    delta: float
    reach: float


class Mind(NamedTuple):
    """What a till knows: a model's tables for the ladders of a shop.

    columns (kinds, MOST, 2, 2, S) and part (kinds, MOST, 2) as `plan_kernels.Edges`; places (kinds, MOST, 2) by rung
    and first or later. eps, hazards (2, 3): Q16. population (S,), initial (S,) at 2^30. keep: drift by days, Q30.
    """

    columns: NDArray[np.int64]
    part: NDArray[np.int64]
    places: NDArray[np.int64]
    eps: int
    hazards: NDArray[np.int64]
    population: NDArray[np.int64]
    initial: NDArray[np.int64]
    keep: NDArray[np.int64]


class Happened(NamedTuple):
    """On every visit (N, V): the rung offered last, how many offers were heard, the ending."""

    rung: NDArray[np.int8]
    heard: NDArray[np.int8]
    ending: NDArray[np.int8]


def law_of(shop: Shop) -> Law:
    """The law by which this shop's customers answer."""
    truth = shop.world.truth
    with np.errstate(divide="ignore"):
        log_depth = np.log(shop.depths / 10000)
    return Law(log_depth, shop.rungs, np.array([truth.leave, truth.leave_end]), truth.delta, shop.world.reach)


def mind_of(model: Model, shop: Shop) -> Mind:
    """The model's tables for this shop's ladders."""
    kinds = len(shop.kinds)
    columns = np.zeros((kinds, MOST, 2, 2, model.states), np.int64)
    part, places = np.zeros((kinds, MOST, 2), np.int64), np.zeros((kinds, MOST, 2), np.int64)
    for row, kind in enumerate(shop.kinds):
        count = len(kind.depths)
        columns[row, :count], part[row, :count] = plan_kernels.edges(model, kind.depths)
        places[row, :count] = [
            [model.place(depth, later) for later in (False, True)] for depth in kind.depths
        ]
    return Mind(
        columns,
        part,
        places,
        model.eps,
        np.array([model.leave, model.leave_end]),
        np.array(model.population),
        np.array(belief.initial(model, belief.PRECISE)),
        np.array([belief.kept(model, day) for day in range(1 << len(model.drift))]),
    )


@njit(nogil=True, cache=True)
def on_principle(crowd, who, number):
    """A haggler refuses the first offer whatever it is, and does not leave over it."""
    return crowd.haggles[who] and number == 0


@njit(nogil=True, cache=True)
def accepts(law, crowd, who, visit, number, rung):
    """Does this customer take this rung as offer ``number`` of this visit?"""
    if crowd.slip[who, visit]:
        return crowd.coin[who, visit, number] < 0.5
    if on_principle(crowd, who, number):
        return False
    basket, kind = crowd.basket[who, visit], crowd.type[who, visit]
    if kind == SENSITIVE:
        return _short(law, crowd, who, visit, number, rung) <= 0
    return kind == INDIFFERENT or rung == law.rungs[basket] - 1


@njit(nogil=True, cache=True)
def leaves(law, crowd, who, visit, number, rung, last):
    """Does this customer, having refused this rung as offer ``number``, leave?"""
    kind = crowd.type[who, visit]
    away = law.hazards[1 if last else 0, kind]
    if law.reach and kind == SENSITIVE:
        away = min(1.0, away * max(_short(law, crowd, who, visit, number, rung), 0.0) / law.reach)
    return crowd.walk[who, visit, number] < away and not on_principle(crowd, who, number)


@njit(nogil=True, cache=True)
def _short(law, crowd, who, visit, number, rung):
    """By how much, in log depth, a rung falls short of what is needed today."""
    counted = law.log_depth[crowd.basket[who, visit], rung] - (law.delta if number else 0.0)
    return crowd.need[who, visit, rung] - counted


@njit(nogil=True, cache=True)
def answer(law, crowd, who, visit, plan, length):
    """What one customer says to a plan: (rung offered last, offers heard, ending)."""
    for number in range(length):
        rung = plan[number]
        if accepts(law, crowd, who, visit, number, rung):
            return rung, number + 1, ACCEPTED
        if leaves(law, crowd, who, visit, number, rung, number == length - 1):
            return rung, number + 1, LEFT
    return plan[length - 1], length, STAYED


@njit(nogil=True, cache=True)
def play_plans(law, crowd, plans, lengths, chosen):
    """Every visit with the plan that is ``chosen`` (N, V) for it: plans (P, MOST), lengths (P,)."""
    shape = crowd.basket.shape
    rung, heard, ending = np.empty(shape, np.int8), np.empty(shape, np.int8), np.empty(shape, np.int8)
    for who in range(shape[0]):
        for visit in range(shape[1]):
            row = chosen[who, visit]
            said = answer(law, crowd, who, visit, plans[row], lengths[row])
            rung[who, visit], heard[who, visit], ending[who, visit] = said
    return rung, heard, ending


@njit(nogil=True, cache=True)
def play_beliefs(law, crowd, mind, keeps, lost, question, anywhere, most):
    """Every visit with the best plan for what is believed of the customer; the belief learns from each visit.

    keeps (kinds, MOST), lost (kinds,), question: whole numbers. anywhere: whether a plan may begin with any rung.
    """
    shape, states = crowd.basket.shape, len(mind.population)
    rung, heard, ending = np.empty(shape, np.int8), np.empty(shape, np.int8), np.empty(shape, np.int8)
    weights, chances = np.empty(states, np.int64), np.empty(states, np.int64)
    parts, rests, held = np.empty(states, np.int64), np.empty(states, np.int64), np.empty(states, np.int64)
    plan = np.empty(MOST, np.int64)
    for who in range(shape[0]):
        weights[:] = mind.initial
        for visit in range(shape[1]):
            basket = crowd.basket[who, visit]
            count = law.rungs[basket]
            if crowd.days[who, visit]:
                belief_kernels.drift(weights, mind.population, mind.keep[crowd.days[who, visit]], rests)
            _, length = plan_kernels.best(
                weights, mind.columns[basket, :count], mind.part[basket, :count], mind.eps, mind.hazards,
                keeps[basket, :count], lost[basket], question, count if anywhere else 1, most, plan[:count],
            )  # fmt: skip
            said = answer(law, crowd, who, visit, plan, length)
            rung[who, visit], heard[who, visit], ending[who, visit] = said
            likelihood(mind, basket, count - 1, plan, length, said[1], said[2], rests, chances)
            belief_kernels.update(weights, chances, mind.population, parts, rests, held)
    return rung, heard, ending


@njit(nogil=True, cache=True)
def likelihood(mind, basket, top, plan, length, heard, ending, met, chances):
    """`belief.likelihood` of a visit, Q32 into ``chances`` (S,); ``met`` is scratch."""
    refusals = heard - 1 if ending == ACCEPTED else heard
    if refusals:
        deepest = 0
        for number in range(1, refusals):
            here = mind.places[basket, plan[number], 1]
            deepest = number if here > mind.places[basket, plan[deepest], min(deepest, 1)] else deepest
        _met(mind, basket, plan[deepest], min(deepest, 1), plan[refusals - 1] == top, chances)
    else:
        chances[:] = 0
    if ending == ACCEPTED:
        _met(mind, basket, plan[heard - 1], min(heard - 1, 1), plan[heard - 1] == top, met)
    else:
        met[:] = ONE
    slip, sure = (mind.eps << 16) >> heard, ONE - mind.eps
    for state in range(len(chances)):
        hazard = _hazard(mind, min(state, SENSITIVE), refusals, length, ending)
        chance = sure * max(met[state] - chances[state], 0) + slip
        chances[state] = np.int64((np.uint64(chance) * np.uint64(hazard)) >> np.uint64(32))


@njit(nogil=True, cache=True)
def _hazard(mind, kind, refusals, length, ending):
    """Q32 chance to stay after each refusal, and to leave after the last where the customer did."""
    chance = CERTAIN
    for number in range(refusals):
        away = mind.hazards[1 if number == length - 1 else 0, kind]
        gone = ending == LEFT and number == refusals - 1
        chance = chance * (away if gone else ONE - away) >> 16
    return chance


@njit(nogil=True, cache=True)
def _met(mind, basket, rung, later, at_top, met):
    """`belief.satisfied` of a rung."""
    low, high = mind.columns[basket, rung, later, 0], mind.columns[basket, rung, later, 1]
    part = mind.part[basket, rung, later]
    for state in range(len(met)):
        met[state] = low[state] + ((high[state] - low[state]) * part + ONE // 2 >> 16)
    met[INDIFFERENT], met[HUNTER] = ONE, ONE if at_top else 0
