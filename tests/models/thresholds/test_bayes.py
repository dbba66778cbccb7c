"""The posterior: one compilation, held against the exact fit; and its likelihood against two others."""

import json
from functools import partial

import numpy as np
import pymc as pm
import pytensor
import pytest

from models import thresholds_posterior as posterior
from models.families import FAMILIES
from models.standard_survey import standardise
from models.thresholds import fit
from models.thresholds_command import thresholds
from tests.models.thresholds import surveys

evaluated = partial(pytensor.function, [], mode=pytensor.compile.mode.Mode(linker="py", optimizer=None))


@pytest.mark.parametrize("name", surveys.FAMILIES)
def test_the_likelihood_in_pytensor_is_the_one_that_is_maximised(name):
    survey = standardise(surveys.natural_park("age"), FAMILIES[name])
    location, log_scale, share, delta = np.array([0.3, -0.2]), 0.4, 0.2, -0.1
    theta = np.append(location, 1.0) / np.exp(log_scale)
    answers = survey.shifted(delta)
    for spike, at in ((None, theta), (share, np.append(theta, share))):
        rows = evaluated(posterior.log_likelihood(survey, location, log_scale, spike, delta))()
        told = answers if spike is None else answers.with_spike()
        assert survey.counts @ rows == pytest.approx(told.value(at), abs=1e-9)


def test_an_ordered_probit_with_a_row_of_cutpoints_each_has_the_same_likelihood():
    answers = surveys.natural_park()
    mean, sd = 19.0, 38.0
    ends = np.column_stack([answers.lows.max(axis=1), answers.highs.min(axis=1)])
    cutpoints = np.clip((ends - mean) / sd, -35, 35)
    between = pm.OrderedProbit.dist(eta=0.0, sigma=1.0, cutpoints=cutpoints, compute_p=False)
    rows = evaluated(pm.logp(between, np.ones(len(ends), dtype=int)))()
    survey = standardise(answers, FAMILIES["normal"])
    standard = (np.array([(mean - survey.centre) / survey.spread]), np.log(sd / survey.spread))
    ours = evaluated(posterior.log_likelihood(survey, *standard, None, 0.0))()
    assert survey.counts @ ours == pytest.approx(answers.counts @ rows, rel=1e-7)


def test_on_a_large_sample_the_posterior_is_where_the_exact_fit_is(tmp_path, capsys):
    header, *lines = surveys.carson_text().splitlines()
    many = [line.rsplit(",", 1)[0] + f",{10 * int(line.rsplit(',', 1)[1])}" for line in lines]
    path = tmp_path / "carson.csv"
    path.write_text("\n".join([header, *many]))
    assert thresholds([str(path), "--family", "lognormal", "--spike", "--shift", "--bayes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    drawn = {one["name"]: one for one in told["posterior"]["parameters"]}
    assert set(drawn) == {*told["names"], "pi0", "median"}
    for name, coef, error in zip(told["names"], told["coef"], told["se"], strict=True):
        assert abs(drawn[name]["mean"] - coef) < 0.1 * drawn[name]["sd"], name
        assert drawn[name]["sd"] == pytest.approx(error, rel=0.1)
    for one in drawn.values():
        assert one["rhat"] < 1.01
        assert min(one["ess_bulk"], one["ess_tail"]) > 400
        assert one["low"] < one["mean"] < one["high"]
    assert drawn["median"]["mean"] == pytest.approx(told["median"], rel=0.02)
    assert drawn["pi0"]["mean"] == pytest.approx(told["pi0"], abs=0.1 * drawn["pi0"]["sd"])
    assert told["posterior"]["divergences"] == 0
    assert set(told["posterior"]["priors"]) == {"location at mean covariates", "log_scale", "pi0", "delta"}


def test_covariates_come_back_in_their_own_units():
    """Draws at the exact fit, in standard units, are the exact fit in the survey's."""
    answers = surveys.natural_park("sex", "age")
    survey, found = standardise(answers, FAMILIES["normal"]), fit(answers, "normal")
    slopes = np.array(found.coef[1:3]) * survey.deviations / survey.spread
    place = (found.coef[0] + np.array(found.coef[1:3]) @ survey.means - survey.centre) / survey.spread
    location, log_scale = np.array([[[place, *slopes]]]), np.array([[found.coef[3] - np.log(survey.spread)]])
    told = posterior.in_the_surveys_units(
        survey, answers.names, {"location": location, "log_scale": log_scale}
    )
    assert [float(told[name][0, 0]) for name in found.names] == pytest.approx(found.coef)
    assert float(told["median"][0, 0]) == pytest.approx(found.median)
