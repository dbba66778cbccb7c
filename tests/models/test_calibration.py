"""Ranks of calibrated programs are uniform, those of wrong ones are not, and the harness can tell."""

import numpy as np
import pytest

from models import agreement, calibration, calibration_report, histories, uniformity
from models.calibration import BUGS, TOP, Size

SMALL = Size(customers=80, visits=4, tune=150, draws=200)  # a slip rate of one's own takes a hundred visits
# Enough customers that one fit knows sigma to some 7 %: a few fits then do what a hundred small ones do in the soak.
LARGER = Size(customers=300, visits=4, tune=150, draws=200)
STREAMS = 21


@pytest.fixture(scope="module")
def model():
    return calibration.compiled(SMALL)


@pytest.mark.parametrize("count", [20, 1000])
def test_uniform_ranks_leave_the_band_once_in_twenty_programs(count):
    chance = np.random.default_rng(1)
    band = uniformity.band(count, TOP, chance, streams=STREAMS)
    programs = chance.integers(0, TOP + 1, (400, STREAMS, count))
    within = np.mean([all(band.holds(ranks) for ranks in program) for program in programs])
    assert 0.91 <= within <= 0.99  # ranks of few shops are coarse, so the band may be a little wide


@pytest.mark.parametrize(
    "bias",
    [
        lambda chance, size: chance.beta(1.2, 1.0, size),  # the truth lies too high
        lambda chance, size: chance.beta(0.7, 0.7, size),  # intervals too narrow
        lambda chance, size: chance.beta(1.3, 1.3, size),  # too wide
    ],
)
def test_biased_ranks_of_one_parameter_leave_the_band_of_all(bias):
    chance = np.random.default_rng(2)
    ranks = np.floor(bias(chance, 1000) * (TOP + 1)).astype(int)
    assert not uniformity.band(1000, TOP, chance, streams=STREAMS).holds(ranks)


def test_the_edges_of_the_band_are_where_it_stops_holding():
    band = uniformity.band(50, TOP, np.random.default_rng(3))
    low, high = band.edges()
    at = 30  # ranks below 31
    for below, inside in (
        (low[at], True),
        (low[at] - 0.02, False),
        (high[at], True),
        (high[at] + 0.02, False),
    ):
        tail = uniformity._tails(50, TOP)[at, round(below * 50)]
        assert (tail >= band.limit) == inside


@pytest.mark.parametrize("level", calibration_report.LEVELS)
def test_coverage_of_all_ranks_once_is_the_level(level):
    assert uniformity.covered(np.arange(TOP + 1), TOP, level) == pytest.approx(level)


def test_twenty_shops_of_the_full_model_are_calibrated(model, tmp_path):
    file = tmp_path / "ranks.jsonl"
    found = list(calibration.simulations(model, range(20), SMALL, BUGS["none"], file))
    ranks = calibration_report.ranks_of(found)
    assert len(ranks) == STREAMS
    assert calibration_report.outside(ranks, calibration_report.joint_band(ranks, TOP)) == []


@pytest.mark.parametrize(("bug", "shops"), [("sigma", 8), ("rung", 4), ("left", 4)])
def test_a_planted_bug_is_caught(model, bug, shops):
    found = [calibration.simulate(model, number, LARGER, BUGS[bug]) for number in range(shops)]
    ranks = calibration_report.ranks_of(found)
    assert calibration_report.outside(ranks, calibration_report.joint_band(ranks, TOP))


def test_a_latent_requirement_for_every_customer_gives_the_same_posterior(model, tmp_path):
    _, dataset = calibration.shop(
        0, SMALL
    )  # the one the model was compiled with, so that cashiers have their names
    latent = agreement.naive(dataset, calibration.PRIORS, chains=4, draws=800, tune=300, folder=tmp_path)
    merged = histories.compress(dataset, calibration.PRIORS)
    summed = agreement.marginal(model, merged, chains=4, draws=800, seed=1)
    population, customers = agreement.compare(latent, summed)
    assert len(population) == STREAMS
    for each in population:  # five standard errors of what is compared, and of what estimates the error
        assert abs(each.shift) < 5 * each.error, each
        assert abs(each.ratio - 1) < 5 * each.ratio_error, each
    shifts, errors = np.array(
        [(each.shift, each.error) for each in customers if each.name.startswith("theta")]
    ).T
    assert np.sqrt(np.mean(shifts**2)) < 2 * np.sqrt(np.mean(errors**2))


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    file, asked = tmp_path / "ranks.jsonl", []

    def simulate(model, number, size, bug):
        asked.append(number)
        return {"number": number, "ranks": {"mu": number}}

    monkeypatch.setattr(calibration, "simulate", simulate)
    for upto in (2, 5):
        list(calibration.simulations(None, range(upto), SMALL, BUGS["none"], file))
    assert asked == [0, 1, 2, 3, 4]
    assert [each["number"] for each in calibration.read(file)] == asked
