"""Every plan of a ladder, and what each earns of a customer in each state: straight from docs/model.md, in floats.

Shares no code with the program under test but the model's curves: a visit is played forward, with no induction, no
masses and no summing over states.
"""

from itertools import combinations

import numpy as np

from pos_client.core.model import ONE, Model


def every_plan(rungs: int, most: int) -> list[tuple[int, ...]]:
    return [plan for size in range(1, min(rungs, most) + 1) for plan in combinations(range(rungs), size)]


def earned(model: Model, depths: list[int], keeps, lost: float, question: float, plan) -> np.ndarray:
    """Expected money of one visit under ``plan``, by state of the customer: (states,)."""
    eps = model.eps / ONE
    right = _played(model, _taken_at(model, depths, plan), keeps, lost, question, plan)
    slip = _played(model, np.full((len(plan), model.states), 0.5), keeps, lost, question, plan, coin=True)
    return (1 - eps) * right + eps * slip


def _taken_at(model: Model, depths: list[int], plan) -> np.ndarray:
    """Chance (offers, states) that an offer satisfies and none before it did: one requirement a visit."""
    curves = []
    for number, rung in enumerate(plan):
        curve = np.array(model.curve(model.place(depths[rung], number > 0))) / ONE
        curve[0], curve[1] = 1, rung == len(depths) - 1
        curves.append(curve)
    highest = np.maximum.accumulate(np.array(curves), axis=0)
    return np.diff(highest, axis=0, prepend=0)


def _played(model: Model, taken, keeps, lost, question, plan, coin=False) -> np.ndarray:
    """``taken``: of all who came (requirement), or, for a slip, of who is asked (a coin)."""
    by_type = np.minimum(np.arange(model.states), 2)
    leave, end = np.array(model.leave)[by_type] / ONE, np.array(model.leave_end)[by_type] / ONE
    here, unsatisfied, money = np.ones(model.states), np.ones(model.states), np.zeros(model.states)
    for number, rung in enumerate(plan):
        accepts = unsatisfied * taken[number] if coin else taken[number]
        refuses = unsatisfied - accepts
        money += here * (accepts * keeps[rung] - unsatisfied * question)
        if number + 1 == len(plan):
            money += here * refuses * ((1 - end) * keeps[rung] - end * lost)
        else:
            money -= here * refuses * leave * lost
        here, unsatisfied = here * (1 - leave), refuses
    return money
