"""A release: its parameters are checked, its tables say what the normal distribution says."""

import math
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from statistics import NormalDist

import pytest

from models.release import HAND_MADE, Release, identity
from models.tables import bins, column_reader, columns, grid, held, model
from pos_client.core.belief import satisfied


def test_every_column_holds_the_normal_distribution_at_its_bin_centre():
    read = column_reader(columns(HAND_MADE))
    for number, log_depth in enumerate(bins(HAND_MADE)):
        raw = read(number)
        stored = [int.from_bytes(raw[at : at + 2], "little") for at in range(0, len(raw), 2)]
        assert stored[:2] == [65535, 0]
        for theta, value in zip(grid(HAND_MADE), stored[2:], strict=True):
            assert abs(value / 65536 - NormalDist(theta, HAND_MADE.sigma).cdf(log_depth)) < 1.6e-5


def test_depths_rise_evenly_in_their_logarithm_from_a_thousandth_to_the_whole_basket():
    depths = model(HAND_MADE)["depths"]
    assert depths[-1] == 10000 * 256
    assert depths[0] <= 10 * 256 < depths[1]
    steps = [math.log(b / a) for a, b in pairwise(depths)]
    assert max(steps) - min(steps) < 2 / (10 * 256)  # whole numbers round at both ends


@pytest.mark.parametrize("delta", [0.0, 0.02, 0.1, 0.25, 0.507, 1.3])
def test_the_escalation_shift_is_exactly_a_whole_number_of_bins(delta):
    release = replace(HAND_MADE, delta=delta)
    centres = bins(release)
    assert model(release)["shift"] * (centres[-1] - centres[-2]) == pytest.approx(delta)


def test_a_shift_below_half_a_bin_counts_as_none():
    assert model(replace(HAND_MADE, delta=0.007))["shift"] == 0


def test_the_population_is_the_shares_and_a_bell_and_leaves_nobody_out():
    weights = model(HAND_MADE)["population"]
    assert sum(weights) == 65536
    assert min(weights) >= 1
    assert [weights[0] / 65536, weights[1] / 65536] == pytest.approx(HAND_MADE.shares[:2], abs=1e-4)
    mean = sum(w * theta for w, theta in zip(weights[2:], grid(HAND_MADE), strict=True)) / sum(weights[2:])
    assert mean == pytest.approx(HAND_MADE.mu, abs=1e-3)
    spread = sum(w * (theta - mean) ** 2 for w, theta in zip(weights[2:], grid(HAND_MADE), strict=True))
    assert math.sqrt(spread / sum(weights[2:])) == pytest.approx(HAND_MADE.tau, rel=2e-3)


def test_a_type_of_one_in_a_million_still_has_its_states():
    rare = replace(HAND_MADE, shares=(0.5, 0.499999, 0.000001))
    weights = model(rare)["population"]
    assert min(weights) == 1
    assert sum(weights) == 65536


def test_drift_keeps_half_after_a_half_life():
    drift = model(replace(HAND_MADE, half_life=64))["drift"]
    assert drift[6] == 1 << 29
    assert drift[7] == 1 << 28


def test_the_till_can_use_the_tables():
    tables = held(HAND_MADE)
    met = satisfied(tables, 600, False)
    assert len(met) == tables.states
    assert met[2:] == sorted(met[2:], reverse=True)  # who needs more is satisfied less often


def test_the_identity_changes_with_any_parameter_and_only_then():
    assert identity(HAND_MADE) == identity(replace(HAND_MADE))
    assert identity(HAND_MADE) != identity(replace(HAND_MADE, sigma=0.41))
    assert identity(HAND_MADE).startswith("hand-1-")


@pytest.mark.parametrize(
    "wrong",
    [
        {"shares": (0.5, 0.5, 0.0)},
        {"shares": (0.5, 0.4, 0.2)},
        {"shares": (0.5, 0.5)},
        {"mu": 0.1},
        {"mu": math.nan},
        {"tau": 0.0},
        {"sigma": math.inf},
        {"delta": -0.1},
        {"eps": 0.0},
        {"leave": (0.1, 0.1, 1.0)},
        {"leave_end": (0.1, math.nan, 0.1)},
        {"half_life": 0.0},
    ],
)
def test_a_parameter_outside_its_range_is_refused(wrong):
    with pytest.raises(ValueError):
        replace(HAND_MADE, **wrong)


def test_extreme_releases_still_make_tables():
    for tau, sigma, mu in ((3.0, 0.05, -0.1), (0.05, 3.0, -6.0)):
        release = Release("odd", (0.2, 0.3, 0.5), mu, tau, sigma, 3.0, 0.5, (0.1,) * 3, (0.1,) * 3, 1.0)
        satisfied(held(release), 500, False)


def test_releases_and_posteriors_need_no_sampler():
    heavy = "{'pymc', 'pytensor', 'arviz', 'numba', 'numpy'}"
    code = f"import sys, models.release, models.posterior, models.simulate; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
