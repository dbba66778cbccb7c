"""Who belongs to which segment: customers told apart by what moves them, never by who they are.

What is known of a customer is the belief, which comes of reactions and baskets alone, and whether the customer is
taken to hold out. From it follows the chance of each of five kinds; a customer belongs to the first segment of
`SEGMENTS` whose rule is at least `SURE` to hold.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SURE = 0.6  # how sure a rule must be of a customer
SMALL = 500  # basis points of the basket: whoever usually needs no more is satisfied by a small gesture
LARGE = 1200  # and whoever usually needs more than this needs a large discount
KINDS = ("needs nothing", "needs little", "needs a middling discount", "needs much", "waits for the best")
NOTHING, LITTLE, MIDDLING, MUCH, BEST = range(5)

Numbers = NDArray[Any]


class Segment(NamedTuple):
    """``name`` in addresses, ``title`` and ``rule`` for people; ``kinds`` are those of whom the rule holds."""

    name: str
    title: str
    rule: str
    kinds: tuple[int, ...] = ()


SEGMENTS = (
    Segment("holds-out", "Holds out", "Refuses again and again what was enough before."),
    Segment("buys-anyway", "Buys anyway", "At least 60 % sure: takes any offer.", (NOTHING,)),
    Segment(
        "small-gesture",
        "A small gesture is enough",
        "At least 60 % sure: usually needs no more than 5 % of the basket.",
        (NOTHING, LITTLE),
    ),
    Segment(
        "middling-discount",
        "Needs a middling discount",
        "At least 60 % sure: usually needs between 5 % and 12 % of the basket.",
        (MIDDLING,),
    ),
    Segment(
        "waits-for-the-best",
        "Waits for the best",
        "At least 60 % sure: takes nothing but the largest discount there is.",
        (BEST,),
    ),
    Segment(
        "large-discount",
        "Needs a large discount",
        "At least 60 % sure: usually needs more than 12 % of the basket, or the largest discount.",
        (MUCH, BEST),
    ),
    Segment("not-known-yet", "Not known yet", "Too few reactions to be 60 % sure of anything."),
    Segment(
        "without-a-card", "Without a card", "Nobody can be recognised: every checkout is somebody's first."
    ),
)
NAMES = tuple(segment.name for segment in SEGMENTS)
HOLDS_OUT, NOT_KNOWN, WITHOUT_CARD = (
    NAMES.index(name) for name in ("holds-out", "not-known-yet", "without-a-card")
)
BY_CHANCE = range(HOLDS_OUT + 1, NOT_KNOWN)


def kinds_of(needs: Sequence[float]) -> Numbers:
    """How much of each state of a belief is of each kind: (2 + len(needs), 5), rows add up to 1.

    ``needs``: log depth of the sensitive states, evenly spaced; a state stands for what lies around it up to half way
    to its neighbours, so one at the edge between two kinds is partly of both.
    """
    of = np.zeros((2 + len(needs), len(KINDS)))
    of[0, NOTHING] = of[1, BEST] = 1.0
    centre = np.asarray(needs, float)
    width = centre[1] - centre[0]
    little, much = (
        np.clip((math.log(depth / 10_000) - centre) / width + 0.5, 0.0, 1.0) for depth in (SMALL, LARGE)
    )
    of[2:, LITTLE], of[2:, MIDDLING], of[2:, MUCH] = little, much - little, 1.0 - much
    return of


def chances(weights: Numbers, of: Numbers) -> Numbers:
    """The chance of each kind (N, 5) under beliefs (N, states) of any total; ``of`` as `kinds_of` makes it."""
    masses = np.asarray(weights, float) @ of
    return masses / masses.sum(axis=1, keepdims=True)


def assign(chance: Numbers, holds_out: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The segment (N,) of each customer, as a place in `SEGMENTS`. ``holds_out``: (N,) who is taken to hold out."""
    found = np.full(len(chance), NOT_KNOWN)
    for place in reversed(BY_CHANCE):
        found[sure_of(chance, place) >= SURE] = place
    found[holds_out] = HOLDS_OUT
    return found


def sure_of(chance: Numbers, place: int) -> Numbers:
    """The chance (N,) that the rule of a segment holds of each customer."""
    return chance[:, list(SEGMENTS[place].kinds)].sum(axis=1)
