"""How far the till's integer belief is from the float reference: ``python -m models.accuracy`` prints the table.

Simulated customers visit a week apart and climb random ladders. After a number of visits each belief is asked for
the type shares and for the chance to accept every rung of a ladder, as a first offer and after one or two refusals.
"""

import sys
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from models import posterior
from models.release import HAND_MADE, Release
from models.simulate import climb, shopper
from models.tables import column_reader, columns, model
from pos_client.core import belief

AFTER = (1, 2, 5, 20, 100)
KEPT = ("kept at 2^30", "published at 65536", "always at 65536")
ASKED = (100, 300, 500, 800, 1200, 1800, 2500, 4000)
DAYS = 7
SURPRISE = 0.05  # refusals less likely than this are told apart


class Gap(NamedTuple):
    """Largest distance of one belief from the exact one: of the chance to accept, and of a type's share.

    ``surprised`` is the chance to accept after refusals that this customer makes less than once in twenty.
    """

    first: float
    later: float
    surprised: float
    shares: float


def measure(release: Release, customers: int, seed: int, after=AFTER, points: int = 4096) -> dict:
    """{(how the belief is kept, visits): the gaps of all customers}."""
    tables = belief.Model(model(release), column_reader(columns(release)))
    chance = Random(seed)
    gaps: dict[tuple[str, int], list[Gap]] = {(kept, visits): [] for kept in KEPT for visits in after}
    for _ in range(customers):
        for visits, exact, beliefs in _life(tables, release, chance, max(after), points):
            if visits in after:
                for kept, weights in zip(KEPT, beliefs, strict=True):
                    gaps[kept, visits].append(gap(tables, exact, weights))
    return gaps


def gap(tables: belief.Model, exact: posterior.State, weights: list[int]) -> Gap:
    """The distance of one integer belief from one exact posterior."""
    total = sum(weights)
    mine = (weights[0] / total, weights[1] / total, sum(weights[2:]) / total)
    worst = {"shares": max(abs(a - b) for a, b in zip(mine, posterior.shares(exact), strict=True))}
    for name, distance in _acceptance_gaps(tables, exact, weights):
        worst[name] = max(worst.get(name, 0.0), distance)
    return Gap(worst["first"], worst.get("later", 0.0), worst.get("surprised", 0.0), worst["shares"])


def _acceptance_gaps(
    tables: belief.Model, exact: posterior.State, weights: list[int]
) -> Iterator[tuple[str, float]]:
    for rung, depth in enumerate(ASKED):
        is_top = rung == len(ASKED) - 1
        reached = 1.0
        for first in range(rung, max(rung - 3, -1), -1):
            refused = [(lower, False) for lower in ASKED[first:rung]]
            heard = [(*offer, "asked_more") for offer in refused]
            mine = belief.predict(tables, weights, depth, is_top, bool(refused), heard) / belief.ONE
            distance = abs(mine - posterior.acceptance(exact, depth, is_top, refused))
            reached = _refusing(exact, refused)
            yield ("later" if reached >= SURPRISE else "surprised") if refused else "first", distance


def _refusing(exact: posterior.State, refused: list[tuple[int, bool]]) -> float:
    chance = 1.0
    for at, (depth, is_top) in enumerate(refused):
        chance *= 1 - posterior.acceptance(exact, depth, is_top, refused[:at])
    return chance


def _life(
    tables: belief.Model, release: Release, chance: Random, visits: int, points: int
) -> Iterator[tuple]:
    """One customer's visits: (how many so far, exact state, one integer belief for each way of keeping it)."""
    someone = shopper(release, chance)
    exact = posterior.init(release, points)
    fine, coarse = belief.initial(tables, belief.PRECISE), belief.initial(tables)
    for visit in range(1, visits + 1):
        ladder = sorted(chance.sample(range(50, 4000, 50), chance.randint(1, 6)))
        offers, outcome = climb(someone.visit(chance), ladder, list(range(len(ladder))))
        rungs = [{"depth": depth} for depth in ladder]
        record = {"ladder": rungs, "offers": offers, "outcome": outcome, "training": False}
        exact, _ = posterior.step(exact, record, DAYS)
        heard = belief.offers_of(record)
        fine, coarse = (
            belief.update(tables, belief.drift(tables, weights, DAYS), heard, outcome)
            for weights in (fine, coarse)
        )
        yield visit, exact, (fine, belief.rescale(fine, belief.ONE), coarse)


def main(customers: int = 40, seed: int = 1) -> None:
    """Print the table of docs/model.md: largest and typical (median) distance over the customers."""
    print(f"{customers} customers of release {HAND_MADE.name}, seed {seed}, {DAYS} days between visits")
    print("| belief | visits | first offer | after refusals | after surprising refusals | type shares |")
    print("|---|---|---|---|---|---|")
    for (kept, visits), gaps in measure(HAND_MADE, customers, seed).items():
        cells = [f"{max(values):.1e} ({_median(values):.0e})" for values in zip(*gaps, strict=True)]
        print(f"| {kept} | {visits} | {' | '.join(cells)} |")


def _median(values) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
