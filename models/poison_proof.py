"""What hostile cashiers do to the offers of a shop, how soon they are found, how often an honest one is suspected.

    python -m models.poison_proof                  # 30 seeds, some twenty minutes
    python -m models.poison_proof --seeds 3 --years 30

Every row meets the same customers and cashiers with the same chance (common random numbers). **Larger openings**: the
share of all visits whose plan begins above the smallest rung, under `adaptive_start`. **Larger climbs**: under
`smallest_first`, the share of all visits whose plan ends on a larger rung than in the honest shop, less the share where
it ends on a smaller one. Shifts are points (hundredths of all visits) against the same shop with honest cashiers only;
intervals 95 % over seeds.
"""

import argparse
import math
import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models import guard_law, guard_patterns, poisoned_shop, poisoned_stage
from models.arena_match import true_release
from models.arena_worlds import WORLDS
from models.guard_kernels import COINS, GONE, HONEST, REFUSED, TAKEN, TOPPED
from models.poisoned_shop import Played
from models.poisoned_stage import Stage
from models.release import HAND_MADE

SHOPS = ("grocery", "patient hunters", "half buy anyway", "in a hurry")
MANNERS = {  # what the hostile key, and on which share of their records
    "asks for more, always": (REFUSED, 1.0),
    "climbs to the top, always": (TOPPED, 1.0),
    "accepted, always": (TAKEN, 1.0),
    "left, always": (GONE, 1.0),
    "any key": (COINS, 1.0),
    "asks for more, every other": (REFUSED, 0.5),
}
YEARS = (  # shop, what is believed, cashiers, share of the customers who hold out
    ("grocery", "fitted", 3, 0.0),
    ("grocery", "fitted", 10, 0.0),
    ("grocery", "hand-made", 3, 0.0),
    ("in a hurry", "fitted", 3, 0.0),
    ("half buy anyway", "hand-made", 10, 0.0),
    ("no threshold", "hand-made", 3, 0.0),
    ("grocery", "fitted", 3, 0.19),
    ("grocery", "fitted", 10, 0.05),
)
CASHIERS, HOSTILE = 10, 2
CHECKOUTS, VISITS = 8000, 20  # of a shop; of one customer
RECORDS = 20_000  # of a cashier in a year
REGULAR = 20  # visits of a customer in it
T_30 = 2.045  # Student's t, 97.5 %, 29 degrees of freedom


class Shifts(NamedTuple):
    """Of one seed, points. ``floor``: with the hostile records left out from the first on. delays: records until found;
    missed: hostile cashiers never found; wronged: honest ones suspected."""

    base: float
    unguarded: float
    guarded: float
    floor: float
    delays: list[int]
    missed: int
    wronged: int


def openings(played: Played, honest: Played) -> float:
    """Points by which larger openings are more than with honest cashiers."""
    return 100 * float((played.first > 0).mean() - (honest.first > 0).mean())


def climbs(played: Played, honest: Played) -> float:
    """Points by which larger climbs are more than smaller ones."""
    return 100 * float((played.last > honest.last).mean() - (played.last < honest.last).mean())


def shifts(on: Stage, anywhere: bool) -> Iterator[tuple[str, Shifts]]:
    """One seed of every row: what the hostile do, what comes of it."""

    def play(manner: int = HONEST, share: float = 1.0, guarded: bool = False, known: bool = False) -> Played:
        hostile = dict.fromkeys(range(HOSTILE), manner)
        return poisoned_shop.play(on, hostile, guarded=guarded, anywhere=anywhere, share=share, known=known)

    shift, honest = openings if anywhere else climbs, play()
    base = 100 * float((honest.first > 0).mean()) if anywhere else float(honest.last.mean())
    floor = shift(play(known=True), honest)
    for name, (manner, share) in MANNERS.items():
        plain, guarded = play(manner, share), play(manner, share, guarded=True)
        found = [guarded.found[cashier][0] for cashier in range(HOSTILE) if cashier in guarded.found]
        missed, wronged = HOSTILE - len(found), len(guarded.found) - len(found)
        yield name, Shifts(base, shift(plain, honest), shift(guarded, honest), floor, found, missed, wronged)


def stage(world: str, seed: int, visits: int = VISITS, again: int = 0) -> Stage:
    size = {"customers": CHECKOUTS // visits, "visits": visits, "cashiers": CASHIERS, "again": again}
    return poisoned_stage.stage(WORLDS[world], true_release(WORLDS[world]), seed, **size)


def a_year(
    world: str, seed: int, cashiers: int, believed: str, held: float = 0.0, records: int = RECORDS
) -> Stage:
    """A shop of honest cashiers, ``records`` each, in which a share of ``held`` customers holds out."""
    release = true_release(WORLDS[world]) if believed == "fitted" else HAND_MADE
    size = {"customers": cashiers * records // REGULAR, "visits": REGULAR, "cashiers": cashiers}
    on = poisoned_stage.stage(WORLDS[world], release, seed, **size)
    return poisoned_stage.holding_out(on, held)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and half of its 95 % interval over seeds."""
    spread = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return statistics.fmean(values), T_30 * spread


def upper(events: int, trials: float, confidence: float = 0.975) -> float:
    """The most events a trial (Poisson rate) that so few events leave possible, by halving; exact (Garwood 1936)."""
    low, high = 0.0, 10.0 * (events + 5)
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        terms = [math.exp(-middle + n * math.log(middle) - math.lgamma(n + 1)) for n in range(events + 1)]
        low, high = (middle, high) if sum(terms) > 1 - confidence else (low, middle)
    return high / trials


def shift_rows(
    shops: Sequence[str], seeds: range, anywhere: bool, visits: int
) -> Iterator[tuple[str, str, list[Shifts]]]:
    """(shop, what the hostile do, a measure for each seed)."""
    for world in shops:
        rows: dict[str, list[Shifts]] = {}
        for seed in seeds:
            for name, measured in shifts(stage(world, seed, visits), anywhere):
                rows.setdefault(name, []).append(measured)
        for name, measured in rows.items():
            yield world, name, measured


def _show_shifts(shops: Sequence[str], seeds: range, anywhere: bool, visits: int) -> None:
    what = "adaptive_start: larger openings" if anywhere else "smallest_first: larger climbs"
    print(f"\n{what}, points; {visits} visits of each customer\n")
    print(
        "| shop | 2 of 10 cashiers | honest | unguarded | guarded | farthest seed | never learnt | found after |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for world, name, measured in shift_rows(shops, seeds, anywhere, visits):
        told = [
            f"{middle:+.1f} ± {half:.1f}"
            for middle, half in (
                interval([getattr(one, member) for one in measured])
                for member in ("unguarded", "guarded", "floor")
            )
        ]
        base = statistics.fmean(one.base for one in measured)
        farthest = max((one.guarded for one in measured), key=abs)
        delays = sorted(delay for one in measured for delay in one.delays)
        missed, wronged = sum(one.missed for one in measured), sum(one.wronged for one in measured)
        found = f"{_quantile(delays, 0.5)}, {_quantile(delays, 0.95)}, {delays[-1]}" if delays else "never"
        found += f"; {missed} not found" * (missed > 0) + f"; {wronged} honest suspected" * (wronged > 0)
        cells = (world, name, f"{base:.1f}", told[0], told[1], f"{farthest:+.1f}", told[2], found)
        print(f"| {' | '.join(cells)} |", flush=True)


def _quantile(ordered: list[int], share: float) -> int:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _show_alarms(first: int, years: int) -> None:
    print("\nalarms of honest cashiers, a year of 20,000 checkouts each\n")
    print(
        "| shop | beliefs | cashiers | hold-outs | cashier-years | with an alarm | per year, 97.5 % below |"
    )
    print("|---|---|---|---|---|---|---|")
    whole: list[int] = []
    for world, believed, cashiers, held in YEARS:
        counts: list[int] = []
        for seed in range(first, first - (-years // cashiers)):
            counts += poisoned_shop.honest_year(a_year(world, seed, cashiers, believed, held))
        _show_year((world, believed, str(cashiers), f"{held:.0%}"), counts)
        whole += counts
    _show_year(("all", "", "", ""), whole)


def _show_year(cells: tuple[str, ...], counts: list[int]) -> None:
    hit = sum(many > 0 for many in counts)
    told = (*cells, str(len(counts)), str(hit), f"{100 * upper(hit, len(counts)):.2f} %")
    print(f"| {' | '.join(told)} |", flush=True)


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description="hostile cashiers: what they move, how soon they are found")
    asked.add_argument("--seeds", type=int, default=30)
    asked.add_argument("--first", type=int, default=0, help="the first of the seeds")
    asked.add_argument("--years", type=int, default=100, help="of cashiers, for each row")
    asked.add_argument("--visits", type=int, default=VISITS, help="of a customer; 8,000 in all")
    asked.add_argument("--shop", choices=SHOPS, action="append", help="all four without it")
    asked.add_argument("--part", choices=("openings", "climbs", "alarms"), action="append")
    given = asked.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    parts = given.part or ["openings", "climbs", "alarms"]
    print(f"alarm at {guard_law.ALARM / guard_patterns.UNIT:.2f} natural units of evidence")
    if "openings" in parts:
        _show_shifts(given.shop or SHOPS, seeds, True, given.visits)
    if "climbs" in parts:
        _show_shifts(given.shop or SHOPS, seeds, False, given.visits)
    if "alarms" in parts:
        _show_alarms(given.first, given.years)


if __name__ == "__main__":
    main()
