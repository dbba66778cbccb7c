"""The mode of a shop's posterior: its gradient, its place, and what it makes of a shop that is known."""

from dataclasses import replace

import numpy as np
import pytest

from models import histories, population_mode
from models.priors import DEFAULT, Cohorts
from models.release import HAND_MADE
from models.virtual_shop import MIXED, play, truth_of
from models.weakening import weakened
from tests.models import laplace_fits


@pytest.fixture(scope="module")
def log():
    return play(
        truth_of(HAND_MADE), customers=4000, visits=4, ladders=MIXED, chance=np.random.default_rng(31)
    )


@pytest.fixture(scope="module")
def data(log):
    return histories.compress(log, DEFAULT)


def somewhere(chance):
    start = population_mode._start(DEFAULT)
    return start + 0.3 * chance.standard_normal(len(start))


def test_the_gradient_is_the_slope_of_the_log_posterior(data):
    chance = np.random.default_rng(4)
    for _ in range(3):
        here = somewhere(chance)
        value, gradient = population_mode.surprise(here, data, DEFAULT)
        for number in range(len(here)):
            step = np.zeros(len(here))
            step[number] = 1e-5
            up, down = (population_mode.surprise(here + sign * step, data, DEFAULT)[0] for sign in (1, -1))
            assert gradient[number] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-3)
        assert np.isfinite(value)


def test_it_is_the_density_that_a_fit_samples(data):
    """Against another writing of the posterior: differences between points agree, so the densities do."""
    chance = np.random.default_rng(5)
    one, other = somewhere(chance), somewhere(chance)
    ours = population_mode.surprise(other, data, DEFAULT)[0] - population_mode.surprise(one, data, DEFAULT)[0]
    theirs = laplace_fits._log_posterior(one, data, DEFAULT) - laplace_fits._log_posterior(
        other, data, DEFAULT
    )
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_it_finds_the_shop_that_made_the_log(log):
    found = population_mode.fit(log, weakened(DEFAULT))
    assert found.mu == pytest.approx(HAND_MADE.mu, abs=0.1)
    assert found.tau == pytest.approx(HAND_MADE.tau, rel=0.12)
    assert found.sigma == pytest.approx(HAND_MADE.sigma, rel=0.15)
    assert found.shares == pytest.approx(HAND_MADE.shares, abs=0.04)
    assert found.leave[2] == pytest.approx(HAND_MADE.leave[2], abs=0.01)
    assert found.leave_end[2] == pytest.approx(HAND_MADE.leave_end[2], abs=0.03)


def test_priors_with_groups_are_refused(log):
    with pytest.raises(ValueError, match="plain"):
        population_mode.fit(log, replace(DEFAULT, cohorts=Cohorts("lines", (3.0,))))
