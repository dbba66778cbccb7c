"""The yardsticks of recovery: acceptance counted over simulated customers, and intervals that hold the truth or not."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from models import recovery
from models.release import HAND_MADE, normal_cdf
from models.truth import truth_of

TRUTH = truth_of(HAND_MADE)


@pytest.mark.parametrize("is_top", [False, True])
def test_the_counted_curve_is_the_one_the_model_implies(is_top):
    spread = np.hypot(TRUTH.tau, TRUTH.sigma)
    sensitive = np.array(
        [normal_cdf((np.log(depth / 10000) - TRUTH.mu) / spread) for depth in recovery.DEPTHS]
    )
    met = TRUTH.shares[0] + is_top * TRUTH.shares[1] + TRUTH.shares[2] * sensitive
    implied = (1 - TRUTH.eps) * met + TRUTH.eps / 2
    counted = recovery.curve(TRUTH, is_top, customers=40_000)
    assert np.abs(counted - implied).max() < 5 * np.sqrt(0.25 / 40_000)


def test_a_belief_in_larger_needs_shows_as_a_gap_in_the_curve():
    below, at_top = recovery.gaps("as assumed", replace(TRUTH, mu=TRUTH.mu + 0.5), customers=20_000)
    assert below.min() < -recovery.CLOSE
    assert at_top.min() < -recovery.CLOSE


def test_an_interval_holds_the_truth_or_not():
    chance = np.random.default_rng(1)
    around = {name: np.asarray(getattr(TRUTH, name)) for name in recovery.PARAMETERS}
    around["mu"] = around["mu"] + 0.5
    draws = {
        name: centre + 0.1 * chance.normal(size=(2, 500, *centre.shape)) for name, centre in around.items()
    }
    posterior = xr.Dataset(
        {name: (("chain", "draw", "type")[: values.ndim], values) for name, values in draws.items()}
    )
    found = recovery.covers(posterior, TRUTH)
    assert [name for name, held in found.items() if not held] == ["mu"]
    assert len(found) == 14
