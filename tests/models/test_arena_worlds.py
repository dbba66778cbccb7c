"""Simulated shops are what they are said to be, and break what they are said to break."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from models.arena_customers import crowd, open_shop
from models.arena_ladders import FEWEST, FLOOR, MOST, drawn
from models.arena_worlds import MISSPECIFIED, WELL, WORLDS


def visitors(name, customers=20_000, visits=3):
    shop = open_shop(WORLDS[name], np.random.default_rng(11))
    return shop, crowd(shop, customers, visits, np.random.default_rng(12))


def test_there_are_enough_worlds_and_enough_of_them_break_the_model():
    assert len(WORLDS) >= 12 and len(MISSPECIFIED) >= 5
    assert all(world.breaks for world in MISSPECIFIED) and not any(world.breaks for world in WELL)
    hazards = [world.hazard for world in WORLDS.values()]
    hunters = [world.truth.shares[1] for world in WORLDS.values()]
    assert (min(hazards), max(hazards)) == (0.0, 0.4) and (min(hunters), max(hunters)) == (0.0, 0.25)


def test_ladders_have_three_to_eight_different_rungs_above_nothing_and_within_the_floor():
    for seed in range(200):
        for kind in drawn(np.random.default_rng(seed)):
            assert FEWEST <= len(kind.depths) <= MOST
            assert all(0 < low < high for low, high in pairwise(kind.depths))
            assert kind.depths[-1] < FLOOR[1] and 0 <= kind.first < len(kind.depths)


def test_a_well_specified_world_has_one_normal_requirement_a_visit():
    shop, people = visitors("grocery")
    truth = shop.world.truth
    assert np.array_equal(people.need[..., 0], people.need[..., 5])
    noise = (people.need[..., 0] - people.theta) / truth.sigma
    assert stats.kstest(noise.reshape(-1), "norm").pvalue > 0.001
    assert stats.kstest((people.theta[:, 0] - truth.mu) / truth.tau, "norm").pvalue > 0.001


def test_two_humps_leave_a_valley_where_the_model_has_its_peak():
    shop, people = visitors("two humps")
    place = (people.theta[:, 0] - shop.world.truth.mu) / shop.world.truth.tau
    assert (np.abs(place) < 0.3).mean() < 0.5 * (np.abs(np.abs(place) - 1.1) < 0.15).mean()


def test_heavy_tails_are_heavy():
    shop, people = visitors("heavy tails")
    noise = (people.need[..., 0] - people.theta) / shop.world.truth.sigma
    assert (np.abs(noise) > 4).mean() == pytest.approx(2 * stats.t(3).sf(4), rel=0.1)


def test_without_thresholds_a_smaller_offer_may_do_where_a_larger_did_not():
    shop, people = visitors("no threshold")
    met = np.log(shop.depths[0, :3] / 10000) >= people.need[..., :3]
    assert (met[..., 0] & ~met[..., 2]).mean() > 0.01


def test_budgets_are_the_same_money_whatever_the_basket():
    shop, people = visitors("budgets")
    money = people.need[..., 0] + np.log(shop.gross[people.basket])
    means = [money[people.basket == kind].mean() for kind in range(len(shop.kinds))]
    assert np.ptp(means) < 0.05 and np.ptp(np.log(shop.gross)) > 2


def test_customers_change_by_half_life():
    _, people = visitors("customers change", visits=12)
    same = (people.theta[:, 0] == people.theta[:, -1]).mean()
    assert same == pytest.approx(0.5 ** (11 * 30 / 365), abs=0.015)
