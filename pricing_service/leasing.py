"""How a budget is divided among tills that do not hear of each other: pure, `lease_dealing` keeps what it says.

What all tills hold and what their records say they gave never comes to more than the budget. A till that sells gets
more before it runs dry; where nothing is free, more is called back from those that hold more than they need. What is
called back stays theirs until they have said that they go by the smaller lease.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

ROUNDS = 64  # gifts after which a large one is forgotten
QUARTERS = 3  # of four: what is leased of a budget; the rest is for who sells more than before
UNSEEN = 20  # of a budget: what is taken for a gift's size as long as none was seen
AT_LEAST = 3  # gifts a lease should last for
LARGEST = 1 << 62  # of an amount a record may tell; a database holds no larger sum


@dataclass
class Purse:
    """Money a till may give. It may hold ``left`` as long as it has not said that it knows of the ``recalled`` part."""

    left: int = 0
    recalled: int = 0

    @property
    def told(self) -> int:
        """What the next snapshot says."""
        return max(0, self.left - self.recalled)

    def obey(self) -> None:
        """The till goes by what it was told."""
        self.left, self.recalled = self.told, 0


class Name(NamedTuple):
    """An enrolment."""

    device: str
    epoch: int


@dataclass
class Lease:
    """What one till holds of one budget: ``now`` in the period ``key``, ``later`` in each one after it.

    ``past`` it held in the one before, and may have given: in another time zone that is still the present one.

    ``given`` it reported in that period, ``before`` in the one before, ``gift`` is what it usually gives at once.
    ``asked``: a till that goes by a later version of the snapshot knows of what was recalled. A ``fading`` one is of an
    enrolment that gets nothing more.
    """

    till: Name
    discount: str
    period: str
    key: int
    now: Purse = field(default_factory=Purse)
    later: Purse = field(default_factory=Purse)
    past: int = 0
    given: int = 0
    before: int = 0
    gift: int = 0
    asked: int = 0
    since: int = 0
    fading: bool = False

    def roll(self, key: int) -> None:
        """Go on to a later period."""
        if key > self.key:
            self.past = self.now.left if key == self.key + 1 else self.later.left
            self.key, self.before, self.given = key, self.given, 0
            self.now = Purse(self.later.left, self.later.recalled)

    def report(self, key: int, amount: int) -> None:
        """The till's record arrived: it gave ``amount`` in the period ``key``."""
        self.roll(key)
        amount = min(amount, LARGEST)
        self.gift = max(amount, self.gift - (self.gift - amount) // ROUNDS)
        if key == self.key:
            self.given = min(LARGEST, self.given + amount)
            self.now.left = max(0, self.now.left - amount)
            self.now.recalled = min(self.now.recalled, self.now.left)
        elif key == self.key - 1:
            self.past = max(0, self.past - amount)

    def change_period(self, period: str, key: int) -> None:
        """The rule counts otherwise now: all that is out is called back."""
        out = max(self.now.left, self.later.left)
        self.period, self.key, self.given, self.before, self.past = period, key, 0, 0, 0
        self.now, self.later = Purse(out, out), Purse()

    def held(self, key: int) -> int:
        """What the till may give, or gave and did not report yet, in a period."""
        if key == self.key:
            return self.now.left
        return self.later.left if key > self.key else self.past if key == self.key - 1 else 0

    def obey(self) -> None:
        self.now.obey()
        self.later.obey()

    def recalls(self) -> bool:
        return bool(self.now.recalled or self.later.recalled)


class Budget(NamedTuple):
    """``most`` in each ``period``; ``usual``: what one gift of it comes to by its rule, 0 where that depends."""

    discount: str
    period: str
    most: int
    usual: int = 0


class _Wish(NamedTuple):
    """A purse, what it should hold, the least that is of use (one gift), and the periods it is given from."""

    lease: Lease
    purse: Purse
    target: int
    gift: int
    periods: list[int]

    @property
    def is_hungry(self) -> bool:
        return self.purse.told < self.target // 2 or self.purse.told < self.gift <= self.target

    @property
    def short(self) -> int:
        return max(0, self.target - self.purse.told)


def divide(budget: Budget, spent: Mapping[int, int], leases: list[Lease], version: int, now: int) -> None:
    """Change ``leases``, all there are of ``budget``, so that those who need it have it.

    What is free is given first, to all of them, and what is then missing is called back: so doing it twice does no
    more than doing it once. ``spent`` is what was given of it by period key, ``version`` that of the snapshot before
    the one to be built, ``now`` Unix seconds.
    """
    rooms = _rooms(budget, spent, leases)
    groups = list(_wished(budget, spent, leases, sorted(rooms)))
    hungry = [[wish for wish in group if wish.is_hungry] for group in groups]
    for wish in chain.from_iterable(hungry):
        got = _feed(wish, max(0, min(rooms[key] for key in wish.periods)), now)
        for key in wish.periods:
            rooms[key] -= got
    for group, waiting in zip(groups, hungry, strict=True):
        spare = min(rooms[key] for wish in group for key in wish.periods)
        missing = sum(wish.short for wish in waiting) - spare - sum(wish.purse.recalled for wish in group)
        _call_back(group, missing, version, now)


def free(budget: Budget, spent: Mapping[int, int], leases: list[Lease], key: int) -> int:
    """What of a period nobody has given or holds; negative where more is out than there is."""
    return budget.most - spent.get(key, 0) - sum(lease.held(key) for lease in leases)


def _rooms(budget: Budget, spent: Mapping[int, int], leases: list[Lease]) -> dict[int, int]:
    """What is free of each period that some store, or till, is in already, and of one that nobody has begun."""
    known = {lease.key for lease in leases} | spent.keys()
    return {key: free(budget, spent, leases, key) for key in known | {max(known, default=0) + 1}}


def _wished(
    budget: Budget, spent: Mapping[int, int], leases: list[Lease], keys: list[int]
) -> Iterator[list[_Wish]]:
    """Those who share: of all periods to come, then of each present one."""
    gifts = _gifts(budget, leases)
    if budget.period != "ever" and leases:
        yield [
            _Wish(one, one.later, target, gift, [key for key in keys if key > one.key])
            for one, target, gift in _ranked(budget.most, leases, gifts)
        ]
    for key in sorted({lease.key for lease in leases}):
        pool = max(0, budget.most - spent.get(key, 0))
        present = [lease for lease in leases if lease.key == key]
        ranked = _ranked(pool, present, gifts)
        yield [_Wish(one, one.now, target, gift, [key]) for one, target, gift in ranked]


def _gifts(budget: Budget, leases: list[Lease]) -> dict[Name, int]:
    """What every till usually gives at once, in minor units; of one that gave nothing yet, what others do."""
    unseen = max([lease.gift for lease in leases], default=0) or (
        0 if budget.usual else budget.most // UNSEEN
    )
    return {lease.till: max(1, budget.usual, lease.gift or unseen) for lease in leases}


def _ranked(pool: int, leases: list[Lease], gifts: dict[Name, int]) -> list[tuple[Lease, int, int]]:
    """(lease, what it should come to, a gift), those who give most first: by use, but some gifts at least as long as
    there is any.

    A lease smaller than one gift is of no use, so where there is too little for all, those who give most have it.
    """
    weights = _weights(leases)
    total = sum(weights) or 1
    ranked = sorted(zip(weights, leases, strict=True), key=lambda pair: (-pair[0], pair[1].till))
    targets = [pool * QUARTERS * weight // (4 * total) for weight, _ in ranked]
    rest = pool - sum(targets)
    for place, (weight, lease) in enumerate(ranked):
        gift, share = gifts[lease.till], targets[place]
        more = min(max(0, AT_LEAST * gift * bool(weight) - share), rest)
        targets[place] = share + more if share + more >= gift else 0
        rest -= targets[place] - share
    return [(one, target, gifts[one.till]) for (_, one), target in zip(ranked, targets, strict=True)]


def _weights(leases: list[Lease]) -> list[int]:
    """Three quarters by what was given in this period and the one before, a quarter to all alike."""
    used = [0 if lease.fading else lease.given + lease.before for lease in leases]
    alike = max(1, sum(used) // (3 * max(1, len(leases))))
    return [0 if lease.fading else use + alike for lease, use in zip(leases, used, strict=True)]


def _feed(wish: _Wish, spare: int, now: int) -> int:
    """How much of ``spare`` a till was given; what was to be called back from it comes first."""
    purse = wish.purse
    kept = min(purse.recalled, wish.short)
    purse.recalled -= kept
    got = min(wish.short, spare)
    if purse.told + got < wish.gift:
        got = 0
    purse.left += got
    if kept or got:
        wish.lease.since = now
    return got


def _call_back(wishes: list[_Wish], missing: int, version: int, now: int) -> None:
    """Call ``missing`` back from those with the most above what they should hold."""
    for wish in sorted(wishes, key=lambda one: (one.target - one.purse.told, one.lease.till)):
        back = min(missing, max(0, wish.purse.told - wish.target))
        if back > 0:
            missing -= back
            wish.purse.recalled += back
            wish.lease.asked, wish.lease.since = version, now
