"""How much better holding out explains one customer's visits than honesty does, in whole numbers.

Two laws explain the same visits. Both know one requirement a visit, ln R ~ Normal(theta, `SIGMA`^2), and a chance of
`LEAVING` that who is not satisfied leaves instead of asking.

* **Honest**: takes the first offer that satisfies. Chance to take the rung at depth a after refusing r: F(a) - F(r).
* **Holding out**: has not begun at first (and is then like the honest); begins with a chance of `LEARNING` at a visit
  where a climb paid off, `FROM_THE_START` before the first. Who has begun refuses an offer that satisfies with a chance
  of `BLUFFING`, and does not leave over it: it would do, after all. When nothing more comes, who bluffed takes what is
  on the table. A share of `REFORMING` gives it up after a visit.

The state of a customer is a belief over (honest, not begun, holding out) x `POINTS` values of theta, as weights that
sum to `TOTAL`. None falls below 1, so no verdict is final. Time takes it back to where it began, by half in a year.

The laws are a fixed reference, no release: what a shop's customers are like moves the verdict little, because both laws
share it, and a record never has to be judged again. One thing differs too much between shops: how often honest
customers who refused the last rung buy with it all the same. The laws take `STAYING`, and such visits are counted
(`State.stays`), so that whoever reads the state can put in the shop's own. Arrays have one row for each customer.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]

POINTS = 16
LAWS = 3  # honest, not begun, holding out
HONEST, BEFORE, HOLDING = range(LAWS)
TOTAL = 1 << 15
ONE = 1 << 16  # a chance that is certain
SIGMA, MIDDLE, SPREAD = (
    0.4,
    math.log(0.065),
    0.7,
)  # of ln R within, and between customers: between any two shops
STAYING = round(0.1 * ONE)
BLUFFING, LEAVING, SLIP = round(0.65 * ONE), round(0.08 * ONE), round(0.002 * ONE)
LEARNING, REFORMING, FROM_THE_START = round(0.6 * ONE), round(0.03 * ONE), 0.2
HALF_LIFE = 365  # days
RARE = 0.01  # share of a type that is as good as none
BIT = 256  # one bit of a score: odds of 2
STAY = 256  # one visit in `State.stays`
MOST = 5 * BIT  # that all visits that `STAYED` may add: else nobody who ever gave in would be forgiven
SUSPECTED = 2.0  # odds from which a till stands firm, where a customer who leaves costs no more than the sale
FIRM = 9500  # basis points of the visits on which it does; the others climb, and so show whether it is right

THETA = np.linspace(math.log(0.01), math.log(0.5), POINTS)
# How a visit ended: took the last of its offers; left after it; refused it and was asked no more; refused the last of
# the plan and bought with it.
TOOK, LEFT, OPEN, STAYED = range(4)


class State(NamedTuple):
    """``weights`` (customers, `LAWS`, `POINTS`), int64; ``stays`` (customers,): visits that `STAYED`, times `STAY`."""

    weights: Whole
    stays: Whole


class Visits(NamedTuple):
    """One visit of each customer: ``depths`` (customers, most offers) in basis points, 0 where fewer were made;
    ``ends`` (customers,) how it ended."""

    depths: Whole
    ends: Whole


def begin(customers: int) -> State:
    """What is held of customers nobody has met."""
    return State(np.tile(_PRIOR, (customers, 1, 1)), np.zeros(customers, np.int64))


def later(state: State, days: Whole) -> State:
    """The state when ``days`` (customers,) have passed: that much nearer to where it began."""
    kept = np.array([_kept(int(gap)) for gap in np.maximum(days, 0)], np.int64)
    mixed = (kept[:, None, None] * state.weights + (ONE - kept)[:, None, None] * _PRIOR) >> 16
    return State(mixed, kept * state.stays >> 16)


def step(state: State, visits: Visits) -> State:
    """The state after one visit of each customer."""
    honest, holding = _chances(visits)
    chances = np.stack([honest, honest, holding], axis=1)
    weights = _begun(_normal(state.weights * chances), _paid(visits))
    return State(weights, state.stays + STAY * np.equal(visits.ends, STAYED))


def stay(types: Sequence[float], leave_end: Sequence[float]) -> float:
    """Chance that an honest customer who refused the last rung buys with it: of the most patient type that there is.

    ``types``, ``leave_end``: share and hazard of indifferent, hunter, sensitive; the first refuse nothing.
    """
    return max([1 - leave_end[kind] for kind in (1, 2) if types[kind] >= RARE], default=0.0)


def lean(state: State) -> Whole:
    """How far the state leans to holding out now, against honesty: log2 of the odds, times `BIT`."""
    mass = state.weights.sum(axis=2)
    return np.rint(BIT * np.log2(mass[:, HOLDING] / mass[:, HONEST])).astype(np.int64)


def weight_of_stay(stay: float) -> int:
    """What one visit that `STAYED` adds to the lean where an honest customer does with this chance; below 0 above
    `STAYING`."""
    return round(BIT * math.log2(STAYING / ONE / max(stay, SLIP / ONE)))


def score(state: State, stay: float) -> Whole:
    """`lean` and the visits that `STAYED`: log2 of the odds, times `BIT`."""
    return lean(state) + np.minimum(state.stays * weight_of_stay(stay) // STAY, MOST)


def least(margin: int, lost: int) -> int:
    """The score from which a till stands firm: the dearer a mistake, the surer it must be.

    ``margin``, and what a customer costs whom an offer does not satisfy, ``lost``: basis points of gross.
    """
    return round(BIT * math.log2(SUSPECTED * (margin + lost) / max(margin, 1)))


def ceiling(state: State, margin: int, lost: int) -> Whole:
    """The depth (basis points) at which it pays most to stand firm with somebody who holds out.

    ``margin`` and ``lost`` as above.
    What somebody gives in to says that it satisfies, so a lower depth is tried next; who leaves is offered more. A
    ladder rarely has this very depth: a rung up to `ROOM` times as deep is as good.
    """
    curves = np.stack([curve(depth) for depth in DEPTHS])
    earned = (state.weights[:, HOLDING] @ curves.T) * np.maximum(margin + lost - np.array(DEPTHS), 0)
    return np.rint(ROOM * np.array(DEPTHS)[earned.argmax(axis=1)]).astype(np.int64)


@lru_cache(maxsize=4096)
def curve(depth: int) -> Whole:
    """Chance, of `ONE`, that a depth satisfies, by theta."""
    if depth <= 0:
        return np.zeros(POINTS, np.int64)
    normal = NormalDist()
    return np.array([round(ONE * normal.cdf((math.log(depth / 10000) - theta) / SIGMA)) for theta in THETA])


def _chances(visits: Visits) -> tuple[Whole, Whole]:
    """Chance of the visits under honesty and under holding out, of `ONE`, by customer and theta."""
    customers, most = visits.depths.shape
    count = (visits.depths > 0).sum(axis=1)
    floor = np.zeros((customers, POINTS), np.int64)
    bluffed = np.zeros_like(floor)  # satisfied and refused all the same
    asking = np.full((customers, 1), ONE)  # chance that who was not satisfied is still here
    took = [np.zeros_like(floor), np.zeros_like(floor)]
    for number in range(most):
        made = (number < count)[:, None]
        last = made & np.equal(number + 1, count)[:, None] & np.equal(visits.ends, TOOK)[:, None]
        met = np.maximum(_curves(visits.depths[:, number]), floor)
        newly = (met - floor) * asking >> 16
        would = bluffed + newly
        took = [np.where(last, newly, took[0]), np.where(last, would * (ONE - BLUFFING) >> 16, took[1])]
        refused = made & ~last
        bluffed = np.where(refused, would * BLUFFING >> 16, bluffed)
        floor = np.where(refused, met, floor)
        asking = np.where(made & (number + 1 < count)[:, None], asking * (ONE - LEAVING) >> 16, asking)
    unmet = (ONE - floor) * asking >> 16
    ends = visits.ends[:, None]
    stays = unmet * STAYING >> 16
    honest = np.choose(ends, [took[0], unmet, unmet, stays])
    holding = np.choose(ends, [took[1], unmet, unmet + bluffed, stays + bluffed])
    slip = (SLIP >> np.minimum(count, 16))[:, None]
    return honest + slip, holding + slip


def _curves(depths: Whole) -> Whole:
    different, which = np.unique(depths, return_inverse=True)
    return np.stack([curve(int(depth)) for depth in different])[which]


def _paid(visits: Visits) -> NDArray[np.bool_]:
    """Whether something was refused and the customer bought with more."""
    several = (visits.depths > 0).sum(axis=1) > 1
    return several & np.isin(visits.ends, (TOOK, STAYED))


def _begun(weights: Whole, paid: NDArray[np.bool_]) -> Whole:
    """Some begin to hold out where it paid; some who held out give it up."""
    begins = np.where(paid[:, None], weights[:, BEFORE] * LEARNING >> 16, 0)
    gives_up = weights[:, HOLDING] * REFORMING >> 16
    moved = begins - gives_up
    return np.stack([weights[:, HONEST], weights[:, BEFORE] - moved, weights[:, HOLDING] + moved], axis=1)


def _normal(masses: Whole) -> Whole:
    """Back to `TOTAL` but for rounding, none below 1."""
    total = masses.sum(axis=(1, 2), keepdims=True)
    return np.maximum(masses * TOTAL // np.maximum(total, 1), 1)


@lru_cache(maxsize=4096)
def _kept(days: int) -> int:
    return round(ONE * 2.0 ** (-days / HALF_LIFE))


def _prior() -> Whole:
    height = np.exp(-(((THETA - MIDDLE) / SPREAD) ** 2) / 2)
    shares = np.array([0.5, 0.5 * (1 - FROM_THE_START), 0.5 * FROM_THE_START])
    return np.maximum(np.rint(TOTAL * np.outer(shares, height / height.sum())), 1).astype(np.int64)


_PRIOR = _prior()
ROOM = 1.15
DEPTHS = tuple(
    dict.fromkeys(round(100 * 1.12**power) for power in range(36))
)  # 1 % to 53 %, each an eighth deeper
