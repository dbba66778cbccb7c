"""Posteriors, chances and losses against quadrature."""

from statistics import NormalDist

import pytest
from scipy import integrate, stats

from models import readout_lift

SEEN = NormalDist(0.02, 0.012)


def density(prior: NormalDist):
    """The posterior density by quadrature, from prior and likelihood alone."""

    def raw(lift):
        return prior.pdf(lift) * SEEN.pdf(lift)

    whole = integrate.quad(raw, -0.2, 0.2, points=[0, 0.02])[0]
    return lambda lift: raw(lift) / whole


@pytest.mark.parametrize("name", ["sceptical", "weak"])
def test_mean_interval_and_chance_are_those_of_prior_times_likelihood(name):
    exact, found = density(readout_lift.PRIORS[name]), readout_lift.posterior(SEEN, readout_lift.PRIORS[name])
    assert found.mean == pytest.approx(
        integrate.quad(lambda x: x * exact(x), -0.2, 0.2, points=[0.02])[0], abs=1e-6
    )
    assert readout_lift.chance_above(found) == pytest.approx(
        integrate.quad(exact, 0, 0.2, points=[0.02])[0], abs=1e-6
    )
    for level in (0.5, 0.95):
        inside = integrate.quad(exact, *readout_lift.interval(found, level))[0]
        assert inside == pytest.approx(level, abs=1e-6)


def test_the_expected_loss_is_the_mean_of_what_a_wrong_choice_gives_away():
    exact = density(readout_lift.SCEPTICAL)
    loss = readout_lift.expected_loss(readout_lift.posterior(SEEN, readout_lift.SCEPTICAL))
    wrong_arm = integrate.quad(lambda x: -x * exact(x), -0.2, 0)[0]
    wrong_control = integrate.quad(lambda x: x * exact(x), 0, 0.2, points=[0.02])[0]
    assert loss.choosing_arm == pytest.approx(wrong_arm, abs=1e-7)
    assert loss.choosing_control == pytest.approx(wrong_control, abs=1e-7)


def test_the_weak_prior_leaves_the_log_alone_and_the_sceptical_one_draws_toward_nothing():
    weak, sceptical = (
        readout_lift.posterior(SEEN, prior) for prior in (readout_lift.WEAK, readout_lift.SCEPTICAL)
    )
    assert readout_lift.interval(weak, 0.95) == pytest.approx(
        stats.norm.interval(0.95, 0.02, 0.012), abs=1e-5
    )
    assert 0 < sceptical.mean < weak.mean
    assert sceptical.stdev < weak.stdev
