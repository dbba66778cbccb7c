"""One shop, all policies: the clairvoyants know best, the peers learn, and everybody pays the same prices."""

from dataclasses import replace

import numpy as np
import pytest

from models import arena_clairvoyant, arena_peers
from models.arena_clairvoyant import every_plan
from models.arena_kernels import Happened, law_of, play_plans
from models.arena_logistic import logistic
from models.arena_match import LEARNING_PEERS, POLICIES, Match, Size, match
from models.arena_score import earned, score
from models.arena_thompson import thompson
from models.arena_worlds import WORLDS, yardstick
from models.replies import LEFT
from tests.models.arena_shops import SMALL

NOISE = 0.006  # of gross: three standard errors of a paired difference in a small shop


@pytest.fixture(scope="module", params=["grocery", "hagglers 19 %", "far offers offend", "no threshold"])
def shop(request):
    return Match(WORLDS[request.param], 9200, SMALL)


@pytest.fixture(scope="module")
def figures(shop):
    return {name: score(shop.shop, shop.crowd, POLICIES[name](shop)) for name in POLICIES if ", " not in name}


def test_nobody_beats_the_clairvoyants_beyond_noise_nor_the_seer_at_all(figures):
    margins = {name: each["margin"] for name, each in figures.items()}
    best = max(value for name, value in margins.items() if name not in ("clairvoyant", "seer"))
    assert best < margins["clairvoyant"] + NOISE
    assert margins["smallest_first"] < margins["clairvoyant_smallest"] + NOISE
    assert margins["one_by_one"] < margins["clairvoyant_smallest"] + NOISE
    assert max(margins.values()) == margins["seer"]


def test_the_seer_finds_the_best_of_all_plans_for_every_visit(shop):
    few = shop.crowd._replace(**{name: each[:40] for name, each in shop.crowd._asdict().items()})
    plans, law = every_plan(), law_of(shop.shop)
    best = np.full(few.basket.shape, -np.inf)
    for row in range(len(plans.length)):
        fits = plans.rungs[row].max() < shop.shop.rungs[few.basket]
        happened = Happened(*play_plans(law, few, *plans, np.where(fits, row, 0)))
        best = np.where(fits, np.maximum(best, earned(shop.shop, few, happened)), best)
    assert np.allclose(earned(shop.shop, few, arena_clairvoyant.seer(shop.shop, few)), best)


def test_a_plan_is_worth_to_the_clairvoyant_what_it_earns_on_average():
    """Of one customer whose type and usual requirement is known, over many visits."""
    world = WORLDS["mis-keyed 8 %"]
    alike = replace(world, truth=replace(world.truth, tau=1e-9, shares=(0.0, 0.0, 1.0)))
    many = Match(alike, 9201, Size(10, 1, 4000, 6))
    law, plans = law_of(many.shop), every_plan()
    for basket, row in ((0, 3), (1, 12), (4, 20)):
        met = arena_clairvoyant._satisfied(many.shop, law, basket, np.array([alike.truth.mu]))
        worth = arena_clairvoyant._worth(
            law, *met, plans.rungs[row : row + 1], plans.length[row : row + 1], basket, False, True,
            alike.truth.eps, many.shop.keeps[basket], many.shop.lost[basket], 0,
        )[2, 0, 0]  # fmt: skip
        here = many.crowd.basket == basket
        happened = Happened(*play_plans(law, many.crowd, *plans, np.full(here.shape, row)))
        gain = earned(many.shop, many.crowd, happened)[here] * many.shop.gross[basket]
        assert worth == pytest.approx(gain.mean(), abs=4 * gain.std() / np.sqrt(len(gain)))


def test_best_first_asks_once_and_one_by_one_gives_least(figures):
    assert figures["best_first"]["offers"] == figures["fixed_percentage"]["offers"] == 1.0
    assert figures["smallest_first"]["offers"] < figures["one_by_one"]["offers"]
    assert figures["best_first"]["discount"] == max(each["discount"] for each in figures.values())


def test_the_same_shop_is_the_same_again():
    one, again = [
        match(WORLDS["grocery"], 9203, Size(200, 2, 100, 4), ("adaptive_start", *LEARNING_PEERS))
        for _ in (1, 2)
    ]
    assert one == again


def test_peers_earn_more_the_longer_they_have_learned():
    """The same customers after a hundred learners and after two thousand."""
    few, many = [Match(yardstick(0.2), 9204, Size(learners, 4, 800, 4)) for learners in (60, 2000)]
    for peer in (logistic, thompson):
        gains = [score(each.shop, few.crowd, peer(each.shop, each.learning, few.crowd, each.chance(1)))["margin"]
                 for each in (few, many)]  # fmt: skip
        assert gains[1] > gains[0] + 0.002


def test_the_percentage_that_earned_most_in_the_trial_is_kept():
    shop = Match(yardstick(0.2), 9205, Size(3000, 4, 300, 2))
    happened = arena_peers.fixed_percentage(shop.shop, shop.learning, shop.crowd)
    assert len(set(happened.rung.reshape(-1).tolist())) == 1
    assert shop.shop.depths[0, happened.rung[0, 0]] in (1000, 1500)  # 10 % is best, 15 % nearly


def test_costs_of_time_and_of_lost_trade_are_taken_off():
    world = WORLDS["queues and lost trade"]
    shop = Match(world, 9206, SMALL)
    happened = shop.one_by_one()
    gain = earned(shop.shop, shop.crowd, happened)
    gross, left = shop.shop.gross[shop.crowd.basket], happened.ending == LEFT
    assert np.allclose(
        gain[left] * gross[left], -(gross * world.lost // 10000 + happened.heard * world.question)[left]
    )


def test_a_shop_learns_its_own_hazards_from_its_own_log():
    found = Match(yardstick(0.2), 9207, Size(1500, 4, 10, 1)).release
    assert found.leave[2] == pytest.approx(0.2, abs=0.02) and found.leave_end[2] > 0.9
    assert found.mu == pytest.approx(np.log(0.07), abs=0.06) and found.tau == pytest.approx(0.6, rel=0.1)
