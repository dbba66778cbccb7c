"""Simulated shoppers that behave exactly as the model says: for the demo, for replays of real baskets, for tests.

Chance is an argument. Whatever a visit will need is fixed when it is drawn, so the same visit can be asked how it
would have answered under another policy.
"""

import math
from dataclasses import dataclass
from random import Random

from models.release import Release, centres

INDIFFERENT, HUNTER, SENSITIVE = range(3)


@dataclass(frozen=True)
class Visit:
    """One visit: what the customer needs today, and the chances of this visit, by number of the offer."""

    release: Release
    kind: int
    log_requirement: float  # ln of the depth needed; -inf for all who are not sensitive
    miskeyed: bool  # the cashier's keys say nothing about the customer
    seed: int

    def answer(self, number: int, depth: int, is_top: bool, is_last: bool) -> str:
        """The reaction to the ``number``-th offer (0 is the first) of ``depth`` basis points.

        ``is_top``: the largest rung of its ladder. ``is_last``: nothing more would be offered.
        """
        chance = Random(f"{self.seed}/{number}")
        coin, restless = chance.random(), chance.random()
        if coin < 0.5 if self.miskeyed else self._met(number, depth, is_top):
            return "accepted"
        away = self.release.leave_end if is_last else self.release.leave
        return "left" if restless < away[self.kind] else "asked_more"

    def _met(self, number: int, depth: int, is_top: bool) -> bool:
        if self.kind == HUNTER:
            return is_top
        shift = self.release.delta if number else 0.0
        return depth > 0 and math.log(depth / 10000) - shift >= self.log_requirement


@dataclass(frozen=True)
class Shopper:
    """A customer: a type and, where sensitive, the log depth usually needed."""

    release: Release
    kind: int
    theta: float

    def visit(self, chance: Random, raised: float = 0.0) -> Visit:
        """Draw what this visit will be like; its basket raises what is needed by ``raised`` (log depth)."""
        needed = -math.inf
        if self.kind == SENSITIVE:
            needed = chance.gauss(self.theta, self.release.sigma) + raised
        return Visit(
            self.release, self.kind, needed, chance.random() < self.release.eps, chance.getrandbits(64)
        )


def shopper(release: Release, chance: Random, cohort: int | None = None) -> Shopper:
    """Draw a customer from the population, or from one of its cohorts."""
    kind = chance.choices((INDIFFERENT, HUNTER, SENSITIVE), release.shares)[0]
    shares, means = zip(*centres(release, cohort), strict=True)
    mean = means[0] if len(means) == 1 else chance.choices(means, shares)[0]
    return Shopper(release, kind, chance.gauss(mean, release.tau))


def climb(visit: Visit, ladder: list[int], plan: list[int]) -> tuple[list[dict], str]:
    """Offer the rungs of ``plan`` until the customer is settled or gone: the record's offers, and the outcome.

    ``ladder`` holds the depth of every rung. A customer who stays after the last was refused buys with it.
    """
    offers = []
    for number, rung in enumerate(plan):
        is_top = rung == len(ladder) - 1
        reaction = visit.answer(number, ladder[rung], is_top, is_top or number == len(plan) - 1)
        offers.append({"rung": rung, "reaction": reaction})
        if reaction != "asked_more":
            break
    return offers, "lost" if offers and offers[-1]["reaction"] == "left" else "sold"
