"""Fits of invented surveys against brute force on scipy's likelihood, a closed form, and the truth."""

import math

import numpy as np
import pytest
from scipy import optimize, special

from models.families import FAMILIES
from models.thresholds import fit, median
from tests.models.thresholds import surveys

FIVE = """bid1,R1,bid2,R2
    10,1,20,0
    10,0,5,1
    15,1,30,1
    20,0,10,0
    15,0,7,1"""


def highest_on_a_grid(answers, family, box, spike=False, shift=False, points=15):
    """The best of a grid over ``box``, polished by Nelder and Mead's simplex: no derivative, no start of ours."""

    def depth(at):
        return -surveys.loglik(answers, family, at, spike, shift)

    coarse = optimize.brute(depth, [slice(low, high, points * 1j) for low, high in box], finish=None)
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000}
    for _ in range(2):
        coarse = optimize.minimize(depth, coarse, method="Nelder-Mead", options=options).x
    return coarse, -depth(coarse)


def curvature_errors(answers, family, at, spike=False, shift=False):
    """Standard errors from second differences of scipy's likelihood."""
    size, step = len(at), 1e-4

    def value(*moves):
        there = np.array(at, dtype=float)
        for place, by in moves:
            there[place] += by * max(1.0, abs(there[place])) * step
        return surveys.loglik(answers, family, there, spike, shift)

    bend = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            corners = (
                value((i, 1), (j, 1))
                - value((i, 1), (j, -1))
                - value((i, -1), (j, 1))
                + value((i, -1), (j, -1))
            )
            bend[i, j] = corners / (4 * step**2 * max(1.0, abs(at[i])) * max(1.0, abs(at[j])))
    return np.sqrt(np.diag(np.linalg.inv(-bend)))


@pytest.mark.parametrize("family", surveys.FAMILIES)
def test_five_answers_have_the_fit_that_a_grid_finds(family):
    answers = surveys.of(FIVE)
    box = [(1.5, 4), (-3, 2)] if surveys.ON_LOG[family] else [(2, 40), (-1, 5)]
    at, highest = highest_on_a_grid(answers, family, box, points=40)
    found = fit(answers, family)
    assert found.loglik == pytest.approx(highest, abs=1e-9)
    assert np.abs((np.array(found.coef) - at) / found.se).max() < 1e-3
    assert found.se == pytest.approx(curvature_errors(answers, family, found.coef), rel=1e-3)


@pytest.mark.parametrize("family", ["lognormal", "logistic", "weibull"])
def test_a_spike_and_a_covariate_have_the_fit_that_a_grid_finds(family):
    chance = np.random.default_rng(3)
    x = chance.normal(size=150)
    place = 2.0 + 0.5 * x if surveys.ON_LOG[family] else 12 + 4 * x
    drawn = surveys.thresholds(chance, family, place, 0.6 if surveys.ON_LOG[family] else 3.0, 150)
    drawn = np.where(chance.random(150) < 0.3, 0, drawn)
    answers = surveys.of(surveys.asked_twice(drawn, chance.choice([4, 8, 12, 20], 150), x=x), "x")
    box = (
        [(1, 3), (-1, 1.5), (-2, 1), (-3, 1)]
        if surveys.ON_LOG[family]
        else [(5, 20), (0, 8), (0, 3), (-3, 1)]
    )
    at, highest = highest_on_a_grid(answers, family, box, spike=True, points=5)
    found = fit(answers, family, spike=True)
    assert found.loglik == pytest.approx(highest, abs=1e-7)
    assert np.abs((np.array(found.coef) - at) / found.se).max() < 1e-3
    assert found.se == pytest.approx(curvature_errors(answers, family, found.coef, spike=True), rel=1e-3)
    assert found.pi0 == pytest.approx(special.expit(at[-1]), abs=1e-5)


def test_a_shift_has_the_fit_that_a_grid_finds():
    chance = np.random.default_rng(4)
    drawn = np.exp(chance.normal(2, 0.7, 80))
    bids = chance.choice([4.0, 7.0, 12.0], 80)
    answers = surveys.of(surveys.asked_twice(drawn, bids, second=drawn * math.exp(-0.3)))
    at, highest = highest_on_a_grid(answers, "lognormal", [(1, 3), (-1.5, 1), (-0.6, 0.6)], shift=True)
    found = fit(answers, "lognormal", shift=True)
    assert found.loglik == pytest.approx(highest, abs=1e-8)
    assert np.abs((np.array(found.coef) - at) / found.se).max() < 1e-3
    assert found.se == pytest.approx(curvature_errors(answers, "lognormal", found.coef, shift=True), rel=1e-3)


def test_a_shift_may_end_at_a_corner_where_a_second_bid_passes_the_first():
    """Here the profile over delta has its top where it is not smooth: no standard error, and the notes say why."""
    text = """bid1,R1,bid2,R2,count
        10,1,12,1,20
        10,0,5,1,10
        10,0,5,0,4
        20,1,40,0,6
        20,1,40,1,1
        20,0,10,1,8
        20,0,10,0,2"""
    answers = surveys.of(text)
    found = fit(answers, "lognormal", shift=True)

    def profile(delta):
        def depth(at):
            return -surveys.loglik(answers, "lognormal", [*at, delta], shift=True)

        return -optimize.minimize(depth, [2.7, -0.5], method="Nelder-Mead", options={"fatol": 1e-10}).fun

    assert found.delta == pytest.approx(math.log(12 / 10))
    assert found.loglik == pytest.approx(profile(found.delta), abs=1e-7)
    assert all(profile(delta) < found.loglik for delta in (-0.3, 0.0, 0.17, 0.19, 0.3, 0.5))
    assert found.se[-1] is None
    assert "corner in delta" in found.notes[0]


def test_two_bids_asked_once_are_met_exactly():
    """Two shares of yes and two parameters: the logistic fit has a closed form."""
    answers = surveys.of("bid1,R1,count\n10,1,70\n10,0,30\n20,1,25\n20,0,75")
    found = fit(answers, "logistic")
    scale = 10 / (special.logit(0.7) - special.logit(0.25))
    assert found.coef == pytest.approx([10 + scale * special.logit(0.7), math.log(scale)])
    assert found.loglik == pytest.approx(
        70 * math.log(0.7) + 30 * math.log(0.3) + 25 * math.log(0.25) + 75 * math.log(0.75)
    )
    assert found.median == pytest.approx(found.coef[0])


@pytest.mark.parametrize("family", surveys.FAMILIES)
def test_four_thousand_people_give_their_parameters_away(family):
    chance = np.random.default_rng(11)
    size, on_log = 4_000, surveys.ON_LOG[family]
    x = chance.integers(0, 3, size)
    truth = [2.0, 0.4, math.log(0.8)] if on_log else [15.0, 3.0, math.log(6.0)]
    drawn = surveys.thresholds(chance, family, truth[0] + truth[1] * x, math.exp(truth[2]), size)
    zero = chance.random(size) < 0.2
    bids = chance.choice([3.0, 6.0, 9.0, 15.0, 25.0], size)
    second = drawn * math.exp(-0.2) if on_log else drawn - 1.0
    answers = surveys.of(
        surveys.asked_twice(np.where(zero, 0, drawn), bids, second=np.where(zero, 0, second), x=x), "x"
    )
    found = fit(answers, family, spike=True, shift=True)
    truth += [special.logit(0.2), -0.2 if on_log else -1.0]
    assert np.abs((np.array(found.coef) - truth) / found.se).max() < 3.5
    assert max(found.se) < 0.6


@pytest.mark.parametrize("family", surveys.FAMILIES)
@pytest.mark.parametrize("zero", [0.0, 0.3, 0.55])
def test_the_median_halves_the_population(family, zero):
    chance = np.random.default_rng(5)
    location, scale = (1.0, 0.7) if surveys.ON_LOG[family] else (2.0, 3.0)
    drawn = surveys.thresholds(chance, family, location, scale, 200_001)
    drawn[: round(zero * len(drawn))] = 0
    assert median(FAMILIES[family], location, scale, zero) == pytest.approx(np.median(drawn), abs=0.04)
