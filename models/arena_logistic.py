"""A peer: logistic regressions of acceptance, one for each cohort, and the plan they expect most of (scikit-learn)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.arena_clairvoyant import Plans, every_plan
from models.arena_customers import Crowd, Shop
from models.arena_kernels import Happened, Law, law_of
from models.arena_ladders import MOST
from models.arena_peers import COHORTS, cohort_after, one_visit, played, together
from models.replies import ACCEPTED, LEFT

AFRESH = 3  # visits after which the regressions are fitted anew
ENOUGH = 30  # acceptances and refusals of a cohort, before it has a regression of its own


class Offers(NamedTuple):
    """Offers that were made, (M,): which (`_code`), whether accepted, cohort, if the last of a plan, whether lost."""

    code: NDArray[np.int64]
    accepted: NDArray[np.bool_]
    cohort: NDArray[np.int64]
    end: NDArray[np.bool_]
    left: NDArray[np.bool_]


def logistic(shop: Shop, learning: Crowd, crowd: Crowd, chance: np.random.Generator) -> Happened:
    """Acceptance by depth and refusals, a regression for each cohort; then the plan with the greatest expected margin.

    The learning visits are random plans, so that every depth is seen as a first and as a later offer.
    """
    law, plans = law_of(shop), every_plan()
    seen: list[Offers] = []
    cohort = np.zeros(len(learning.basket), np.int64)
    for visit in range(learning.basket.shape[1]):
        cohort = _random_visit(shop, law, one_visit(learning, visit), plans, cohort, seen, chance)
    cohort, visits = np.zeros(len(crowd.basket), np.int64), []
    best = np.empty((0, 0), np.int64)
    for visit in range(crowd.basket.shape[1]):
        here = one_visit(crowd, visit)
        if visit % AFRESH == 0:
            best = _best_plans(shop, plans, _joined(seen))
        chosen = best[here.basket, cohort[:, None]]
        visits.append(played(law, here, plans, chosen))
        seen.append(_offers(shop, here, plans, chosen, visits[-1], cohort))
        cohort = cohort_after(shop, here, visits[-1])
    return together(visits)


def _random_visit(
    shop: Shop,
    law: Law,
    here: Crowd,
    plans: Plans,
    cohort: NDArray,
    seen: list[Offers],
    chance: np.random.Generator,
) -> NDArray[np.int64]:
    """Any first rung, all alike, and then every deeper one or not, by a coin."""
    rungs = shop.rungs[here.basket[:, 0]]
    first = (chance.random(len(rungs)) * rungs).astype(np.int64)
    place = np.arange(MOST)
    coin = chance.random((len(rungs), MOST)) < 0.5
    offered = (place == first[:, None]) | (coin & (place > first[:, None]) & (place < rungs[:, None]))
    chosen = _number(plans)[offered @ (1 << place)][:, None]
    happened = played(law, here, plans, chosen)
    seen.append(_offers(shop, here, plans, chosen, happened, cohort))
    return cohort_after(shop, here, happened)


def _number(plans: Plans) -> NDArray[np.int64]:
    """The number of a plan by the sum of 2^rung over its rungs."""
    in_plan = np.arange(MOST) < plans.length[:, None]
    out = np.zeros(1 << MOST, np.int64)
    out[(in_plan << plans.rungs).sum(axis=1)] = np.arange(len(plans.length))
    return out


def _offers(shop: Shop, here: Crowd, plans: Plans, chosen, happened: Happened, cohort) -> Offers:
    """Every offer that was heard on these visits (N, 1)."""
    plan, length = plans.rungs[chosen[:, 0]], plans.length[chosen[:, 0]]
    heard, ending, basket = happened.heard[:, 0], happened.ending[:, 0], here.basket[:, 0]
    who, number = np.nonzero(np.arange(MOST) < heard[:, None])
    rung, before = plan[who, number], plan[who, np.maximum(number - 1, 0)]
    last = number == heard[who] - 1
    return Offers(
        _code(basket[who], rung, np.where(number > 0, before, -1), number),
        last & (ending[who] == ACCEPTED),
        cohort[who],
        number == length[who] - 1,
        last & (ending[who] == LEFT),
    )


def _code(basket, rung, before, number) -> NDArray[np.int64]:
    """One number for an offer: kind of basket, rung, rung refused last (-1: none), offers before."""
    return ((basket * MOST + rung) * (MOST + 1) + before + 1) * MOST + number


def features(shop: Shop, code: NDArray[np.int64]) -> NDArray[np.float64]:
    """(M, 6): log depth, whether the top, whether a later offer, log of how much deeper than the one refused, how many
    refused, log of the basket's value."""
    rest, number = divmod(code, MOST)
    rest, before = divmod(rest, MOST + 1)
    basket, rung = divmod(rest, MOST)
    depth, top = np.log(shop.depths[basket, rung] / 10000), rung == shop.rungs[basket] - 1
    refused = np.log(np.maximum(shop.depths[basket, np.maximum(before - 1, 0)], 1) / 10000)
    later = before > 0
    value = np.log(shop.gross[basket] / 3000)
    return np.column_stack([depth, top, later, np.where(later, depth - refused, 0.0), number, value]).astype(
        np.float64
    )


def _joined(seen: list[Offers]) -> Offers:
    return Offers(*[np.concatenate(parts) for parts in zip(*seen, strict=True)])


def _best_plans(shop: Shop, plans: Plans, seen: Offers) -> NDArray[np.int64]:
    """Number of the plan with the greatest expected margin, by kind of basket and cohort."""
    refused = ~seen.accepted
    leaves = [_share(seen.left[refused & (seen.end == end)]) for end in (False, True)]
    best = np.empty((len(shop.kinds), COHORTS), np.int64)
    for cohort in range(COHORTS):
        model = _regression(shop, seen, seen.cohort == cohort)
        for basket, kind in enumerate(shop.kinds):
            fits = np.flatnonzero(plans.rungs.max(axis=1) < len(kind.depths))
            worth = _expected(shop, basket, plans.rungs[fits], plans.length[fits], model, leaves)
            best[basket, cohort] = fits[worth.argmax()]
    return best


def _share(happened: NDArray[np.bool_]) -> float:
    return (happened.sum() + 0.5) / (len(happened) + 1)


def _regression(shop: Shop, seen: Offers, mine: NDArray[np.bool_]) -> LogisticRegression:
    """Of a cohort; of everybody as long as the cohort has not done both often enough. Equal offers are counted."""
    accepted = seen.accepted[mine]
    rows = mine if min(accepted.sum(), (~accepted).sum()) >= ENOUGH else np.ones(len(mine), bool)
    code, count = np.unique(2 * seen.code[rows] + seen.accepted[rows], return_counts=True)
    return LogisticRegression(C=10.0, max_iter=300).fit(features(shop, code // 2), code % 2, count)


def _expected(shop: Shop, basket: int, plans, lengths, model: LogisticRegression, leaves: list[float]):
    """What each plan (P, MOST) is expected to earn, minor units."""
    chance = _acceptance(shop, basket, model)
    keeps, lost, question = shop.keeps[basket], shop.lost[basket], shop.world.question
    here, worth, before = np.ones(len(plans)), np.zeros(len(plans)), np.full(len(plans), -1)
    for number in range(int(lengths.max())):
        on = lengths > number
        rung = plans[:, number]
        taken = np.where(on, here * chance[number, before, rung], 0.0)
        worth += taken * keeps[rung] - np.where(on, here, 0.0) * question
        away = np.where(lengths == number + 1, leaves[1], leaves[0])
        gone = np.where(on, (here - taken) * away, 0.0)
        worth -= gone * lost
        here = here - taken - gone
        worth += np.where(lengths == number + 1, here * keeps[rung], 0.0)
        before = rung
    return worth


def _acceptance(shop: Shop, basket: int, model: LogisticRegression) -> NDArray[np.float64]:
    """Chance (offers before, rung refused last or -1, rung)."""
    count = int(shop.rungs[basket])
    number, before, rung = np.indices((MOST, MOST + 1, MOST)).reshape(3, -1)
    before = np.where(before == MOST, -1, before)
    made = (rung < count) & (before < rung) & ((before >= 0) == (number > 0))
    chance = np.zeros(len(rung))
    offers = _code(basket, rung[made], before[made], number[made])
    chance[made] = model.predict_proba(features(shop, offers))[:, 1]
    return chance.reshape(MOST, MOST + 1, MOST)
