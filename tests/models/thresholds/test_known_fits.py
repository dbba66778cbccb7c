"""Fits and gains that are known from elsewhere."""

import numpy as np
import pytest

from models.thresholds import fit
from tests.models.thresholds import surveys

COVARIATES = ("sex", "age", "income")


def the_survey(tag):
    if tag.startswith("Carson"):
        return surveys.carson()
    return surveys.natural_park(*COVARIATES * tag.endswith("cov"))


@pytest.mark.parametrize("known", surveys.KNOWN_FITS, ids=lambda known: f"{known['tag']}-{known['family']}")
def test_a_known_fit_is_found_again(known):
    found = fit(the_survey(known["tag"]), known["family"], known["spike"])
    assert found.names == tuple(known["names"])
    assert found.n == known["n"]
    assert found.loglik == pytest.approx(known["loglik"], abs=1e-6)
    assert np.abs(np.subtract(found.coef, known["coef"]) / known["se"]).max() < 1e-5
    assert found.se == pytest.approx(known["se"], rel=1e-5)
    assert found.pi0 == pytest.approx(known.get("pi0"), abs=1e-7)
    assert found.median == pytest.approx(known.get("median", found.median), rel=1e-6)


def test_all_known_fits_are_there():
    assert len(surveys.KNOWN_FITS) == 21


@pytest.mark.parametrize(
    ("answers", "gain", "delta"),
    [(surveys.natural_park, 36.77, -0.504), (surveys.carson, 46.15, -0.371)],
    ids=["NaturalPark", "CarsonDB"],
)
def test_second_answers_are_given_from_lower_thresholds(answers, gain, delta):
    plain, shifted = fit(answers(), "lognormal"), fit(answers(), "lognormal", shift=True)
    assert shifted.loglik - plain.loglik == pytest.approx(gain, abs=0.005)
    assert shifted.delta == pytest.approx(delta, abs=0.0005)
    assert shifted.names == ("(Intercept)", "log_scale", "delta")
    assert shifted.coef[-1] == shifted.delta


def test_a_shift_is_found_beside_a_spike_and_covariates():
    """Each addition may only raise the likelihood, and everything at once stays on top of all."""
    answers = surveys.natural_park(*COVARIATES)
    both = fit(answers, "weibull", spike=True, shift=True)
    assert both.names == ("(Intercept)", "sexfemale", "age", "income", "log_scale", "logit_pi0", "delta")
    assert both.loglik >= fit(answers, "weibull", shift=True).loglik
    assert both.loglik >= fit(answers, "weibull", spike=True).loglik
    assert both.loglik == pytest.approx(surveys.loglik(answers, "weibull", both.coef, spike=True, shift=True))
