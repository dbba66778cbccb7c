"""An exact Bayesian seller of the yardstick, in floats: shares nothing with the program under test.

The law is the yardstick's alone: only sensitive customers, no shift, no slips, a hazard after each refusal, and who
refuses the top leaves. A belief is a density on 201 requirements; the best plan follows by induction over refusals.
"""

import math

import numpy as np

DEPTHS = np.array([2, 3, 5, 7, 10, 15, 20, 25]) / 100
MARGIN = 0.35
CENTRE, BETWEEN, WITHIN = math.log(0.07), 0.6, 0.3

_grid = np.linspace(CENTRE - 5 * BETWEEN, CENTRE + 5 * BETWEEN, 201)
_prior = np.exp(-(((_grid - CENTRE) / BETWEEN) ** 2) / 2)
_normal = np.vectorize(lambda z: 0.5 * math.erfc(-z / math.sqrt(2)))
_satisfied = np.vstack(
    [np.zeros(201), _normal((np.log(DEPTHS)[:, None] - _grid) / WITHIN), np.ones(201)]
)  # by rungs refused: none, 1 to 8; the last row is everybody


def profit(hazard: float, needs: np.ndarray, walks: np.ndarray) -> np.ndarray:
    """Of each visit (N, V), in parts of gross. needs (N, V): log depth needed; walks (N, V, 8): below the hazard, who
    refuses offer n leaves."""
    customers, visits = needs.shape
    belief = np.tile(_prior / _prior.sum(), (customers, 1))
    money = np.zeros((customers, visits))
    for visit in range(visits):
        nexts = _plans(belief @ _satisfied[:-1].T, hazard)
        refused, taken, money[:, visit] = _visit(nexts, hazard, needs[:, visit], walks[:, visit])
        belief *= _satisfied[taken] - _satisfied[refused]
        belief /= belief.sum(axis=1, keepdims=True)
    return money


def _plans(met: np.ndarray, hazard: float) -> np.ndarray:
    """(N, 8): the best rung to offer next, by rungs refused; ``met`` (N, 9) the mass that each satisfies."""
    customers, rungs = met.shape[0], len(DEPTHS)
    worth, nexts = np.zeros((customers, rungs + 1)), np.zeros((customers, rungs), int)
    for refused in reversed(range(rungs)):
        offers = range(refused + 1, rungs + 1)
        values = [
            (met[:, offer] - met[:, refused]) * (MARGIN - DEPTHS[offer - 1]) + (1 - hazard) * worth[:, offer]
            for offer in offers
        ]
        nexts[:, refused] = refused + 1 + np.argmax(values, axis=0)
        worth[:, refused] = np.max(values, axis=0)
    return nexts


def _visit(nexts, hazard, need, walk):
    """(rungs refused, rung taken or 9, profit) of each customer's visit."""
    customers = len(need)
    everybody = np.arange(customers)
    refused, taken, money = np.zeros(customers, int), np.full(customers, 9), np.zeros(customers)
    here = np.ones(customers, bool)
    for number in range(len(DEPTHS)):
        asked = here & (refused < len(DEPTHS))
        offer = nexts[everybody, np.minimum(refused, len(DEPTHS) - 1)]
        takes = asked & (np.log(DEPTHS)[offer - 1] >= need)
        taken[takes], money[takes] = offer[takes], MARGIN - DEPTHS[offer[takes] - 1]
        refuses = asked & ~takes
        refused[refuses] = offer[refuses]
        here = refuses & (walk[:, number] >= hazard)
    return refused, taken, money
