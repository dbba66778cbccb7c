"""A simulated shop with its cashiers, and all that chance has in store for it, drawn before anybody plays.

The same customers meet the same cashiers with the same chance, whoever of them is hostile (common random numbers).
Honest cashiers differ: in how often they mis-key, in how customers react to them, in their shift, in their speed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import guard_patterns, tables
from models.arena_customers import Crowd, Shop, crowd, open_shop
from models.arena_kernels import Law, Mind, law_of, mind_of
from models.arena_ladders import MOST
from models.arena_worlds import World
from models.release import Release
from models.replies import HUNTER

LEARNT = 3  # visits after which a hold-out has learnt
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


def stage(
    world: World,
    believed: Release,
    seed: int,
    *,
    customers: int,
    visits: int,
    cashiers: int,
    again: int = 0,
) -> Stage:
    """A shop of this world whose tills and service believe in ``believed``. ``again``: the same shop of the seed, with
    other customers and cashiers."""
    chance = np.random.default_rng(seed)
    shop = open_shop(world, chance)
    if again:
        chance = np.random.default_rng((seed, again))
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


def holding_out(on: Stage, share: float) -> Stage:
    """The same shop, where ``share`` of the customers wait for the largest rung from their fourth visit on."""
    kind = on.people.type.copy()
    kind[: round(share * len(kind)), LEARNT:] = HUNTER
    return on._replace(people=on.people._replace(type=kind))


def other_luck(on: Stage, cashiers: Sequence[int], chance: np.random.Generator) -> Stage:
    """The same shop and customers, where luck fell otherwise on the visits to some cashiers, everybody honest: what a
    visit to one of them had in store beyond the customer's own need goes to another visit to the same cashier."""
    people, order, visit = on.people, on.order, on.visit
    dealt = people._replace(
        **{name: getattr(people, name).copy() for name in ("need", "slip", "coin", "walk")}
    )
    for cashier in cashiers:
        at = np.flatnonzero(on.cashier == cashier)
        one, other = (order[at], visit[at]), (order[to := chance.permutation(at)], visit[to])
        for name in ("slip", "coin", "walk"):
            getattr(dealt, name)[other] = getattr(people, name)[one]
        apart = (people.theta[other] - people.theta[one])[:, None]
        dealt.need[other] = people.need[one] + apart
    return on._replace(people=dealt)


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
