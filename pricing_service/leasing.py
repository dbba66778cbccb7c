"""How a budget is divided among tills that do not hear of each other: pure, `lease_dealing` keeps what it says.

What all tills hold and what their records say they gave never comes to more than the budget. A till that sells gets
more before it runs dry; where nothing is free, more is called back from those that hold more than they need. What is
called back stays theirs until they have said that they go by the smaller lease.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """A purse, what it should hold, and the least that is of use: one gift."""

    lease: Lease
    purse: Purse
    target: int
    gift: int

    @property
    def is_hungry(self) -> bool:
        return self.purse.told < self.target // 2 or self.purse.told < self.gift <= self.target

    @property
    def short(self) -> int:
        return max(0, self.target - self.purse.told)


def divide(budget: Budget, spent: Mapping[int, int], leases: list[Lease], version: int, now: int) -> None:
    """Change ``leases``, all there are of ``budget``, so that those who need it have it.

    ``spent`` is what was given of it by period key, ``version`` that of the snapshot before the one to be built,
    ``now`` Unix seconds. Doing it twice does no more than doing it once.
    """
    gifts = _gifts(budget, leases)
    if budget.period != "ever":
        wishes = [_Wish(one, one.later, *rest) for one, *rest in _ranked(budget.most, leases, gifts)]
        _settle(wishes, _free_later(budget, spent, leases), version, now)
    for key in sorted({lease.key for lease in leases}):
        pool = max(0, budget.most - spent.get(key, 0))
        present = [lease for lease in leases if lease.key == key]
        wishes = [_Wish(one, one.now, *rest) for one, *rest in _ranked(pool, present, gifts)]
        _settle(wishes, free(budget, spent, leases, key), version, now)


def free(budget: Budget, spent: Mapping[int, int], leases: list[Lease], key: int) -> int:
    """What of a period nobody has given or holds; negative where more is out than there is."""
    return budget.most - spent.get(key, 0) - sum(lease.held(key) for lease in leases)


def _free_later(budget: Budget, spent: Mapping[int, int], leases: list[Lease]) -> int:
    """What can be promised of every period to come: some stores, or tills, are in the next one already."""
    first = min((lease.key for lease in leases), default=0)
    begun = [key for key in {lease.key for lease in leases} | spent.keys() if key > first]
    promised = sum(one.later.left for one in leases)
    return min([budget.most - promised, *(free(budget, spent, leases, key) for key in begun)])


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


def _settle(wishes: list[_Wish], spare: int, version: int, now: int) -> None:
    """Give to the hungry what is spare, and call back what is missing from those with the most above their need."""
    hungry = [wish for wish in wishes if wish.is_hungry]
    for wish in hungry:
        spare -= _feed(wish, max(0, spare), now)
    missing = sum(wish.short for wish in hungry) - spare - sum(wish.purse.recalled for wish in wishes)
    for wish in sorted(wishes, key=lambda one: (one.target - one.purse.told, one.lease.till)):
        if missing > 0:
            missing -= _call_back(wish, missing, version, now)


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


def _call_back(wish: _Wish, missing: int, version: int, now: int) -> int:
    """How much of ``missing`` is called back from a till."""
    back = min(missing, max(0, wish.purse.told - wish.target))
    if back:
        wish.purse.recalled += back
        wish.lease.asked, wish.lease.since = version, now
    return back
