"""Integer tables of releases with cohorts and covariates; without them they are what they always were."""

import json
import math
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings

from models.release import HAND_MADE, Cohorts, Covariate, identity
from models.tables import FINE_ENOUGH, FINEST_GRID, REACH, SPAN, bins, columns, grid, held, model
from pos_client.core import belief
from tests.models.releases import releases
from tests.models.test_release_json import RICH


def test_tables_of_the_hand_made_release_are_byte_for_byte_those_of_before_there_were_cohorts():
    assert identity(HAND_MADE) == "hand-1-00d0038a"
    whole = json.dumps(model(HAND_MADE)).encode() + columns(HAND_MADE)
    assert sha256(whole).hexdigest() == "3f14752b1802516a5b8651918ccbf5e64aa43815c16c184f5030c9b3e82ff575"


def test_the_identity_changes_with_cohorts_and_covariates():
    others = [
        replace(RICH, covariates=()),
        replace(RICH, cohorts=None),
        replace(RICH, covariates=RICH.covariates[:1]),
        replace(RICH, covariates=RICH.covariates[::-1]),
        replace(RICH, cohorts=RICH.cohorts._replace(cuts=(3.0, 9.0))),
    ]
    assert len({identity(release) for release in (HAND_MADE, RICH, *others)}) == 7


def test_the_grid_spans_all_cohorts():
    places, means = grid(RICH), RICH.cohorts.means
    assert places[0] == pytest.approx(min(means) - SPAN * RICH.tau)
    assert places[-1] == pytest.approx(max(means) + SPAN * RICH.tau)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(releases())
def test_the_grid_is_fine_enough_for_sigma(release):
    places = grid(release)
    assert 64 <= len(places) <= FINEST_GRID
    fine = places[1] - places[0] <= FINE_ENOUGH * release.sigma * (1 + 1e-9)
    assert fine or len(places) == FINEST_GRID
    assert model(release)["states"] == len(places) + 2


def test_each_cohort_has_its_bell_and_the_unknown_customer_all_of_them():
    tables = model(RICH)
    places, populations = grid(RICH), tables["cohorts"]["populations"]
    for mean, weights in zip(RICH.cohorts.means, populations, strict=True):
        assert sum(weights) == 65536
        assert min(weights) >= 1
        middle = sum(w * theta for w, theta in zip(weights[2:], places, strict=True)) / sum(weights[2:])
        assert middle == pytest.approx(mean, abs=2e-3)
    for at, weight in enumerate(tables["population"]):
        mixed = sum(share * one[at] for share, one in zip(RICH.cohorts.shares, populations, strict=True))
        assert abs(weight - mixed) < 2


def test_a_cohort_is_cut_where_the_release_says():
    tables = held(RICH)
    assert [belief.cohort_at(tables, lines << 16) for lines in (1, 2, 3, 7, 8, 30)] == [0, 0, 1, 1, 2, 2]


def test_a_covariate_moves_by_beta_in_log_depth():
    tables, centres = held(RICH), bins(RICH)
    spacing = centres[1] - centres[0]
    goods = {"lines": [{"quantity": 26}], "gross": 9900, "currency": "EUR"}
    moved = 0.25 * (math.log(99) - 3.1) - 0.01 * 20
    assert belief.offset(tables, goods) / 65536 * spacing == pytest.approx(moved, abs=1e-5)


def test_with_covariates_the_bins_reach_beyond_a_thousandth_and_the_whole():
    centres = bins(RICH)
    assert centres[0] <= math.log(0.001) - REACH
    assert centres[-1] >= REACH
    assert min(map(abs, centres)) == 0
    depths = model(RICH)["depths"]
    assert depths == sorted(set(depths))


def test_a_visit_that_needs_more_of_a_deep_or_shallow_offer_is_not_cut_off():
    one = replace(HAND_MADE, covariates=(Covariate("lines", 0.0, 0.5),))
    tables = held(one)
    for depth, lines in ((9000, -2), (20, 2)):
        met = belief.satisfied(tables, depth, False, False, belief.offset_at(tables, [lines << 16]))
        for theta, seen in zip(grid(one), met[2:], strict=True):
            exact = 0.5 * math.erfc((theta - math.log(depth / 1e4) + 0.5 * lines) / one.sigma / math.sqrt(2))
            assert abs(seen / 65536 - exact) < 2e-4


def test_a_cohort_nobody_was_in_is_no_harm():
    empty = replace(RICH, cohorts=Cohorts("units", (5.0,), (-3.0, -2.0), (1.0, 0.0)))
    tables = model(empty)
    assert (
        max(
            abs(a - b) for a, b in zip(tables["population"], tables["cohorts"]["populations"][0], strict=True)
        )
        <= 1
    )
