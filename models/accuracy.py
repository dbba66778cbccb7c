"""How far the till's integer belief is from the float reference: ``python -m models.accuracy`` prints the table.

Simulated customers visit a week apart and climb random ladders. After a number of visits both beliefs are asked for
the type shares and for the chance to accept every rung of a ladder, at first and after refusals.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from models import posterior
from models.release import HAND_MADE, Release, column_reader, columns, model
from models.simulate import climb, shopper
from pos_client.core import belief

AFTER = (1, 2, 5, 20, 100)
TOTALS = (belief.ONE, belief.PRECISE)
ASKED = (100, 300, 500, 800, 1200, 1800, 2500, 4000)
DAYS = 7


class Gap(NamedTuple):
    """Largest distance between the two beliefs: of an acceptance probability, of a type share."""

    acceptance: float
    shares: float


def measure(release: Release, customers: int, seed: int, after=AFTER, points: int = 4096) -> dict:
    """{(total, visits): the gaps of all customers}."""
    tables = belief.Model(model(release), column_reader(columns(release)))
    chance = Random(seed)
    gaps: dict[tuple[int, int], list[Gap]] = {(total, visits): [] for total in TOTALS for visits in after}
    for _ in range(customers):
        for visits, exact, beliefs in _life(tables, release, chance, max(after), points):
            if visits in after:
                for total, weights in zip(TOTALS, beliefs, strict=True):
                    gaps[total, visits].append(gap(tables, exact, weights))
    return gaps


def gap(tables: belief.Model, exact: posterior.State, weights: list[int]) -> Gap:
    """The distance of one integer belief from one exact posterior."""
    total = sum(weights)
    mine = (weights[0] / total, weights[1] / total, sum(weights[2:]) / total)
    worst = max(abs(a - b) for a, b in zip(mine, posterior.shares(exact), strict=True))
    return Gap(max(_acceptance_gaps(tables, exact, weights)), worst)


def _acceptance_gaps(tables: belief.Model, exact: posterior.State, weights: list[int]) -> Iterator[float]:
    for rung, depth in enumerate(ASKED):
        is_top = rung == len(ASKED) - 1
        before = [(lower, False) for lower in ASKED[max(rung - 2, 0) : rung]]
        for refused in ([], before):
            heard = [(*offer, "asked_more") for offer in refused]
            mine = belief.predict(tables, weights, depth, is_top, bool(refused), heard) / belief.ONE
            yield abs(mine - posterior.acceptance(exact, depth, is_top, refused))


def _life(
    tables: belief.Model, release: Release, chance: Random, visits: int, points: int
) -> Iterator[tuple]:
    """One customer's visits: (how many so far, exact state, beliefs with each total)."""
    someone = shopper(release, chance)
    exact = posterior.init(release, points)
    beliefs = [belief.initial(tables, total) for total in TOTALS]
    for visit in range(1, visits + 1):
        ladder = sorted(chance.sample(range(50, 4000, 50), chance.randint(1, 6)))
        offers, outcome = climb(someone.visit(chance), ladder, list(range(len(ladder))))
        rungs = [{"depth": depth} for depth in ladder]
        record = {"ladder": rungs, "offers": offers, "outcome": outcome, "training": False}
        exact, _ = posterior.step(exact, record, DAYS)
        heard = belief.offers_of(record)
        beliefs = [belief.update(tables, belief.drift(tables, w, DAYS), heard, outcome) for w in beliefs]
        yield visit, exact, beliefs


def main(customers: int = 60, seed: int = 1) -> None:
    """Print the table of docs/model.md."""
    print(f"{customers} customers of release {HAND_MADE.name}, seed {seed}, {DAYS} days between visits")
    print("| total | visits | acceptance: largest | typical | type shares: largest | typical |")
    print("|---|---|---|---|---|---|")
    for (total, visits), gaps in measure(HAND_MADE, customers, seed).items():
        cells = [f"{pick(values):.1e}" for values in zip(*gaps, strict=True) for pick in (max, _median)]
        print(f"| {total} | {visits} | {' | '.join(cells)} |")


def _median(values) -> float:
    return sorted(values)[len(values) // 2]


if __name__ == "__main__":
    main()
