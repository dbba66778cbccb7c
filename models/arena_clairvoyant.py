"""Who knows each customer's type and usual requirement, and how this world's chance works, but not today's draw.

What every plan of a ladder is worth comes by brute force from the world's true law, today's requirement integrated out,
and the best is played. It shares no code with the till's plan. The seer knows today's draw as well.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import special, stats

from models.arena_customers import NEVER_LESS, Crowd, Shop, usual
from models.arena_kernels import Happened, Law, accepts, law_of, leaves, play_plans
from models.arena_ladders import MOST
from models.replies import ACCEPTED, INDIFFERENT, LEFT, SENSITIVE, STAYED

POINTS = 121  # of today's draw, where one is needed: the more, the further out
FARTHEST = 12  # logit of the last of them
PLACES = 201  # of usual requirements
TYPES = 3


class Plans(NamedTuple):
    """All plans of the longest ladder, each with its rungs (P, MOST) and length (P,), by first rung, then last."""

    rungs: NDArray[np.int64]
    length: NDArray[np.int64]


def every_plan(rungs: int = MOST) -> Plans:
    """Every ascending choice of rungs: 2^K - 1 plans."""
    chosen = [each for size in range(1, rungs + 1) for each in combinations(range(rungs), size)]
    out = np.zeros((len(chosen), MOST), np.int64)
    for row, plan in enumerate(chosen):
        out[row, : len(plan)] = plan
    return Plans(out, np.array([len(plan) for plan in chosen]))


def play(shop: Shop, crowd: Crowd, smallest_first: bool, sees_hagglers: bool = True) -> Happened:
    """What the clairvoyant makes of these visits, with any first rung or with the smallest.

    Without ``sees_hagglers``, hagglers are taken for customers like all others.
    """
    law, plans = law_of(shop), every_plan()
    low, high = _range(shop, crowd)
    places = np.linspace(low, high, PLACES)
    best = _best_by_customer(shop, law, plans, places, smallest_first)
    theta = usual(shop, crowd.theta, crowd.basket)
    place = np.rint((np.clip(theta, low, high) - low) / (high - low) * (PLACES - 1)).astype(np.int64)
    haggles = (crowd.haggles & sees_hagglers)[:, None].astype(np.int64)
    chosen = best[crowd.basket, haggles, crowd.type, place]
    return Happened(*play_plans(law, crowd, *plans, chosen))


def seer(shop: Shop, crowd: Crowd) -> Happened:
    """The best that could have been made of every visit, all draws known."""
    return Happened(*_hindsight(law_of(shop), crowd, shop.keeps, shop.lost, shop.world.question))


def _range(shop: Shop, crowd: Crowd) -> tuple[float, float]:
    theta = usual(shop, crowd.theta, crowd.basket)
    return float(theta.min()) - 1e-9, float(theta.max()) + 1e-9


def _best_by_customer(
    shop: Shop, law: Law, plans: Plans, places: NDArray[np.float64], smallest_first: bool
) -> NDArray[np.int64]:
    """Number of the best plan (kinds, haggles or not, types, PLACES)."""
    best = np.empty((len(shop.kinds), 2, TYPES, PLACES), np.int64)
    for basket, kind in enumerate(shop.kinds):
        fits = plans.rungs.max(axis=1) < len(kind.depths)
        if smallest_first:
            fits &= plans.rungs[:, 0] == 0
        satisfied, short, weight = _satisfied(shop, law, basket, places)
        for haggles in (False, True):
            worth = _worth(
                law, satisfied, short, weight, plans.rungs[fits], plans.length[fits], basket, haggles,
                not shop.world.free, shop.world.truth.eps, shop.keeps[basket], shop.lost[basket], shop.world.question,
            )  # fmt: skip
            best[basket, int(haggles)] = np.flatnonzero(fits)[worth.argmax(axis=-1)]
    return best


def _satisfied(
    shop: Shop, law: Law, basket: int, places: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of a sensitive customer at each place, (PLACES, points, MOST, 2) by rung, first or later: chance to be satisfied,
    and by how much, in log depth, the rung falls short; and the weight of each point.

    One point is enough unless leaving hangs on how far an offer falls short of today's requirement.
    """
    counted = law.log_depth[basket][:, None] - np.array([0.0, law.delta])
    one = np.zeros((len(places), 1, MOST, 2)), np.ones(1)
    if shop.world.free:
        away = np.exp(counted) - np.maximum(np.exp(places), NEVER_LESS)[:, None, None]
        return 1 / (1 + np.exp(-away / shop.world.free))[:, None], *one
    sigma, freedom = shop.world.truth.sigma, shop.world.truth.freedom
    noise = stats.norm if np.isinf(freedom) else stats.t(freedom)
    if not law.reach:
        return noise.cdf((counted - places[:, None, None]) / sigma)[:, None], *one
    logits = np.linspace(-FARTHEST, FARTHEST, POINTS + 1)
    weight = np.diff(special.expit(logits))
    need = places[:, None] + sigma * noise.ppf(special.expit((logits[1:] + logits[:-1]) / 2))
    short = need[..., None, None] - counted
    return (short <= 0).astype(float), np.maximum(short, 0.0), weight / weight.sum()


@njit(nogil=True, cache=True)
def _worth(
    law, satisfied, short, weight, plans, lengths, basket, haggles, one_need, eps, keeps, lost, question
):  # fmt: skip
    """What every plan is worth (types, places, plans), minor units. one_need: one requirement holds all visit."""
    out = np.empty((TYPES, len(satisfied), len(plans)))
    top, met, far = law.rungs[basket] - 1, np.empty(MOST), np.zeros(MOST)
    for row in range(len(plans)):
        plan, length = plans[row], lengths[row]
        for kind in range(TYPES):
            away = law.hazards[:, kind]
            met[:] = 0.5
            slip = eps * _walked(plan, length, met, far, away, 0.0, False, keeps, lost, question)
            for number in range(length):
                met[number] = 1.0 if kind == INDIFFERENT or plan[number] == top else 0.0
            if kind != SENSITIVE:
                right = _walked(plan, length, met, far, away, 0.0, haggles, keeps, lost, question)
                out[kind, :, row] = slip + (1 - eps) * right
                continue
            for place in range(len(satisfied)):
                total = 0.0
                for point in range(len(weight)):
                    _chances(satisfied[place, point], plan, length, haggles, one_need, met)
                    for number in range(length):
                        far[number] = short[place, point, plan[number], min(number, 1)]
                    right = _walked(plan, length, met, far, away, law.reach, haggles, keeps, lost, question)
                    total += weight[point] * right
                out[kind, place, row] = slip + (1 - eps) * total
    return out


@njit(nogil=True, cache=True)
def _chances(satisfied, plan, length, haggles, one_need, met):
    """Chance to be satisfied by each offer, of who refused all before and stayed."""
    before = 0.0
    for number in range(length):
        chance = satisfied[plan[number], min(number, 1)]
        met[number] = chance
        if one_need:
            met[number] = max(chance - before, 0.0) / (1 - before) if before < 1.0 else 0.0
        if not (haggles and number == 0):  # on principle: it tells nothing of the requirement
            before = max(before, chance)


@njit(nogil=True, cache=True)
def _walked(plan, length, met, far, away, reach, haggles, keeps, lost, question):
    """Expected earning of one plan where the chances to be satisfied by each offer are known."""
    here, worth = 1.0, 0.0
    for number in range(length):
        on_principle = haggles and number == 0
        taken = 0.0 if on_principle else here * met[number]
        worth += taken * keeps[plan[number]] - here * question
        last = number == length - 1
        leaves = away[1 if last else 0]
        if reach > 0.0:
            leaves = min(1.0, leaves * far[number] / reach)
        gone = 0.0 if on_principle else (here - taken) * leaves
        worth -= gone * lost
        here -= taken + gone
        if last:
            worth += here * keeps[plan[number]]
    return worth


@njit(nogil=True, cache=True)
def _hindsight(law, crowd, keeps, lost, question):
    """Of every visit the best (rung offered last, offers heard, ending)."""
    shape = crowd.basket.shape
    rung, heard, ending = np.empty(shape, np.int8), np.empty(shape, np.int8), np.empty(shape, np.int8)
    worth, then = np.empty((MOST + 1, MOST)), np.empty((MOST + 1, MOST), np.int64)
    for who in range(shape[0]):
        for visit in range(shape[1]):
            basket = crowd.basket[who, visit]
            said = _best_walk(law, crowd, who, visit, keeps[basket], lost[basket], question, worth, then)
            rung[who, visit], heard[who, visit], ending[who, visit] = said
    return rung, heard, ending


@njit(nogil=True, cache=True)
def _best_walk(law, crowd, who, visit, keeps, lost, question, worth, then):
    """By induction over offers: ``worth`` of a rung as offer ``number``, and the rung to offer ``then``, -1: none."""
    count = law.rungs[crowd.basket[who, visit]]
    for number in range(count - 1, -1, -1):
        for rung in range(number, count):
            then[number, rung] = -1
            if accepts(law, crowd, who, visit, number, rung):
                worth[number, rung] = keeps[rung] - question
                continue
            gone = leaves(law, crowd, who, visit, number, rung, True)
            best = -lost if gone else keeps[rung]
            if not leaves(law, crowd, who, visit, number, rung, False):
                for higher in range(rung + 1, count):
                    if worth[number + 1, higher] > best:
                        best, then[number, rung] = worth[number + 1, higher], higher
            worth[number, rung] = best - question
    number, rung = 0, 0
    for first in range(1, count):  # of equal ones the deepest, which asks least
        rung = first if worth[0, first] >= worth[0, rung] else rung
    while then[number, rung] >= 0:
        number, rung = number + 1, then[number, rung]
    if accepts(law, crowd, who, visit, number, rung):
        return rung, number + 1, ACCEPTED
    return rung, number + 1, LEFT if leaves(law, crowd, who, visit, number, rung, True) else STAYED
