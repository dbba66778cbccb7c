"""How far the till's integer belief is from the float reference: ``python -m models.accuracy`` prints the table.

Simulated customers visit a week apart with random baskets and climb random ladders. After a number of visits each
belief is asked for the type shares and for the chance to accept every rung of a ladder, on another random basket, as a
first offer and after one or two refusals. `table_error` is the short form that goes with every release.
"""

import math
import sys
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from models import posterior
from models.basket_features import cohort as cohort_of
from models.basket_features import raised
from models.release import HAND_MADE, Release
from models.simulate import climb, shopper
from models.tables import held
from pos_client.core import belief

AFTER = (1, 2, 5, 20, 100)
KEPT = ("kept at 2^30", "published at 65536", "always at 65536")
ASKED = (100, 300, 500, 800, 1200, 1800, 2500, 4000)
DAYS = 7
SURPRISE = 0.05  # refusals less likely than this are told apart
FIGURES = {"kept": KEPT[0], "published": KEPT[1], "till_alone": KEPT[2]}


class Gap(NamedTuple):
    """Largest distance of one belief from the exact one: of the chance to accept, and of a type's share.

    ``surprised`` is the chance to accept after refusals that this customer makes less than once in twenty.
    """

    first: float
    later: float
    surprised: float
    shares: float


def table_error(release: Release, customers: int = 6, seed: int = 1) -> dict[str, dict[str, float]]:
    """What a release states of its integer tables: {how a belief is kept: largest `Gap` by name}, after 1 to 20 visits.

    kept: at 2^30 in the service; published: the same at 65536; till_alone: updated at 65536 by a till without service.
    """
    gaps = measure(release, customers, seed, (1, 5, 20), 640)
    return {
        figure: {
            name: max(
                [getattr(one, name) for (kept, _), seen in gaps.items() if kept == called for one in seen]
            )
            for name in Gap._fields
        }
        for figure, called in FIGURES.items()
    }


def measure(release: Release, customers: int, seed: int, after=AFTER, points: int = 4096) -> dict:
    """{(how the belief is kept, visits): the gaps of all customers}."""
    tables = held(release)
    chance, goods = Random(seed), Random(f"{seed}/goods")
    gaps: dict[tuple[str, int], list[Gap]] = {(kept, visits): [] for kept in KEPT for visits in after}
    for _ in range(customers):
        for visits, exact, beliefs in _life(tables, release, chance, goods, max(after), points):
            if visits in after:
                bought = basket(goods)
                offset, asked = belief.offset(tables, bought), questions(exact, raised(release, bought))
                for kept, weights in zip(KEPT, beliefs, strict=True):
                    gaps[kept, visits].append(gap(tables, weights, offset, exact, asked))
    return gaps


def basket(chance: Random) -> dict:
    """What a checkout record says of a random basket: mostly small, a tenth of them large."""
    count = min(int(chance.expovariate(0.25)) + 1, 40)
    lines = [{"quantity": chance.choice((1, 1, 1, 2, 4))} for _ in range(count)]
    gross = sum([line["quantity"] * chance.randint(50, 1500) for line in lines])
    return {"lines": lines, "gross": gross, "currency": "EUR"}


def gap(tables: belief.Model, weights: list[int], offset: int, exact: posterior.State, asked: list) -> Gap:
    """The distance of one integer belief from the exact one, and from its answers to what was `questions`."""
    total = sum(weights)
    mine = (weights[0] / total, weights[1] / total, sum(weights[2:]) / total)
    worst = {"shares": max(abs(a - b) for a, b in zip(mine, posterior.shares(exact), strict=True))}
    for kind, depth, is_top, refused, chance in asked:
        heard = [(*offer, False, "asked_more") for offer in refused]
        said = belief.predict(tables, weights, depth, is_top, bool(refused), heard, offset) / belief.ONE
        worst[kind] = max(worst.get(kind, 0.0), abs(said - chance))
    return Gap(worst["first"], worst.get("later", 0.0), worst.get("surprised", 0.0), worst["shares"])


def questions(exact: posterior.State, raised: float) -> list[tuple]:
    """(kind of gap, depth, is it the top, offers refused before, the exact chance to accept it)."""
    known: dict[tuple, float] = {}
    out = []
    for rung, depth in enumerate(ASKED):
        is_top = rung == len(ASKED) - 1
        for first in range(rung, max(rung - 3, -1), -1):
            refused = tuple([(lower, False) for lower in ASKED[first:rung]])
            chance = known[depth, refused] = posterior.acceptance(exact, depth, is_top, refused, raised)
            reached = math.prod([1 - known[refused[at][0], refused[:at]] for at in range(len(refused))])
            out.append((_kind(refused, reached), depth, is_top, refused, chance))
    return out


def _kind(refused: tuple, reached: float) -> str:
    if not refused:
        return "first"
    return "later" if reached >= SURPRISE else "surprised"


def _life(
    tables: belief.Model, release: Release, chance: Random, goods: Random, visits: int, points: int
) -> Iterator[tuple]:
    """One customer's visits: (how many so far, exact state, one integer belief for each way of keeping it)."""
    bought = basket(goods)
    cohort = cohort_of(release, bought)
    someone = shopper(release, chance, cohort)
    exact = posterior.init(release, points, cohort)
    cohort = belief.cohort_of(tables, bought)
    fine, coarse = belief.initial(tables, belief.PRECISE, cohort), belief.initial(tables, cohort=cohort)
    for visit in range(1, visits + 1):
        ladder = sorted(chance.sample(range(50, 4000, 50), chance.randint(1, 6)))
        needs = someone.visit(chance, raised(release, bought))
        offers, outcome = climb(needs, ladder, list(range(len(ladder))))
        rungs = [{"depth": depth} for depth in ladder]
        record = {"ladder": rungs, "offers": offers, "outcome": outcome, "training": False, **bought}
        exact, _ = posterior.step(exact, record, DAYS)
        heard, offset = belief.offers_of(record), belief.offset(tables, record)
        fine, coarse = (
            belief.update(tables, belief.drift(tables, weights, DAYS, cohort), heard, outcome, offset)
            for weights in (fine, coarse)
        )
        yield visit, exact, (fine, belief.rescale(fine, belief.ONE), coarse)
        bought = basket(goods)


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
