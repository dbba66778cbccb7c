"""The sample-ratio check against scipy's exact test, and how often it cries wolf."""

import numpy as np
import pytest
from scipy import stats

from models import readout_shares


@pytest.mark.parametrize("size,share", [(7, 0.5), (60, 0.1), (1000, 0.5), (20_000, 0.05), (3_000_000, 0.5)])
def test_the_surprise_is_that_of_the_exact_binomial_test(size, share):
    middle, spread = size * share, np.sqrt(size * share * (1 - share))
    for count in {int(np.clip(middle + far * spread, 0, size)) for far in (-4, -2, -0.5, 0, 1, 3, 5)}:
        exact = stats.binomtest(count, size, share).pvalue
        assert readout_shares.surprise(count, size, share) == pytest.approx(exact, rel=1e-5, abs=1e-12)


def test_of_two_arms_it_is_about_what_chi_square_says():
    counts = np.array([10_220, 9_780])
    found = readout_shares.check(counts, (5000, 5000))
    assert found.surprise == pytest.approx(stats.chisquare(counts).pvalue, rel=0.05)
    assert not found.alarm()


def test_at_most_one_in_a_thousand_fair_draws_is_an_alarm_whatever_the_shares():
    chance = np.random.default_rng(1)
    for shares in ((5000, 5000), (500, 9500), (2000, 3000, 5000)):
        drawn = chance.multinomial(3000, np.array(shares) / 10_000, 2000)
        alarms = sum(readout_shares.check(counts, shares).alarm() for counts in drawn)
        assert alarms <= stats.binom.ppf(0.999, 2000, 0.001)


def test_an_arm_that_lost_a_twentieth_of_its_customers_is_found_and_named():
    found = readout_shares.check(np.array([20_000, 20_000, 19_000]), (1, 1, 1))
    assert found.alarm()
    assert found.arm == 2


def test_nobody_is_no_surprise_and_an_empty_arm_of_many_is():
    assert not readout_shares.check(np.array([0, 0]), (5000, 5000)).alarm()
    assert readout_shares.check(np.array([0, 400]), (5000, 5000)).surprise < 1e-100
