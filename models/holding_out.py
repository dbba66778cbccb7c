"""Simulated shops in which some customers hold out: they refuse what would do, because more follows.

**Every customer** has a type and, where sensitive, a requirement on each visit, drawn by the law of docs/model.md. An
honest one takes the first offer that satisfies; after a refusal leaves with the hazard of the type.

**A hold-out** is drawn the same way, so the same person can be honest in one run and hold out in another. On a visit
they have an expectation, a rung of the ladder. They refuse every offer that satisfies but lies below it, and do not
leave over such a refusal. They take the first that satisfies and is as large as expected. Where the till stops
first, they take its last offer if that satisfies, and otherwise do what everybody does. What they expect next:

| behaviour | at first | after a climb that paid off | after the till stood firm |
|---|---|---|---|
| learner | nothing | one rung above what they got | what they got |
| content | nothing | what they got | what they got |
| quick | nothing | more than the largest rung | nothing |
| stubborn | more than the largest rung | the same | the same |

A climb pays off if something was refused and a larger rung bought. The till stood firm if they bought its last
rung after refusing it, with less than the largest rung they ever got. Importing this imports numba.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import holding_law, plan_kernels, tables
from models.arena_kernels import Mind
from models.holding_kernels import CONTENT, FREE, LEARNER, QUICK, STUBBORN, Law, visit
from models.holding_law import LEFT, STAYED, TOOK
from models.release import Release
from pos_client.core import belief

BEHAVIOURS = {LEARNER: "learner", CONTENT: "content", QUICK: "quick", STUBBORN: "stubborn"}
ENDS = np.array([TOOK, LEFT, STAYED])  # of the law, by the endings of `models.replies`
MARGIN = 3500
FINE = 1000  # minor units of gross in one basis point of it: amounts of rungs are whole


@dataclass(frozen=True)
class Shop:
    """``release``: what its customers are like, and what its tills believe. ``depths``: its ladder, basis points.
    ``lost``: what a customer who leaves costs besides the sale, and ``margin``, in basis points of gross."""

    name: str
    release: Release
    depths: tuple[int, ...]
    lost: int = 0
    margin: int = MARGIN


class Crowd(NamedTuple):
    """N customers of V visits: ``kind`` (N,), ``need`` (N, V) log depths, ``slip`` (N, V) mis-keyed, ``coin`` and
    ``walk`` (N, V, rungs) chance's part in each offer, ``firm`` and ``stop`` (N, V, ...) in what tills draw."""

    kind: NDArray[np.int64]
    need: NDArray[np.float64]
    slip: NDArray[np.bool_]
    coin: NDArray[np.float64]
    walk: NDArray[np.float64]
    firm: NDArray[np.float64]
    stop: NDArray[np.float64]


class Played(NamedTuple):
    """By customer and visit: ``earned`` (basis points of gross), the rung ``bought`` (-1: none), ``asked`` offers,
    ``score`` after the visit (where the till detects), whether the till ``stood`` firm
    and whether the customer ``held`` out: refused what would do. ``seen``: what the log says, visit by visit."""

    earned: NDArray[np.float64]
    bought: NDArray[np.int64]
    asked: NDArray[np.int64]
    score: NDArray[np.int64]
    stood: NDArray[np.bool_]
    held: NDArray[np.bool_]
    seen: list[holding_law.Visits]


def crowd(shop: Shop, customers: int, visits: int, chance: np.random.Generator) -> Crowd:
    """Customers, and all that chance has in store for them whatever is done."""
    law, shape = shop.release, (customers, visits)
    theta = law.mu + law.tau * chance.standard_normal(customers)
    offers = (*shape, len(shop.depths))
    return Crowd(
        chance.choice(3, customers, p=law.shares),
        theta[:, None] + law.sigma * chance.standard_normal(shape),
        chance.random(shape) < law.eps,
        chance.random(offers),
        chance.random(offers),
        chance.random(shape),
        chance.random(offers),
    )


@dataclass(frozen=True)
class Till:
    """How tills meet hold-outs. ``detects``: as this service does; ``knows``: and is told from the start who they are.
    Of what others do to everybody: nothing beyond the first ``cap`` rungs, and a stop after each offer with a chance
    of ``stops``."""

    name: str
    detects: bool = False
    knows: bool = False
    cap: int | None = None
    stops: float = 0.0


def play(shop: Shop, people: Crowd, behaviour: int, holding: NDArray[np.bool_], till: Till) -> Played:
    """All visits, the customers marked in ``holding`` (N,) with this behaviour, all others honest."""
    customers, visits = people.need.shape
    depths, rungs = np.array(shop.depths), len(shop.depths)
    mind, law, learnt = _mind(shop), _law(shop), np.tile(_initial(shop), (customers, 1))
    expects = np.where(holding & (behaviour == STUBBORN), rungs, 0)
    best, state = np.zeros(customers, np.int64), holding_law.begin(customers)
    told = _untold(customers, visits)
    keeps, lost = (shop.margin - depths) * FINE, shop.lost * FINE
    for now in range(visits):
        suspects = holding if till.knows else None
        limit = np.full(customers, FREE)
        if till.detects:
            limit = _limits(shop, state, suspects, people.firm[:, now])
        longest = 1 + (np.cumsum(people.stop[:, now] < till.stops, axis=1) == 0).sum(axis=1)
        plans, heard, ending, bought, told.held[:, now] = visit(
            mind, learnt, law, people.kind, people.need[:, now], people.slip[:, now], people.coin[:, now],
            people.walk[:, now], holding, behaviour, expects, best, keeps, lost, limit, longest, till.cap or rungs,
        )  # fmt: skip
        told.seen.append(_seen(depths, plans, heard, ending))
        if till.detects:
            state = holding_law.step(state, told.seen[-1])
            told.score[:, now] = holding_law.score(state, _stay(shop))
        told.earned[:, now] = np.where(bought >= 0, shop.margin - depths[bought], -shop.lost)
        told.bought[:, now], told.asked[:, now] = bought, heard
        told.stood[:, now] = limit != FREE
    return told


def _untold(customers: int, visits: int) -> Played:
    def numbers(kind: type) -> NDArray[Any]:
        return np.zeros((customers, visits), kind)

    return Played(numbers(float), numbers(int), numbers(int), numbers(int), numbers(bool), numbers(bool), [])


def _seen(
    depths: NDArray[np.int64], plans: NDArray[np.int64], heard: NDArray[np.int64], ending: NDArray[np.int64]
) -> holding_law.Visits:
    """What the service is told of the visits."""
    made = np.arange(heard.max()) < heard[:, None]
    return holding_law.Visits(
        np.where(made, depths[np.where(made, plans[:, : heard.max()], 0)], 0), ENDS[ending]
    )


def _limits(
    shop: Shop, state: holding_law.State, suspects: NDArray[np.bool_] | None, drawn: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How many rungs each customer may be offered at most; `FREE`: as everybody. ``suspects`` None: the law says."""
    lost = round(shop.lost * shop.release.leave_end[2])
    if suspects is None:
        suspects = holding_law.score(state, _stay(shop)) >= holding_law.least(shop.margin, lost)
    firm = suspects & (drawn * 10000 < holding_law.FIRM)
    reach = np.searchsorted(shop.depths, holding_law.ceiling(state, shop.margin, lost), side="right")
    return np.where(firm, np.maximum(reach, 1), FREE)


def _stay(shop: Shop) -> float:
    return holding_law.stay(shop.release.shares, shop.release.leave_end)


def _initial(shop: Shop) -> NDArray[np.int64]:
    return np.array(belief.initial(tables.held(shop.release), belief.PRECISE))


def _law(shop: Shop) -> Law:
    hazards = np.array([shop.release.leave, shop.release.leave_end])
    return Law(np.log(np.array(shop.depths) / 10000), hazards, shop.release.delta)


def _mind(shop: Shop) -> Mind:
    """What the shop's tills know: the tables of its release for its one ladder."""
    model = tables.held(shop.release)
    columns, part = plan_kernels.edges(model, shop.depths)
    places = np.array([[model.place(depth, later) for later in (False, True)] for depth in shop.depths])
    return Mind(
        columns[None], part[None], places[None], model.eps, np.array([model.leave, model.leave_end]),
        np.array(model.population), _initial(shop), np.zeros(0, np.int64),
    )  # fmt: skip
