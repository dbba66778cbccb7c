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
GIFTS = (100, 100, 200, 200, 300, 500, 1000)
SEEDS = 12
SIZES = (
    (4, 300, 0.95),
    (20, 300, 0.95),
    (20, 3000, 0.95),
    (20, 3000, 1.5),
)  # tills, gifts, what is asked for


class Till:
    """What one till knows: its lease and the shop's spending by its snapshot, and what it gave since."""

    def __init__(self, number: int, rate: float, chance: random.Random) -> None:
        self.lease = Lease(Name(f"till-{number:03}", 1), "x", "day", DAY - 1)
        for _ in range(int(rate * TICKS)):
            self.lease.report(DAY - 1, chance.choice(GIFTS))
        self.lease.roll(DAY)
        self.rate = rate
        self.leased, self.left, self.version = 0, 0, 0
        self.unsent: list[int] = []
        self.since = 0

    def may_give(self, leases: bool) -> int:
        return min(self.leased, self.left) - self.since if leases else self.left - self.since


class Field:
    """The tills, after an ordinary day, the service's count of what was given, and the version of the snapshot."""

    def __init__(self, tills: int, budget: int, customers: float, chance: random.Random) -> None:
        shares = [1 / (number + 1) for number in range(tills)]
        rates = [customers * share / sum(shares) / TICKS for share in shares]
        self.tills = [Till(number, rate, chance) for number, rate in enumerate(rates)]
        self.budget = budget
        self.spent, self.version, self.changed = 0, 0, True

    def sync(self, till: Till) -> None:
        """The till's records arrive, it says what it goes by, and fetches the next snapshot."""
        for gift in till.unsent:
            till.lease.report(DAY, gift)
            self.spent += gift
        obeys = till.lease.recalls() and till.version > till.lease.asked
        if obeys:
            till.lease.obey()
        self.changed = self.changed or obeys or bool(till.unsent)
        if self.changed:
            leases = [one.lease for one in self.tills]
            divide(Budget("x", "day", self.budget), {DAY: self.spent}, leases, self.version, 0)
            self.version, self.changed = self.version + 1, False
        till.unsent, till.since, till.version = [], 0, self.version
        till.leased, till.left = till.lease.now.told, self.budget - self.spent


class Tally(NamedTuple):
    """Of a day: customers who asked, those refused while a fifth of the ``budget`` was there, and what was ``left``."""

    asked: int
    wanting: int
    left: int
    budget: int


Network = Callable[[int, int, random.Random], bool]
NETWORKS: dict[str, Network] = {
    "always": lambda tick, till, chance: True,
    "one exchange in three fails": lambda tick, till, chance: chance.random() > 1 / 3,
    "away for two hours": lambda tick, till, chance: not 1200 <= tick < 1680,
    "away from noon on": lambda tick, till, chance: tick < 1440,
    "half of the tills away all day": lambda tick, till, chance: till % 2 == 0 or tick < 1,
    "away all day": lambda tick, till, chance: tick < 1,
}


def day(tills: int, gifts: int, load: float, network: Network, leases: bool, seed: int) -> Tally:
    """A day with a budget of so many gifts, of which customers ask for ``load``."""
    chance = random.Random(seed)
    budget = gifts * sum(GIFTS) // len(GIFTS)
    field = Field(tills, budget, load * gifts, chance)
    given = asked = wanting = 0
    for tick in range(TICKS):
        for number, till in enumerate(field.tills):
            while chance.random() < till.rate / (1 + till.rate):
                asked, gift = asked + 1, chance.choice(GIFTS)
                if gift <= till.may_give(leases):
                    till.unsent.append(gift)
                    till.since, given = till.since + gift, given + gift
                elif given < budget - budget // 5:
                    wanting += 1
            if network(tick, number, chance):
                field.sync(till)
    return Tally(asked, wanting, budget - given, budget)


def budgets() -> list[str]:
    """The table of budgets, as Markdown."""
    out = [
        "| network | tills | budget, gifts | asked for | refused for want of a lease | overspent | without leases |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, network in NETWORKS.items():
        for tills, gifts, load in SIZES:
            held, free = (
                [day(tills, gifts, load, network, leases, seed) for seed in range(SEEDS)]
                for leases in (True, False)
            )
            wanting = 100 * sum(one.wanting for one in held) / sum(one.asked for one in held)
            over, without = (
                100 * sum(max(0, -one.left) for one in days) / sum(one.budget for one in days)
                for days in (held, free)
            )
            figures = f"{100 * load:.0f} % | {wanting:.1f} % | {over:.1f} % | {without:.1f} % |"
            out.append(f"| {name} | {tills} | {gifts} | {figures}")
    return out


def allowances() -> list[str]:
    """The table of one use per customer, once a snapshot is older than it is trusted."""
    out = ["| tills | honest customers refused | uses of who goes round all tills |", "|---|---|---|"]
    customers = [f"{number:064x}" for number in range(2000)]
    for tills in (1, 2, 8, 40):
        here = sum(lease.uses(0, tills, customer, "x", 0, 1) for customer in customers)
        round_all = sum(lease.uses(place, tills, customers[0], "x", 0, 1) for place in range(tills))
        refused = 100 - 100 * here / len(customers)
        out.append(f"| {tills} | 0 %, then {refused:.0f} % | {tills}, then {round_all} |")
    return out


def main() -> None:
    print("\n".join([*budgets(), "", *allowances()]))


if __name__ == "__main__":
    main()
