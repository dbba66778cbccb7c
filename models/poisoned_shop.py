"""A simulated shop with honest and hostile cashiers, with and without the guard: what hostile records do to plans.

    played = play(stage, hostile={0: REFUSED}, guarded=True, anywhere=True)

The same customers meet the same cashiers with the same chance, whoever of them is hostile (common random numbers).
Honest cashiers differ: in how often they mis-key, in how customers react to them, in their shift, in their speed.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import guard_kernels, guard_law, guard_patterns, tables
from models.arena_customers import Crowd, Shop, crowd, open_shop
from models.arena_kernels import Law, Mind, law_of, mind_of
from models.arena_ladders import MOST
from models.arena_worlds import World
from models.guard_kernels import ACCEPTED, HONEST
from models.guard_law import Alarm, Heard, Sight
from models.release import Release
from models.replies import HUNTER

LEARNT = 3  # visits after which a hold-out has learnt
SOON, FRESH = 5, 25  # records of a cashier between two looks at what the others do
SLIPS = (0.005, 0.08)  # mis-keyed visits of honest cashiers, from the best to the worst
MANNER = 0.06  # log depth: how much less customers need of a cashier with a good manner (standard deviation)
EVENING = 0.05  # log depth: how much more they need in the evening
EVENTS = len(guard_patterns.EVENTS)  # the first of them, leaving, is read off the visit


class Stage(NamedTuple):
    """One shop and all chance has in store for it. order (T,): whose visit comes when; cashier (T,): at whose till;
    visit (T,): which of the customer's it is; coins (T, MOST), events (T, EVENTS, 2)."""

    shop: Shop
    law: Law
    people: Crowd
    mind: Mind
    order: NDArray[np.int64]
    visit: NDArray[np.int64]
    cashier: NDArray[np.int64]
    cashiers: int
    coins: NDArray[np.float64]
    events: NDArray[np.int64]


@dataclass
class Played:
    """first, last (T,): rungs with which plans begin and end. found: by cashier, (records of theirs until the alarm,
    alarm)."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    found: dict[int, tuple[int, Alarm]] = field(default_factory=dict)


class Recorded(NamedTuple):
    """A visit as it was recorded, to be learnt or not."""

    at: int
    cashier: int
    basket: int
    plan: NDArray[np.int64]
    length: int
    heard: int
    ending: int


def stage(
    world: World,
    believed: Release,
    chance: np.random.Generator,
    *,
    customers: int,
    visits: int,
    cashiers: int,
) -> Stage:
    """A shop of this world whose tills and service believe in ``believed``."""
    shop = open_shop(world, chance)
    people = crowd(shop, customers, visits, chance)
    order = chance.permutation(np.repeat(np.arange(customers), visits))
    visit = _nth(order)
    cashier = chance.integers(0, cashiers, len(order))
    people = _served(people, order, visit, cashier, cashiers, chance)
    return Stage(
        shop,
        law_of(shop),
        people,
        mind_of(tables.held(believed), shop),
        order,
        visit,
        cashier,
        cashiers,
        chance.random((len(order), MOST)),
        _events(cashier, cashiers, chance),
    )


def _nth(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many visits of the same customer came before each."""
    sorting = np.argsort(order, kind="stable")
    ranked = order[sorting]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    nth = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    out = np.empty_like(order)
    out[sorting] = nth
    return out


def _served(
    people: Crowd,
    order: NDArray[np.int64],
    visit: NDArray[np.int64],
    cashier: NDArray[np.int64],
    cashiers: int,
    chance: np.random.Generator,
) -> Crowd:
    """The crowd as it reacts to these cashiers: each has a rate of slips, a manner and a shift."""
    best, worst = np.log(SLIPS)
    eps = np.exp(chance.uniform(best, worst, cashiers))
    manner = MANNER * chance.standard_normal(cashiers) + EVENING * (chance.random(cashiers) < 0.5)
    slip, need = people.slip.copy(), people.need.copy()
    slip[order, visit] = chance.random(len(order)) < eps[cashier]
    need[order, visit] += manner[cashier][:, None]
    return people._replace(slip=slip, need=need)


def _events(cashier: NDArray[np.int64], cashiers: int, chance: np.random.Generator) -> NDArray[np.int64]:
    """Odd events of honest cashiers, as `guard_patterns.EVENTS` lists them, (hits, trials)."""
    count = len(cashier)
    hurry = chance.beta(1, 60, cashiers)  # share answered before the prompt can be seen
    given = chance.beta(1.5, 30, cashiers)  # share of sales with a gesture
    rates = np.stack([
        np.zeros(count), hurry[cashier], np.full(count, 0.01), np.full(count, 0.01), np.full(count, 0.004),
        given[cashier], np.full(count, 0.003),
    ], axis=1)  # fmt: skip
    hits = (chance.random((count, EVENTS)) < rates).astype(np.int64)
    return np.stack([hits, np.ones_like(hits)], axis=2)


def play(
    on: Stage,
    hostile: dict[int, int],
    *,
    guarded: bool,
    anywhere: bool,
    share: float = 1.0,
    known: bool = False,
) -> Played:
    """All visits in their order. ``hostile``: what some cashiers key on ``share`` of their records; anywhere:
    `adaptive_start`, else `smallest_first`; known: the hostile are distrusted from the first record on."""
    return _Playing(on, hostile, guarded, anywhere, share, known).run()


class _Guards:
    """What is kept of each cashier."""

    def __init__(self, cashiers: int) -> None:
        self.watches = [guard_law.begin() for _ in range(cashiers)]
        self.norms = [guard_law.norm([]) for _ in range(cashiers)]
        self.since: dict[int, int] = {}  # cashiers whose records teach nothing, and from which visit on

    def see(self, cashier: int, heard: list[Heard], left: bool, events: list[list[int]], at: int) -> None:
        """One more record."""
        watch = self.watches[cashier]
        if watch.records % (FRESH if self.norms[cashier].judged else SOON) == 0:
            others = [
                one for other, one in enumerate(self.watches) if other != cashier and other not in self.since
            ]
            self.norms[cashier] = guard_law.norm(others)
        refused = sum(not one.accepted for one in heard)
        sight = Sight(heard, [(int(left), refused), *[(hits, trials) for hits, trials in events[1:]]])
        guard_law.step(watch, self.norms[cashier], sight, at)

    def alarm(self, cashier: int) -> Alarm | None:
        return guard_law.alarm(self.watches[cashier], self.norms[cashier])


class _Playing:
    def __init__(
        self, on: Stage, hostile: dict[int, int], guarded: bool, anywhere: bool, share: float, known: bool
    ) -> None:
        self.on, self.guarded, self.anywhere, self.share = on, guarded, anywhere, share
        self.manner = [hostile.get(cashier, HONEST) for cashier in range(on.cashiers)]
        customers = len(on.people.basket)
        self.weights = np.tile(on.mind.initial, (customers, 1))
        self.past: list[list[Recorded]] = [[] for _ in range(customers)]
        self.guards = _Guards(on.cashiers)
        self.since = self.guards.since
        if known:
            self.since.update(dict.fromkeys(hostile, 0))
        self.counts = [0] * on.cashiers
        self.chances = np.empty(MOST, np.int64)

    def run(self) -> Played:
        on, shop = self.on, self.on.shop
        made = Played(np.empty(len(on.order), np.int64), np.empty(len(on.order), np.int64))
        for at, (who, visit, cashier) in enumerate(
            zip(on.order.tolist(), on.visit.tolist(), on.cashier.tolist(), strict=True)
        ):
            plan = np.empty(MOST, np.int64)
            length, heard, ending = guard_kernels.decide(
                on.law, on.people, on.mind, shop.keeps, shop.lost, shop.world.question, self.anywhere, MOST,
                self.weights[who], who, visit, plan,
            )  # fmt: skip
            made.first[at], made.last[at] = plan[0], plan[length - 1]
            manner = self.manner[cashier] if on.coins[at, -1] < self.share else HONEST
            heard, ending = guard_kernels.keyed(manner, length, heard, ending, on.coins[at])
            said = Recorded(at, cashier, int(on.people.basket[who, visit]), plan, length, heard, ending)
            self.past[who].append(said)
            self.counts[cashier] += 1
            if cashier in self.since:
                continue
            if self.guarded:
                self._watch(said, who)
            self._learn(said, self.weights[who])
            if self.guarded and (found := self.guards.alarm(cashier)):
                made.found[cashier] = self.counts[cashier], found
                self._take_back(cashier, found.start)
        return made

    def _watch(self, said: Recorded, who: int) -> None:
        top = self.on.law.rungs[said.basket] - 1
        guard_kernels.expect(
            self.on.mind, said.basket, top, said.plan, said.heard, self.weights[who], self.chances
        )
        accepted = said.ending == ACCEPTED
        heard = [
            Heard(int(self.chances[at]), accepted and at == said.heard - 1, at == said.length - 1)
            for at in range(said.heard)
        ]
        left = said.ending == guard_kernels.LEFT
        self.guards.see(said.cashier, heard, left, self.on.events[said.at].tolist(), said.at)

    def _learn(self, said: Recorded, weights: NDArray[np.int64]) -> None:
        top = self.on.law.rungs[said.basket] - 1
        guard_kernels.learn(
            self.on.mind, said.basket, top, said.plan, said.length, said.heard, said.ending, weights
        )

    def _take_back(self, cashier: int, start: int) -> None:
        """Learn anew whoever this cashier has met since ``start``."""
        self.since[cashier] = start
        for who, past in enumerate(self.past):
            if any(said.cashier == cashier and said.at >= start for said in past):
                self.weights[who] = self.on.mind.initial
                for said in past:
                    if said.at < self.since.get(said.cashier, math.inf):
                        self._learn(said, self.weights[who])


def holding_out(on: Stage, share: float) -> Stage:
    """The same shop, where ``share`` of the customers wait for the largest rung from their fourth visit on."""
    kind = on.people.type.copy()
    kind[: round(share * len(kind)), LEARNT:] = HUNTER
    return on._replace(people=on.people._replace(type=kind))


def honest_year(on: Stage) -> list[int]:
    """Alarms of each cashier where all are honest; after an alarm, evidence begins anew."""
    shop = on.shop
    told = np.zeros((*on.people.basket.shape, 2 + MOST), np.int64)
    given = (shop.keeps, shop.lost, shop.world.question, False, 31)
    guard_kernels.honest(on.law, on.people, on.mind, *given, told)
    guards = _Guards(on.cashiers)
    alarms = [0] * on.cashiers
    rows = told[on.order, on.visit].tolist()
    for at, (row, cashier, events) in enumerate(
        zip(rows, on.cashier.tolist(), on.events.tolist(), strict=True)
    ):
        heard = [Heard(one >> 2, one & 2 > 0, one & 1 > 0) for one in row[2 : 2 + row[0]]]
        guards.see(cashier, heard, row[1] == guard_kernels.LEFT, events, at)
        if guards.alarm(cashier):
            alarms[cashier] += 1
            guard_law.forget(guards.watches[cashier])
    return alarms
