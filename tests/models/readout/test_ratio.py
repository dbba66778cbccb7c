"""Means and standard errors against scipy and against resampling."""

import numpy as np
import pytest
from scipy import stats

from models import readout_ratio


def test_the_mean_of_units_has_the_standard_error_that_scipy_gives():
    values = np.random.default_rng(1).lognormal(3, 1, 500)
    seen = readout_ratio.plain(values)
    assert seen.value == pytest.approx(values.mean())
    assert seen.error == pytest.approx(stats.sem(values))


def test_the_difference_of_two_arms_is_welchs():
    chance = np.random.default_rng(2)
    arm, control = chance.lognormal(3, 1, 400), chance.lognormal(3, 0.5, 900)
    seen = readout_ratio.difference(readout_ratio.plain(arm), readout_ratio.plain(control))
    welch = stats.ttest_ind(arm, control, equal_var=False)
    assert seen is not None
    assert seen.mean / seen.stdev == pytest.approx(welch.statistic)


def test_a_ratio_metric_has_the_error_that_resampling_customers_gives_and_not_that_of_resampling_checkouts():
    chance = np.random.default_rng(3)
    visits = 1 + chance.poisson(3, 3000)
    spent = visits * chance.lognormal(3, 0.8, 3000)  # a customer's checkouts are alike
    seen = readout_ratio.ratio(spent, visits.astype(float))
    drawn = chance.integers(0, 3000, (2000, 3000))
    resampled = (spent[drawn].sum(1) / visits[drawn].sum(1)).std()
    assert seen.error == pytest.approx(resampled, rel=0.05)
    naive = np.repeat(spent / visits, visits).std() / np.sqrt(visits.sum())
    assert seen.error > 1.5 * naive


def test_the_relative_lift_has_the_error_that_resampling_gives():
    chance = np.random.default_rng(4)
    arm, control = chance.lognormal(3.2, 1, 1500), chance.lognormal(3, 1, 1200)
    seen = readout_ratio.relative(readout_ratio.plain(arm), readout_ratio.plain(control))
    arms = arm[chance.integers(0, 1500, (4000, 1500))].mean(1)
    controls = control[chance.integers(0, 1200, (4000, 1200))].mean(1)
    assert seen is not None
    assert seen.mean == pytest.approx(arm.mean() / control.mean() - 1)
    assert seen.stdev == pytest.approx((arms / controls).std(), rel=0.06)


def test_too_few_units_say_nothing():
    few, many = readout_ratio.plain(np.arange(29.0)), readout_ratio.plain(np.arange(300.0))
    assert readout_ratio.difference(few, many) is None
    assert readout_ratio.difference(readout_ratio.plain(np.zeros(0)), many) is None


def test_a_control_that_may_have_earned_nothing_is_no_hundred_percent():
    control = readout_ratio.plain(np.random.default_rng(5).normal(1, 10, 100))
    arm = readout_ratio.plain(np.full(100, 5.0))
    assert readout_ratio.relative(arm, control) is None
    assert readout_ratio.difference(arm, control) is not None


def test_what_was_never_seen_may_still_happen_as_the_rule_of_three_says():
    never = readout_ratio.ratio(np.zeros(1000), np.ones(1000))
    assert 1.96 * never.error == pytest.approx(3 / 1000)
    chance_of_none = (1 - 3 / 1000) ** 1000
    assert chance_of_none == pytest.approx(0.05, abs=0.001)


def test_heavy_tails_ask_for_more_units_by_the_squared_skewness():
    values = np.random.default_rng(6).lognormal(0, 1, 50_000)
    assert readout_ratio.units_for_normality(values) == pytest.approx(355 * stats.skew(values) ** 2, abs=1)
    assert readout_ratio.units_for_normality(np.full(10, 3.0)) == 0
