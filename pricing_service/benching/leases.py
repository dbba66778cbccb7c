"""`python -m pricing_service.benching.leases`: how often a till refuses for want of a lease, and what leases prevent.

Simulated trading days: tills of which some sell much more than others, a budget for the day, gifts of all sizes, and
a network that fails in several ways. Money is in minor units, a tick is one pace of the tills' sync.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

from pos_client.core import lease
from pricing_service.leasing import Budget, Lease, Name, divide

TICKS = 2880  # of 15 seconds: twelve hours
DAY = 1
BUDGET = 100_000
GIFTS = (100, 100, 200, 200, 300, 500, 1000)
SEEDS = 12


class Till:
    """What one till knows: its lease and the shop's spending by its snapshot, and what it gave since."""

    def __init__(self, number: int, rate: float) -> None:
        self.lease = Lease(Name(f"till-{number:03}", 1), "x", "day", DAY)
        self.rate = rate
        self.leased, self.left, self.version = 0, BUDGET, 0
        self.unsent: list[int] = []
        self.since = 0

    def may_give(self, leases: bool) -> int:
        return min(self.leased, self.left) - self.since if leases else self.left - self.since


class Tally(NamedTuple):
    """Of a day: customers who asked, those refused though the shop had the money, and what was given too much."""

    asked: int
    wanting: int
    over: int


Network = Callable[[int, int, random.Random], bool]
NETWORKS: dict[str, Network] = {
    "always": lambda tick, till, chance: True,
    "one exchange in three fails": lambda tick, till, chance: chance.random() > 1 / 3,
    "away for two hours": lambda tick, till, chance: not 1200 <= tick < 1680,
    "away from noon on": lambda tick, till, chance: tick < 1440,
    "half of the tills away all day": lambda tick, till, chance: till % 2 == 0 or tick < 1,
    "away all day": lambda tick, till, chance: tick < 1,
}


def day(tills: int, load: float, network: Network, leases: bool, seed: int) -> Tally:
    """A day on which customers ask for ``load`` times the budget."""
    chance = random.Random(seed)
    shares = [1 / (number + 1) for number in range(tills)]
    customers = load * BUDGET / (sum(GIFTS) / len(GIFTS))
    field = [Till(number, customers * share / sum(shares) / TICKS) for number, share in enumerate(shares)]
    given = spent = asked = wanting = 0
    for tick in range(TICKS):
        for number, till in enumerate(field):
            while chance.random() < till.rate / (1 + till.rate):
                asked, gift = asked + 1, chance.choice(GIFTS)
                if gift <= till.may_give(leases):
                    till.unsent.append(gift)
                    till.since, given = till.since + gift, given + gift
                elif given + gift <= BUDGET:
                    wanting += 1
            if network(tick, number, chance):
                spent += _synced(field, till, spent, tick)
    return Tally(asked, wanting, max(0, given - BUDGET))


def _synced(field: list[Till], till: Till, spent: int, tick: int) -> int:
    """The till's records arrive and it fetches the next snapshot; gives what they say was given."""
    told = sum(till.unsent)
    for gift in till.unsent:
        till.lease.report(DAY, gift)
    till.unsent, till.since = [], 0
    if till.version > till.lease.asked:
        till.lease.obey()
    divide(Budget("x", "day", BUDGET), {DAY: spent + told}, [one.lease for one in field], tick, tick)
    till.leased, till.left, till.version = till.lease.now.told, BUDGET - spent - told, tick + 1
    return told


def budgets() -> list[str]:
    """The table of budgets, as Markdown."""
    out = [
        "| network | tills | asked for | refused for want of a lease | given too much | without leases |",
        "|---|---|---|---|---|---|",
    ]
    for name, network in NETWORKS.items():
        for tills in (4, 20):
            for load in (0.5, 0.95, 1.5):
                held = [day(tills, load, network, True, seed) for seed in range(SEEDS)]
                free = [day(tills, load, network, False, seed) for seed in range(SEEDS)]
                wanting = 100 * sum(one.wanting for one in held) / sum(one.asked for one in held)
                over, without = (
                    100 * sum(one.over for one in days) / SEEDS / BUDGET for days in (held, free)
                )
                out.append(
                    f"| {name} | {tills} | {100 * load:.0f} % | {wanting:.2f} % | {over:.1f} % | {without:.1f} % |"
                )
    return out


def allowances() -> list[str]:
    """The table of one use per customer: who is refused it once a snapshot is too old, and what a cheat gets."""
    out = [
        "| tills | honest customers refused | uses a cheat gets at all tills |",
        "|---|---|---|",
    ]
    customers = [f"{number:064x}" for number in range(2000)]
    for tills in (1, 2, 8, 40):
        mine = [sum(lease.uses(0, tills, customer, "x", 0, 1) for customer in customers)]
        mine.append(sum(lease.uses(place, tills, customers[0], "x", 0, 1) for place in range(tills)))
        young, old = f"0 %, {tills}", f"{100 - mine[0] / 20:.0f} %, {mine[1]}"
        out.append(f"| {tills} | young: {young.split(', ')[0]}, old: {old.split(', ')[0]} |")
        out[-1] += f" young: {tills}, old: {mine[1]} |"
    return out


def main() -> None:
    print("\n".join([*budgets(), "", *allowances()]))


if __name__ == "__main__":
    main()
