"""Simulated hold-outs do what is said of them, cost what they take, and are found without harm to the honest."""

import numpy as np
import pytest

from models import holding_limit, holding_out, holding_proof
from models.holding_out import CONTENT, LEARNER, QUICK, STUBBORN, Crowd, Played, Till
from models.holding_proof import OURS, PLAIN, yardstick

SHOP = yardstick(0.1)
CUSTOMERS, VISITS = 1500, 12


@pytest.fixture(scope="module")
def people() -> Crowd:
    return holding_out.crowd(SHOP, CUSTOMERS, VISITS, np.random.default_rng(71))


HOLDING = np.arange(CUSTOMERS) % 5 == 0


def played(people: Crowd, behaviour: int, till: Till = PLAIN, holding: np.ndarray = HOLDING) -> Played:
    return holding_out.play(SHOP, people, behaviour, holding, till)


@pytest.fixture(scope="module")
def honest(people: Crowd) -> Played:
    return played(people, STUBBORN, holding=HOLDING & False)


def test_the_shop_earns_what_the_yardstick_says(honest: Played) -> None:
    error = honest.earned.mean(axis=1).std() / CUSTOMERS**0.5
    assert abs(honest.earned.mean() - 2090) < 4 * error, "0.2090 of gross, by another program"


def test_honest_customers_do_not_notice_that_others_hold_out(people: Crowd, honest: Played) -> None:
    for behaviour in (LEARNER, CONTENT, QUICK, STUBBORN):
        told = played(people, behaviour)
        assert np.array_equal(told.earned[~HOLDING], honest.earned[~HOLDING])
        assert not told.held[~HOLDING].any()


def test_the_stubborn_wait_for_the_end_and_take_it_if_it_does(people: Crowd) -> None:
    told = played(people, STUBBORN)
    bought = told.bought[HOLDING]
    assert set(np.unique(bought[bought >= 0])) == {len(SHOP.depths) - 1}
    top = np.log(SHOP.depths[-1] / 10000)
    assert np.array_equal((bought >= 0)[told.held[HOLDING]], np.ones(told.held[HOLDING].sum(), bool))
    assert (people.need[HOLDING][bought >= 0] <= top).all()


def test_the_others_begin_honest_and_learn_from_climbs(people: Crowd, honest: Played) -> None:
    for behaviour in (LEARNER, CONTENT, QUICK):
        told = played(people, behaviour)
        assert not told.held[:, 0].any()
        assert np.array_equal(told.bought[:, 0], honest.bought[:, 0])
        assert told.held[HOLDING, 1:].any()
    last = {behaviour: played(people, behaviour).earned[HOLDING, -1].mean() for behaviour in range(4)}
    assert last[STUBBORN] < last[LEARNER] < last[CONTENT] < honest.earned[HOLDING, -1].mean()


def test_the_content_never_take_less_than_last_time(people: Crowd) -> None:
    bought = played(people, CONTENT).bought[HOLDING]
    for row in bought:
        had = row[row >= 0]
        climbed = np.maximum.accumulate(had)
        assert (had[1:][climbed[:-1] > 0] >= climbed[:-1][climbed[:-1] > 0]).all()


@pytest.mark.parametrize("behaviour", [LEARNER, QUICK, STUBBORN])
def test_half_of_what_hold_outs_cost_comes_back_and_the_honest_keep_what_they_had(
    people: Crowd, honest: Played, behaviour: int
) -> None:
    found = holding_proof.measure(honest, played(people, behaviour), played(people, behaviour, OURS), HOLDING)
    assert found.recovered > 0.5
    assert found.honest < 0.005
    assert found.auc > 0.9


def test_a_cap_for_everybody_costs_more_than_the_hold_outs(people: Crowd, honest: Played) -> None:
    for till in holding_proof.OTHERS:
        found = holding_proof.measure(honest, played(people, LEARNER), played(people, LEARNER, till), HOLDING)
        assert found.recovered < 0, "more is lost than hold-outs take"
        assert found.honest > 0.15


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    chance = np.random.default_rng(5)
    high, low = chance.integers(0, 9, 40), chance.integers(0, 7, 70)
    pairs = [(a > b) + (a == b) / 2 for a in high for b in low]
    assert holding_proof.auc(high, low) == pytest.approx(np.mean(pairs))


def test_an_observer_who_knows_all_finds_the_content_whom_the_detector_does_not(
    people: Crowd, honest: Played
) -> None:
    observer = holding_limit.Observer(SHOP, CUSTOMERS)
    for visits in played(people, CONTENT).seen[: holding_proof.SIXTH + 1]:
        observer.see(visits)
    ratio = observer.ratio()
    found = holding_proof.measure(honest, played(people, CONTENT), played(people, CONTENT, OURS), HOLDING)
    assert holding_proof.auc(ratio[HOLDING], ratio[~HOLDING]) > 0.9 > 0.75 > found.auc
