"""Reactions of many visits at once, drawn by the law of docs/model.md: the vectorised twin of `models.simulate`.

Chance is an argument. What each customer needs today is the caller's: the law of the requirement is not here, so the
same reactions serve a shop that follows the model, one that breaks it, and a posterior predictive draw.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

INDIFFERENT, HUNTER, SENSITIVE = range(3)
ACCEPTED, LEFT, STAYED = range(3)

Numbers = NDArray[Any]


def draw(
    chance: np.random.Generator,
    *,
    kind: ArrayLike,
    need: ArrayLike,
    delta: float,
    eps: ArrayLike,
    leave: ArrayLike,
    leave_end: ArrayLike,
    depth: Numbers,
    top: Numbers,
    planned: ArrayLike,
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """How many reactions each of N visits heard, and how it ended: (heard (N,), ending (N,)).

    kind: type of the customer. need: log of the depth needed on this visit, covariates and all; read for sensitive
    customers only. delta: by how much (log) an offer counts less from the second on. eps: chance that the visit is
    mis-keyed. leave, leave_end: chance per type to leave after a refusal, and after that of the last offer. These
    five broadcast to N. depth, top: (N, K), the offers of the plan, in basis points, and which is the largest rung of
    its ladder; planned: how many of the K there are.

    ending is ACCEPTED (the last heard was), LEFT (it was refused and the customer left) or STAYED (refused, but did
    not leave). Nothing is offered after the top was refused. A plan of no offers hears nothing and ends STAYED.
    """
    count, widest = depth.shape
    kinds, needs = np.broadcast_to(kind, count), np.broadcast_to(need, count)
    miskeyed = chance.random(count) < eps
    away = np.stack([np.asarray(leave, float), np.asarray(leave_end, float)])
    left_to_offer = np.broadcast_to(planned, count)
    heard, ending = np.zeros(count, np.int8), np.full(count, STAYED, np.int8)
    here = np.flatnonzero(left_to_offer > 0)
    for number in range(widest):
        shown, at_top, who = depth[here, number], top[here, number], kinds[here]
        at_end = at_top | (left_to_offer[here] == number + 1)
        met = _met(who, needs[here], shown, at_top, delta if number else 0.0)
        met = np.where(miskeyed[here], chance.random(here.size) < 0.5, met)
        gone = ~met & (chance.random(here.size) < away[at_end.astype(np.intp), who])
        heard[here] = number + 1
        ending[here[met]], ending[here[gone]] = ACCEPTED, LEFT
        here = here[~(met | gone | at_end)]
    return heard, ending


def _met(kind: Numbers, need: Numbers, depth: Numbers, at_top: Numbers, shift: float) -> Numbers:
    """Does the offer satisfy? The indifferent always; the hunter at the top; the sensitive where it is deep enough."""
    with np.errstate(
        divide="ignore"
    ):  # a rung of less than half a basis point has depth 0: nobody sensitive takes it
        counted = np.log(depth / 10000) - shift
    enough = (depth > 0) & (counted >= need)
    return np.where(kind == INDIFFERENT, True, np.where(kind == HUNTER, at_top, enough))
