"""Announced power against experiments that are simulated, and against known rules."""

import numpy as np
import pytest
from scipy import stats

from models import readout_announcement, readout_power, readout_shop
from models.readout_power import Spread
from models.readout_shop import Shop
from tests.models.readout.tables import DESIGN, table


def test_power_is_how_often_simulated_experiments_find_the_lift():
    chance, spread = np.random.default_rng(1), Spread(100, 130)
    control = chance.normal(100, 130 / np.sqrt(9000), 200_000)  # means of arms
    arm = 1.04 * chance.normal(100, 130 / np.sqrt(6000), 200_000)
    error = np.hypot(1.04 * 130 / np.sqrt(6000), 130 / np.sqrt(9000))
    found = (arm - control > stats.norm.ppf(0.975) * error).mean()
    assert readout_power.power(spread, 6000, 9000, 0.04) == pytest.approx(found, abs=0.005)


def test_the_least_lift_is_the_one_that_is_found_as_often_as_asked():
    spread = Spread(100, 130)
    least = readout_power.least_lift(spread, 5000, 5000, chance=0.8)
    assert readout_power.power(spread, 5000, 5000, least) == pytest.approx(0.8)
    assert readout_power.least_lift(spread, 5, 5) == float("inf")
    assert readout_power.power(spread, 5000, 5000, 0.0) == pytest.approx(0.025)


def test_units_needed_follow_lehrs_rule_of_sixteen():
    needed = readout_power.units_needed(Spread(100, 100), 0.01)
    assert needed == pytest.approx(2 * 16 / 0.01**2, rel=0.03)
    assert readout_power.units_needed(Spread(100, 100), 0.01, share=0.1) > 2 * needed


def test_adjusting_is_worth_as_many_units_as_the_correlation_explains():
    spread = Spread(100, 100)
    plain, adjusted = (readout_power.units_needed(each, 0.02) for each in (spread, spread.adjusted(0.6)))
    assert adjusted / plain == pytest.approx(1 - 0.36, abs=1e-4)


def test_an_announcement_counts_the_customers_of_the_weeks_before():
    shop = Shop(customers=2000, before=True)
    log = readout_shop.month(shop, np.random.default_rng(2))
    told = readout_announcement.of(log, shop.design(), 28)
    last = log.rows(log.day >= readout_shop.FIRST_DAY)
    totals = np.bincount(np.unique(last.units(), return_inverse=True)[1], weights=last.kept())
    assert told["days"] == 28
    assert told["units"] == len(totals)
    assert told["mean"] == pytest.approx(totals.mean(), abs=0.01)
    assert told["sd"] == pytest.approx(totals.std(ddof=1), abs=0.01)
    assert told["arms"][0]["units"] == round(len(totals) / 2)
    assert told["arms"][0]["power"]["1%"] < told["arms"][0]["power"]["5%"]


def test_an_experiment_that_draws_a_tenth_of_the_shop_finds_less():
    shop = Shop(customers=20_000, before=True)
    log = readout_shop.month(shop, np.random.default_rng(2))
    whole, tenth = (readout_announcement.of(log, shop.design(), 28, drawn) for drawn in (1.0, 0.1))
    ratio = tenth["arms"][0]["least_lift"] / whole["arms"][0]["least_lift"]
    assert ratio == pytest.approx(np.sqrt(10), rel=0.1)


def test_a_large_shop_is_told_in_how_many_days_it_finds_two_percent_and_a_small_one_that_it_does_not():
    small = Shop(customers=500, before=True)
    large = Shop(customers=60_000, before=True, level=0.2, basket=0.4, shape=6, anonymous=0.0)
    days = [
        readout_announcement.of(readout_shop.month(each, np.random.default_rng(3)), each.design(), 28)[
            "found_in_days"
        ]
        for each in (small, large)
    ]
    assert days[0] is None
    assert days[1] in range(7, 57, 7)


def test_nothing_to_go_by_is_said():
    shop = Shop(customers=0)
    with pytest.raises(ValueError, match="go by"):
        readout_announcement.of(readout_shop.month(shop, np.random.default_rng(1)), shop.design(), 28)
    alike = table(np.arange(100), np.zeros(100), np.full(100, 30))
    with pytest.raises(ValueError, match="left the same"):
        readout_announcement.of(alike, DESIGN, 28)
    with pytest.raises(ValueError, match="go by"):
        readout_announcement.of(alike, DESIGN, 28, drawn=0.0)
