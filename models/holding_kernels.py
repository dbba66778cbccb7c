"""One visit of every simulated customer, compiled: plans of tills, answers of honest customers and of hold-outs.

What a hold-out does is said in `models.holding_out`. Importing this imports numba.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models import belief_kernels, plan_kernels
from models.arena_kernels import likelihood
from models.replies import ACCEPTED, HUNTER, INDIFFERENT
from models.replies import LEFT as WENT
from models.replies import STAYED as REMAINED

LEARNER, CONTENT, QUICK, STUBBORN = range(4)
FREE = 0  # of limits


class Law(NamedTuple):
    """How customers answer: ``log_depth`` of the rungs, ``hazards`` (2, 3) after an offer and after the last, shift."""

    log_depth: NDArray[np.float64]
    hazards: NDArray[np.float64]
    delta: float


@njit(nogil=True, cache=True)
def visit(
    mind, learnt, law, kind, need, slip, coin, walk, holding, behaviour, expects, best, keeps, lost, limit, longest, cap
):  # fmt: skip
    """One visit of everybody: plans (N, K), offers heard, endings of `models.replies`, rungs bought, who held out.

    Beliefs ``learnt``, ``expects`` and ``best`` (largest rung ever got) are changed in place.
    """
    customers, rungs, states = len(kind), len(keeps), learnt.shape[1]
    plans = np.zeros((customers, rungs), np.int64)
    heard, ending, bought = np.zeros_like(kind), np.zeros_like(kind), np.zeros_like(kind)
    bluffed = np.zeros(customers, np.bool_)
    met, chances, parts = np.empty(states, np.int64), np.empty(states, np.int64), np.empty(states, np.int64)
    rests, held = np.empty(states, np.int64), np.empty(states, np.int64)
    for who in range(customers):
        plan = plans[who]
        length = min(_plan(mind, learnt[who], keeps, lost, limit[who], cap, plan), longest[who])
        said = _answer(
            law, kind[who], need[who], slip[who], coin[who], walk[who], holding[who], expects[who], plan, length,
            rungs - 1,
        )  # fmt: skip
        heard[who], ending[who], bought[who], bluffed[who] = said
        likelihood(mind, 0, rungs - 1, plan, length, heard[who], ending[who], met, chances)
        belief_kernels.update(learnt[who], chances, mind.population, parts, rests, held)
        if holding[who]:
            _expect(behaviour, who, ending[who], bought[who], heard[who], expects, best, rungs)
    return plans, heard, ending, bought, bluffed


@njit(nogil=True, cache=True)
def _plan(mind, weights, keeps, lost, limit, cap, plan):
    """The plan, into ``plan``, and its length: of a till that stands firm below rung ``limit``, or the best one."""
    if limit == FREE:
        return plan_kernels.best(
            weights, mind.columns[0, :cap], mind.part[0, :cap], mind.eps, mind.hazards, keeps[:cap], lost, 0, 1, cap,
            plan[:cap],
        )[1]  # fmt: skip
    plan[1] = limit - 1
    return 2 if limit > 1 else 1


@njit(nogil=True, cache=True)
def _answer(law, kind, need, slip, coin, walk, holding, expects, plan, length, top):
    """What one customer says to a plan: (offers heard, ending, rung bought or -1, whether they held out)."""
    bluffed = False
    for number in range(length):
        rung, last = plan[number], number == length - 1
        if kind == INDIFFERENT:
            does = True
        elif kind == HUNTER:
            does = rung == top
        else:
            does = law.log_depth[rung] - (law.delta if number else 0.0) >= need
        if coin[number] < 0.5 if slip else does and rung >= expects:
            return number + 1, ACCEPTED, rung, bluffed
        bluffed |= holding and does
        if not (holding and does) and walk[number] < law.hazards[1 if last else 0, kind]:
            return number + 1, WENT, -1, bluffed
    return length, REMAINED, plan[length - 1], bluffed


@njit(nogil=True, cache=True)
def _expect(behaviour, who, ending, rung, heard, expects, best, rungs):
    """What a hold-out makes of a visit."""
    if rung < 0 or behaviour == STUBBORN:
        return
    paid = heard > 1 and rung > 0
    firm = ending == REMAINED and rung < best[who]
    best[who] = max(best[who], rung)
    if behaviour == QUICK:
        expects[who] = 0 if firm else rungs if paid else expects[who]
    elif firm or (paid and behaviour == CONTENT):
        expects[who] = rung
    elif paid:
        expects[who] = min(rung + 1, rungs - 1)
