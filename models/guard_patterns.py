"""What records of a hostile source look like, and how much a reaction or an event speaks for it rather than honesty.

The honest side is the worst of a whole band of cashiers, so that nobody inside it gains evidence on average.
"""

import math
from functools import lru_cache
from typing import NamedTuple

UNIT = 1024  # of evidence: so many are one natural unit
STEPS = 8  # of a level: so many are one unit of log odds
DEEPEST = 40  # levels from an even chance
BAND = 0.4  # log odds by which honest cashiers differ in how customers react
SLIPS = 0.06  # share of reactions that an honest cashier may get wrong in one direction
FIRST, ONLY, LATER, LAST = range(4)  # places of an offer in its plan

Found = tuple[int, int, int, int]  # evidence, hits, trials, expected hits (Q16)


class Pattern(NamedTuple):
    """``share`` of the records that are made up. ``base`` and ``apart``, of an event: how often honest sources have it
    and by how much (log odds) they differ from each other; of reactions these are `SLIPS` and `BAND`. ``part`` of all
    false alarms that this pattern may cause; the parts sum to 1."""

    name: str
    share: float
    base: float = SLIPS
    apart: float = BAND
    part: float = 1 / 26


REACTIONS = (
    Pattern("refused", 0.8),  # nobody takes anything
    Pattern("refused", 0.35),
    Pattern("topped", 0.8),  # refused until the last offer, which is taken
    Pattern("topped", 0.35),
    Pattern("accepted", 0.8),  # everybody takes the first offer
    Pattern("accepted", 0.35),
    Pattern(
        "random", 0.8, part=0.5
    ),  # what is unlikely happens as often as a coin falls: hardest to tell from slips
)
EVENTS = (
    Pattern("left", 0.5, 0.05, 1.0),  # who refuses leaves
    Pattern("fast", 0.5, 0.05, 1.0),  # answered sooner than a person can
    Pattern("same-time", 0.6, 0.10, 1.0),  # answered after exactly the time of the answer before
    Pattern("rushed", 0.5, 0.05, 1.0),  # finished sooner after the checkout before than a person can
    Pattern("same-card", 0.2, 0.03, 1.0),  # a card that was here a few checkouts ago
    Pattern("goodwill", 0.4, 0.15, 1.0),  # the cashier's own gesture
    Pattern("practice", 0.25, 0.03, 1.0),  # marked as training, with the card of a real customer
)
PATTERNS = (*REACTIONS, *EVENTS)


def log_odds(chance: float) -> float:
    chance = min(max(chance, 1e-6), 1 - 1e-6)
    return math.log(chance / (1 - chance))


@lru_cache(maxsize=1 << 14)
def evidence(chance: float, pattern: Pattern) -> tuple[int, int]:
    """Evidence, in `UNIT`, for the pattern of what fits it and of what does not, where ``chance`` is expected to fit.

    Of all honest chances up to ``null`` this is the worst case: its mean factor exp(evidence) is at most 1.
    """
    null = pattern.base + (1 - pattern.base) / (1 + math.exp(-log_odds(chance) - pattern.apart))
    goal = 0.5 if pattern.name == "random" else 1.0
    if null >= goal:
        return 0, 0
    made_up = null + pattern.share * (goal - null)
    hit, miss = made_up / null, (1 - made_up) / (1 - null)
    return math.floor(UNIT * math.log(hit)), math.floor(UNIT * math.log(miss))


def reacted(pattern: Pattern, place: int, chance: float, accepted: bool) -> Found:
    """What a reaction says of a pattern, where ``chance`` is that it accepts."""
    fitting = wanted(pattern.name, place, chance)
    if fitting is None:
        return 0, 0, 0, 0
    fits = chance if fitting else 1 - chance
    hit, miss = evidence(fits, pattern)
    return (hit if accepted == fitting else miss), int(accepted == fitting), 1, round(65536 * fits)


def wanted(name: str, place: int, chance: float) -> bool | None:
    """The reaction that fits a pattern: whether it accepts; None where the pattern says nothing."""
    if name == "refused":
        return False
    if name == "topped":
        return {FIRST: False, ONLY: None, LATER: False, LAST: True}[place]
    if name == "accepted":
        return True if place in (FIRST, ONLY) else None
    return chance < 0.5


LEVELS = [
    min(max(round(STEPS * log_odds((one + 0.5) / 256)), -DEEPEST), DEEPEST) for one in range(257)
]  # of a chance, by its upper eight bits
# By place, level and whether it accepts: what a reaction says of each of `REACTIONS`.
REACTED = tuple(
    [
        tuple(
            [reacted(pattern, place, 1 / (1 + math.exp(-level / STEPS)), accepted) for pattern in REACTIONS]
            for accepted in (False, True)
        )
        for level in range(-DEEPEST, DEEPEST + 1)
    ]
    for place in (FIRST, ONLY, LATER, LAST)
)
