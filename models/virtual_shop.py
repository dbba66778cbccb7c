"""A shop whose customers are known: millions of simulated checkouts in the layout of `models.checkout_table`.

The truth is data, and so is every way in which a world breaks the model's assumptions.

    dataset = play(truth_of(HAND_MADE), customers=20_000, visits=5, ladders=YARDSTICK, chance=np.random.default_rng(1))
    dataset = play(WORLDS["heavy tails"](truth_of(HAND_MADE)), ...)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models import checkout_table, replies
from models.truth import WORLDS, Truth, from_priors, truth_of

__all__ = ["MIXED", "WORLDS", "YARDSTICK", "Design", "Truth", "from_priors", "play", "truth_of"]

FIRST_DAY = 20454  # 2026-01-01
LINES_PER_HABIT = 1.5
TYPICAL_PRICE = 600  # minor units a line


@dataclass(frozen=True)
class Design:
    """A ladder (depths of its rungs in basis points, smallest first), the rungs planned, and how often it is met."""

    depths: tuple[int, ...]
    plan: tuple[int, ...]
    share: float = 1.0


YARDSTICK = (Design((200, 300, 500, 700, 1000, 1500, 2000, 2500), tuple(range(8))),)
# A shop's mixture: short ladders, long ones, and plans that skip rungs or stop early.
MIXED = (
    Design((300, 500, 1000), (0, 1, 2), 4),
    Design((200, 500, 700, 1200, 2000), (0, 2, 4), 3),
    Design((500,), (0,), 2),
    Design((200, 300, 500, 700, 1000, 1500, 2000, 2500), (0, 1, 2, 3, 4), 1),
    Design((400, 800, 1600), (0, 2), 2),
)


def play(
    truth: Truth,
    *,
    customers: int,
    visits: int | NDArray[np.int64],
    ladders: Sequence[Design] = YARDSTICK,
    chance: np.random.Generator,
    days: int = 365,
    baskets: dict[str, NDArray[Any]] | None = None,
) -> xr.Dataset:
    """The checkouts of these customers over ``days`` days, shuffled as a log is.

    visits: one number or one each, at least 1. baskets: gross, gross_major, lines, units of every checkout, in the
    order of the log, instead of made-up ones. Adds, by token, ``true_kind`` and ``true_theta``: what each customer is
    like at the last visit.
    """
    customer = chance.permutation(np.repeat(np.arange(customers), visits))
    count = len(customer)
    day = FIRST_DAY + np.arange(count) * days // count
    basket = baskets or _baskets(customer, customers, chance)
    first = _first(customer, customers, basket)
    person, card = _persons(truth, customer, customers, day, chance)
    kind, theta = _born(truth, first[card], chance)
    cashiers = truth.cashier_eps or (truth.eps,)
    cashier = chance.integers(0, len(cashiers), count, np.int32)
    plan = _shown(ladders, count, chance)
    need = _need(truth, theta[person], basket, chance)
    said = _said(truth, kind[person], need, np.array(cashiers)[cashier], plan, chance)
    last = np.empty(customers, np.int64)
    last[customer] = person  # whoever came last is who stays here
    return checkout_table.assemble(
        {"customer": customer, "cashier": cashier, "day": day, **basket, **plan, **said},
        plan["depth"],
        plan["top"],
        tokens=np.arange(customers).astype("S8"),
        cashiers=[f"c{number}" for number in range(len(cashiers))],
        first=first,
        counts={"records": count, "used": count},
    ).assign(true_kind=("token", kind[last]), true_theta=("token", theta[last]))


def _baskets(customer: NDArray, customers: int, chance: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Some customers come with long baskets, others with short ones."""
    habit = chance.gamma(2.0, LINES_PER_HABIT, customers)
    lines = 1 + chance.poisson(habit[customer])
    units = lines + chance.poisson(0.3 * lines)
    gross = np.ceil(lines * TYPICAL_PRICE * np.exp(0.6 * chance.standard_normal(len(customer)))).astype(
        np.int64
    )
    return {"gross": gross, "gross_major": gross / 100, "lines": lines, "units": units}


def _first(customer: NDArray, customers: int, basket: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The features of every customer's first basket: (customers, features)."""
    row = np.empty(customers, np.int64)
    row[customer[::-1]] = np.arange(len(customer))[::-1]
    columns = {name: values[row] for name, values in basket.items()}
    return np.column_stack([checkout_table.features(columns, name) for name in checkout_table.FEATURES])


def _persons(
    truth: Truth, customer: NDArray, customers: int, day: NDArray, chance: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Who is behind each visit, and whose card each person carries; by half-life somebody new comes with the card."""
    if math.isinf(truth.half_life):
        return customer, np.arange(customers)
    order = np.argsort(customer, kind="stable")
    who, gap = customer[order], np.diff(day[order], prepend=0)
    first = np.diff(who, prepend=-1) > 0
    new = ~first & (chance.random(len(who)) >= 0.5 ** (np.maximum(gap, 0) / truth.half_life))
    since = np.maximum.accumulate(np.where(first | new, np.arange(len(who)), 0))
    person = np.empty_like(customer)
    person[order] = np.where(new, customers - 1 + np.cumsum(new), who)[since]
    return person, np.concatenate([np.arange(customers), who[new]])


def _born(
    truth: Truth, first: NDArray, chance: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Type and usual log depth needed of each person; the cohort is that of the card's first basket."""
    kind = chance.choice(3, len(first), p=truth.shares).astype(np.int8)
    share, centre, spread = np.array(truth.humps).T
    hump = chance.choice(len(share), len(first), p=share)
    place = centre[hump] + spread[hump] * chance.standard_normal(len(first))
    return kind, _usual(truth, first) + truth.tau * place


def _usual(truth: Truth, first: NDArray) -> NDArray[np.float64] | float:
    """The mean log depth needed in each one's cohort."""
    if truth.cohorts is None:
        return truth.mu
    value = first[:, checkout_table.FEATURES.index(truth.cohorts.feature)]
    return np.array(truth.cohort_mu)[np.searchsorted(truth.cohorts.cuts, value, side="right")]


def _need(
    truth: Truth, theta: NDArray, basket: dict[str, NDArray[Any]], chance: np.random.Generator
) -> NDArray:
    """Log depth needed on each visit."""
    count = len(theta)
    noise = (
        chance.standard_normal(count)
        if math.isinf(truth.freedom)
        else chance.standard_t(truth.freedom, count)
    )
    moved = [
        beta * (checkout_table.features(basket, name) - centre) for name, centre, beta in truth.covariates
    ]
    return theta + truth.sigma * noise + sum(moved)


def _shown(ladders: Sequence[Design], count: int, chance: np.random.Generator) -> dict[str, NDArray[Any]]:
    """The plan each visit meets: depth and top (count, K), planned (count,)."""
    lengths = [len(design.plan) for design in ladders]
    depth, top = (
        np.zeros((len(ladders), max(lengths)), np.int32),
        np.zeros((len(ladders), max(lengths)), bool),
    )
    for row, design in enumerate(ladders):
        depth[row, : lengths[row]] = [design.depths[rung] for rung in design.plan]
        top[row, : lengths[row]] = [rung == len(design.depths) - 1 for rung in design.plan]
    shares = np.array([design.share for design in ladders], float)
    met = chance.choice(len(ladders), count, p=shares / shares.sum())
    return {"depth": depth[met], "top": top[met], "planned": np.array(lengths, np.int8)[met]}


def _said(
    truth: Truth,
    kind: NDArray,
    need: NDArray,
    eps: NDArray,
    plan: dict[str, NDArray[Any]],
    chance: np.random.Generator,
) -> dict[str, NDArray[Any]]:
    """What every visit heard, and how it ended."""
    hazards = {"leave": truth.leave, "leave_end": truth.leave_end}
    heard, ending = replies.draw(chance, kind=kind, need=need, eps=eps, delta=truth.delta, **hazards, **plan)
    return {"heard": heard, "ending": ending}
