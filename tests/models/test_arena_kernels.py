"""What the arena's compiled tills believe and plan is what the core believes and plans."""

import math
from dataclasses import replace

import numpy as np
import pytest

from models import arena_kernels, tables
from models.arena_customers import crowd, open_shop
from models.arena_kernels import Happened
from models.arena_ladders import MOST
from models.arena_match import Match, true_release
from models.arena_worlds import WORLDS
from models.replies import ACCEPTED, LEFT, STAYED
from pos_client.core import belief, plan
from pos_client.core.outlook import Outlook
from tests.models.arena_shops import SMALL

SAID = {ACCEPTED: "accepted", LEFT: "left", STAYED: "asked_more"}


@pytest.fixture(scope="module")
def busy():
    """A shop where customers change, cashiers slip and some leave: everything a belief must cope with."""
    world = WORLDS["customers change"]
    return Match(replace(world, truth=replace(world.truth, eps=0.05, leave=(0.1, 0.1, 0.2))), 9100, SMALL)


def core_till(model, shop, crowd, who, anywhere):
    """The visits of one customer, by the core alone: the plan of each, and what was answered by the compiled law."""
    law, weights, plans = arena_kernels.law_of(shop), belief.initial(model, belief.PRECISE), []
    for visit, basket in enumerate(crowd.basket[who].tolist()):
        depths = list(shop.kinds[basket].depths)
        weights = belief.drift(model, weights, int(crowd.days[who, visit]))
        stakes = plan.Stakes(
            shop.keeps[basket, : len(depths)].tolist(), int(shop.lost[basket]), shop.world.question
        )
        firsts = range(len(depths)) if anywhere else range(1)
        chosen = plan.best(Outlook(model, weights, depths), stakes, firsts, 31)[1]
        rung, heard, ending = arena_kernels.answer(law, crowd, who, visit, np.array(chosen), len(chosen))
        offers = [
            (depths[each], each == len(depths) - 1, each == chosen[-1], "asked_more")
            for each in chosen[:heard]
        ]
        offers[-1] = (*offers[-1][:3], SAID[ending])
        outcome = "lost" if ending == LEFT else "sold"
        weights = belief.update(model, weights, offers, outcome)
        plans.append((rung, heard, ending))
    return plans


@pytest.mark.parametrize("anywhere", [False, True])
def test_visit_for_visit_the_compiled_till_does_what_the_core_would(busy, anywhere):
    model = tables.held(true_release(busy.shop.world))
    found = busy.believing(anywhere, true=True)
    for who in range(12):
        theirs = list(zip(*[part[who].tolist() for part in found], strict=True))
        assert theirs == core_till(model, busy.shop, busy.crowd, who, anywhere)


def test_everybody_meets_the_same_visit_whatever_others_play(busy):
    alone, together = Match(busy.shop.world, 9100, SMALL), Match(busy.shop.world, 9100, SMALL)
    together.believing(anywhere=True)
    for one, other in zip(alone.one_by_one(), together.one_by_one(), strict=True):
        assert np.array_equal(one, other)


def test_a_customer_answers_the_same_first_offer_alike_whatever_would_have_come_next(busy):
    """Common random numbers: who takes rung 0 of a long plan takes it of a short one."""
    rungs, none = busy.shop.rungs, np.zeros(len(busy.shop.rungs), np.int64)
    long, short = busy.one_by_one(), busy.always(none, np.ones(len(rungs), np.int64))
    at_once = (long.heard == 1) & (long.ending == ACCEPTED)
    assert at_once.any() and np.array_equal(at_once, short.ending == ACCEPTED)


def test_customers_accept_as_the_law_says():
    """Acceptance of first offers and leaving, against the normal distribution and the hazards themselves."""
    shop = open_shop(WORLDS["yardstick, h 0.4"], np.random.default_rng(1))
    visitors = crowd(shop, 20_000, 2, np.random.default_rng(2))
    plans = np.tile(np.arange(MOST), (1, 1))
    found = Happened(
        *arena_kernels.play_plans(
            arena_kernels.law_of(shop), visitors, plans, np.array([8]), np.zeros_like(visitors.basket)
        )
    )
    takes_first = (found.heard == 1) & (found.ending == ACCEPTED)
    refused_first = ~takes_first
    from_normal = 0.5 * (1 + math.erf(np.log(0.02 / 0.07) / np.hypot(0.6, 0.3) / np.sqrt(2)))
    assert takes_first.mean() == pytest.approx(from_normal, abs=0.003)
    gone = (found.heard == 1) & (found.ending == LEFT)
    assert gone.sum() / refused_first.sum() == pytest.approx(0.4, abs=0.01)
