"""What hostile cashiers do to the offers of a shop, how soon they are found, how often an honest one is suspected.

    python -m models.poison_proof                  # 30 seeds, an hour
    python -m models.poison_proof --part openings --part luck --seeds 3

openings  shifts of larger openings under `adaptive_start`, by what the hostile key, and when they were found
climbs    the same of larger climbs under `smallest_first`: the share of all visits whose plan ends on a larger rung
          than in the honest shop, less the share where it ends on a smaller one
luck      what moves larger openings in the same shops where nobody is hostile: how much single shops scatter
shop      one shop of a seed with other customers again and again: whether it is the shop, or was luck
missing   what a fifth of the records moves by not being learnt, by how often a customer was there
turning   how soon those are found who keyed honestly 300 times before
bound     what a record keyed by chance tells at most
alarms    honest cashiers only

Intervals are 95 % over seeds. `poison_measures` says what is measured.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from scipy.stats import t as student

from models import guard_law, guard_patterns, poison_measures, poisoned_shop
from models.poison_measures import MANNERS, SHOPS, VISITS, Found, Luck, Shifts

YEARS = (  # shop, what is believed, cashiers, share of the customers who hold out
    ("grocery", "fitted", 3, 0.0),
    ("grocery", "fitted", 10, 0.0),
    ("grocery", "hand-made", 3, 0.0),
    ("in a hurry", "fitted", 3, 0.0),
    ("half buy anyway", "hand-made", 10, 0.0),
    ("no threshold", "hand-made", 3, 0.0),
    ("no threshold", "hand-made", 10, 0.0),
    ("far offers offend", "hand-made", 3, 0.0),
    ("grocery", "fitted", 3, 0.19),
    ("grocery", "fitted", 10, 0.05),
)
HONESTLY = 300  # records of a cashier before they turn
OFTEN = (5, 10, 20, 40, 80)  # visits of a customer


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and half of its 95 % interval over seeds."""
    many = len(values)
    spread = statistics.stdev(values) / math.sqrt(many) if many > 1 else math.nan
    return statistics.fmean(values), float(student.ppf(0.975, many - 1)) * spread


def upper(events: int, trials: float, confidence: float = 0.975) -> float:
    """The most events a trial (Poisson rate) that so few events leave possible, by halving; exact (Garwood 1936)."""
    low, high = 0.0, 10.0 * (events + 5)
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        terms = [math.exp(-middle + n * math.log(middle) - math.lgamma(n + 1)) for n in range(events + 1)]
        low, high = (middle, high) if sum(terms) > 1 - confidence else (low, middle)
    return high / trials


def _table(title: str, *heads: str) -> None:
    print(f"\n{title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)


def _row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def _mean(values: Iterable[float]) -> str:
    middle, half = interval([*values])
    return f"{middle:+.1f} ± {half:.1f}"


def _farthest(values: Iterable[float]) -> str:
    return f"{max(values, key=abs):+.1f}"


def _delays(every: Sequence[Found]) -> str:
    """Median, 95 %, most."""
    delays = sorted(delay for one in every for delay in one.delays)
    missed, wronged = sum(one.missed for one in every), sum(one.wronged for one in every)
    places = [min(int(part * len(delays)), len(delays) - 1) for part in (0.5, 0.95, 1.0)]
    told = ", ".join(str(delays[place]) for place in places) if delays else "never"
    return told + f"; {missed} not found" * (missed > 0) + f"; {wronged} honest suspected" * (wronged > 0)


def _show_shifts(given: argparse.Namespace, anywhere: bool) -> None:
    what = "adaptive_start: larger openings" if anywhere else "smallest_first: larger climbs"
    moved = "unguarded", "guarded", "farthest", "beyond missing", "farthest"
    heads = ("shop", "2 of 10 cashiers", "honest", *moved, "found after")
    _table(f"{what}, points; {given.visits} visits of each customer", *heads)
    for world in given.shop:
        rows: dict[str, list[Shifts]] = {}
        for seed in given.seeds:
            for name, measured in poison_measures.shifts(
                poison_measures.stage(world, seed, given.visits), anywhere
            ):
                rows.setdefault(name, []).append(measured)
        for name, measured in rows.items():
            guarded, beyond = [one.guarded for one in measured], [one.beyond for one in measured]
            _row(
                world,
                name,
                f"{statistics.fmean(one.base for one in measured):.1f}",
                _mean(one.unguarded for one in measured),
                f"**{_mean(guarded)}**",
                _farthest(guarded),
                _mean(beyond),
                _farthest(beyond),
                _delays([one.found for one in measured]),
            )


def _show_luck(given: argparse.Namespace) -> None:
    heads = ("shop", "policy", *(f"{name}: mean, spread, farthest" for name in Luck._fields))
    _table(f"honest cashiers only, points; {given.visits} visits of each customer", *heads)
    for world in given.shop:
        for anywhere, policy in ((True, "openings"), (False, "climbs")):
            rows = [
                poison_measures.luck(
                    poison_measures.stage(world, seed, given.visits),
                    anywhere,
                    np.random.default_rng((seed, 1)),
                )
                for seed in given.seeds
            ]
            _row(world, policy, *[_spread(column) for column in zip(*rows, strict=True)])


def _spread(values: Sequence[float]) -> str:
    if math.isnan(values[0]):
        return ""
    return f"{_mean(values)}, {statistics.pstdev(values):.1f}, {_farthest(values)}"


def _show_shop(given: argparse.Namespace) -> None:
    heads = ("shop", "seed", "2 of 10 cashiers", "guarded", "spread", "farthest")
    _table(f"one shop, {len(given.seeds)} times other customers; {given.visits} visits of each", *heads)
    for world in given.shop:
        rows: dict[str, list[float]] = {}
        for again in range(1, len(given.seeds) + 1):
            on = poison_measures.stage(world, given.first, given.visits, again)
            for name, measured in poison_measures.shifts(on, True):
                rows.setdefault(name, []).append(measured.guarded)
        for name, moved in rows.items():
            spread = f"{statistics.pstdev(moved):.1f}"
            _row(world, str(given.first), name, _mean(moved), spread, _farthest(moved))


def _show_missing(given: argparse.Namespace) -> None:
    _table(
        "a fifth of the records missing: shift of larger openings, foreseen, by visits",
        "shop",
        *map(str, OFTEN),
    )
    for world in given.shop:
        rows: list[list[float]] = []
        for seed in given.seeds:
            on = poison_measures.stage(world, seed, OFTEN[-1], checkouts=400 * OFTEN[-1])
            curve = poison_measures.learning_curve(on, poison_measures.play(on, True))
            rows.append([poison_measures.missed(curve, visits) for visits in OFTEN])
        _row(world, *[_mean(column) for column in zip(*rows, strict=True)])


def _show_turning(given: argparse.Namespace) -> None:
    heads = ("shop", *MANNERS)
    _table(f"found after, by who turned after {HONESTLY} honest records; {given.visits} visits", *heads)
    for world in given.shop:
        rows: dict[str, list[Found]] = {}
        for seed in given.seeds:
            on = poison_measures.stage(world, seed, given.visits)
            for name, measured in poison_measures.turning(on, HONESTLY):
                rows.setdefault(name, []).append(measured)
        _row(world, *[_delays(measured) for measured in rows.values()])


def _show_bound(given: argparse.Namespace) -> None:
    sure = math.log(1 / guard_law.FALSE_ALARMS), math.log(guard_law.YEAR / guard_law.FALSE_ALARMS)
    heads = ("shop", "natural units a record", "from the first on", "whenever it begins")
    _table(f"any key, {given.visits} visits: the mean number of records that any test needs", *heads)
    for world in given.shop:
        stages = (poison_measures.stage(world, seed, given.visits) for seed in given.seeds)
        told = [poison_measures.knowable(on) for on in stages]
        least = statistics.fmean(told)
        _row(
            world,
            f"{least:.3f} ({min(told):.3f} to {max(told):.3f})",
            *[f"{one / least:.0f}" for one in sure],
        )


def _show_alarms(given: argparse.Namespace) -> None:
    heads = (
        "shop",
        "beliefs",
        "cashiers",
        "hold-outs",
        "cashier-years",
        "with an alarm",
        "per year, 97.5 % below",
    )
    _table("alarms of honest cashiers, a year of 20,000 checkouts each", *heads)
    whole: list[int] = []
    for world, believed, cashiers, held in YEARS:
        counts: list[int] = []
        for seed in range(given.first, given.first - (-given.years // cashiers)):
            counts += poisoned_shop.honest_year(poison_measures.a_year(world, seed, cashiers, believed, held))
        _row(world, believed, str(cashiers), f"{held:.0%}", *_year(counts))
        whole += counts
    _row("all", "", "", "", *_year(whole))


def _year(counts: Sequence[int]) -> tuple[str, str, str]:
    hit = sum(many > 0 for many in counts)
    return str(len(counts)), str(hit), f"{100 * upper(hit, len(counts)):.2f} %"


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "openings": partial(_show_shifts, anywhere=True),
    "climbs": partial(_show_shifts, anywhere=False),
    "luck": _show_luck,
    "shop": _show_shop,
    "missing": _show_missing,
    "turning": _show_turning,
    "bound": _show_bound,
    "alarms": _show_alarms,
}


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description="hostile cashiers: what they move, how soon they are found")
    asked.add_argument("--seeds", type=int, default=30)
    asked.add_argument("--first", type=int, default=0, help="the first of the seeds")
    asked.add_argument("--years", type=int, default=100, help="of cashiers, for each row")
    asked.add_argument("--visits", type=int, default=VISITS, help="of a customer; 8,000 in all")
    asked.add_argument("--shop", choices=SHOPS, action="append", help="all four without it")
    asked.add_argument("--part", choices=PARTS, action="append", help="all of them without it")
    given = asked.parse_args()
    given.seeds, given.shop = range(given.first, given.first + given.seeds), given.shop or SHOPS
    print(f"alarm at {guard_law.ALARM / guard_patterns.UNIT:.2f} natural units beyond what a beginning needs")
    for part in given.part or PARTS:
        PARTS[part](given)


if __name__ == "__main__":
    main()
