"""Probabilities of intervals against quadrature, derivatives against differences."""

import math

import numpy as np
import pytest
from scipy import integrate

from models.families import FAMILIES
from models.intervals import Intervals
from models.standard_survey import standardise
from tests.models.thresholds import surveys

EVERYWHERE = [(-1.0, 1.0), (-8.0, -7.5), (3.0, 3.1), (0.2, 0.2 + 1e-9), (-30.0, -29.0), (-0.5, 25.0)]


@pytest.mark.parametrize("name", surveys.FAMILIES)
@pytest.mark.parametrize(("low", "high"), EVERYWHERE)
def test_an_interval_has_the_probability_that_quadrature_finds(name, low, high):
    family = FAMILIES[name]
    grid = np.linspace(low, high, 2001)
    peak = float(family.log_density(grid).max())
    area, _ = integrate.quad(
        lambda z: math.exp(float(family.log_density(np.array(z))) - peak), low, high, epsabs=0, limit=200
    )
    # Two ends 1e-9 apart leave seven digits of their distance.
    near = 1e-6 if high - low < 1e-6 else 1e-10
    assert float(family.log_between(np.array(low), np.array(high))) == pytest.approx(
        peak + math.log(area), rel=near
    )


@pytest.mark.parametrize("name", surveys.FAMILIES)
def test_a_shape_is_the_one_that_scipy_calls_so(name):
    family, shape = FAMILIES[name], surveys.SHAPES[name]
    z = np.linspace(-6, 3, 41)
    assert np.allclose(family.log_below(z), shape.logcdf(z), rtol=1e-12)
    assert np.allclose(family.log_above(z), shape.logsf(z), rtol=1e-12)
    assert np.allclose(family.log_density(z), shape.logpdf(z), rtol=1e-12)
    assert family.quantile(0.3) == pytest.approx(shape.ppf(0.3))


@pytest.mark.parametrize("name", surveys.FAMILIES)
def test_unbounded_ends_are_the_tails(name):
    family, inf = FAMILIES[name], np.array([np.inf])
    z = np.array([-700.0, -40.0, 0.0, 3.0])
    assert np.array_equal(family.log_between(-inf, z), family.log_below(z))
    assert np.array_equal(family.log_between(z, inf), family.log_above(z))
    assert family.log_between(-inf, inf)[0] == 0
    assert np.all(np.isfinite(family.log_below(z)))


def answers(name, spike) -> Intervals:
    """A survey with answers of every kind: yes, no, between, at zero or not, with a covariate and a shift."""
    text = """bid1,R1,bid2,R2,x
        5,1,10,1,0.3
        5,1,10,0,-1
        5,0,3,1,2
        5,0,3,0,0.5
        8,0,,,1.5
        9,1,,,-0.7"""
    survey = standardise(surveys.of(text, "x"), FAMILIES[name]).with_shift_near(0.1)
    return survey.with_spike() if spike else survey


@pytest.mark.parametrize("spike", [False, True])
@pytest.mark.parametrize("name", surveys.FAMILIES)
def test_derivatives_are_what_differences_say(name, spike):
    likelihood = answers(name, spike)
    at = np.array([0.2, -0.3, 1.2, 0.12, 0.25][: 4 + spike])
    gradient, hessian = likelihood.derivatives(at)
    for number in range(len(at)):
        step = np.zeros(len(at))
        step[number] = 1e-5
        slope = (likelihood.value(at + step) - likelihood.value(at - step)) / 2e-5
        assert gradient[number] == pytest.approx(slope, abs=1e-7)
        bend = (likelihood.derivatives(at + step)[0] - likelihood.derivatives(at - step)[0]) / 2e-5
        assert hessian[number] == pytest.approx(bend, abs=1e-6)


@pytest.mark.parametrize("name", surveys.FAMILIES)
def test_without_a_spike_the_likelihood_is_concave(name):
    likelihood, chance = answers(name, spike=False), np.random.default_rng(7)
    for _ in range(50):
        at = chance.normal(size=4) * [1, 1, 0, 0.05] + [0, 0, np.exp(chance.normal()), 0]
        if np.isfinite(likelihood.value(at)):
            assert np.linalg.eigvalsh(likelihood.derivatives(at)[1]).max() < 1e-9
