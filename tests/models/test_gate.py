"""The gate: honest fits pass, every planted fault is rejected by the check that is there for it."""

import json
import re
import time
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from models import comparison, fitted, sufficiency
from models.densities import Fixed
from models.diagnostics import CHECKS, Evidence, judge
from models.priors import DEFAULT, as_json
from models.release import HAND_MADE, Cohorts, Covariate
from models.verdict import NAMES, Check, Verdict
from models.virtual_shop import Design, play, truth_of
from tests.models.laplace_fits import honest, rescored
from tests.models.planted_fits import KINDS, plant

SHOP = replace(HAND_MADE, name="the shop", mu=np.log(0.08), tau=0.6, shares=(0.3, 0.2, 0.5))


LADDER = (Design((200, 500, 1000, 2000), (0, 1, 2, 3)),)


def a_shop(customers: int = 500, seed: int = 2) -> xr.Dataset:
    chance = np.random.default_rng(seed)
    return play(truth_of(SHOP), customers=customers, visits=5, ladders=LADDER, chance=chance)


@pytest.fixture(scope="module")
def shop() -> xr.Dataset:
    return a_shop()


@pytest.fixture(scope="module")
def fit(shop: xr.Dataset) -> xr.DataTree:
    return honest(shop, DEFAULT, np.random.default_rng(1))


def verdict_on(fit: xr.DataTree, shop: xr.Dataset) -> Verdict:
    return judge(fit, shop, None, np.random.default_rng(3))


def named(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


def test_an_honest_fit_passes_every_check_of_a_complete_list(fit: xr.DataTree, shop: xr.Dataset):
    verdict = verdict_on(fit, shop)
    assert verdict.passed, verdict.says
    assert [check.name for check in verdict.checks] == list(NAMES)
    assert verdict.says.startswith("Passed")


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_fault_is_rejected_for_its_reason(kind: str, fit: xr.DataTree, shop: xr.Dataset):
    verdict = verdict_on(plant(kind, fit, np.random.default_rng(4)), shop)
    failed = {check.name for check in verdict.failed}
    assert not verdict.passed
    assert set(KINDS[kind][1]) <= failed
    assert verdict.says.startswith("Rejected. ")


def test_planting_leaves_the_good_fit_as_it_was(fit: xr.DataTree, shop: xr.Dataset):
    before = fit["posterior"]["mu"].values.copy()
    plant("wrong mu", fit, np.random.default_rng(4))
    plant("stuck chain", fit, np.random.default_rng(4))
    assert np.array_equal(before, fit["posterior"]["mu"].values)


def test_every_check_has_a_fault_that_only_it_and_its_like_can_see():
    """But for `enough_data`, which looks at the log and not at the fit."""
    assert {name for _, names in KINDS.values() for name in names} == set(NAMES) - {"enough_data"}


@pytest.mark.parametrize(
    "customers, visits, told",
    [
        (33, 3, "99 visits that tell something, of 33 customers"),
        (29, 4, "116 visits that tell something, of 29"),
    ],
)
def test_too_little_data_fails_and_is_told_how_much_is_needed(customers: int, visits: int, told: str):
    few = play(
        truth_of(SHOP), customers=customers, visits=visits, ladders=LADDER, chance=np.random.default_rng(1)
    )
    verdict = verdict_on(honest(few, DEFAULT, np.random.default_rng(1)), few)
    check = named(verdict, "enough_data")
    assert not check.passed
    assert told in check.says
    assert "at least 100 visits of 30 customers are needed" in check.says
    assert verdict.says.startswith("Rejected. There are ")


def test_a_log_of_one_hundred_visits_of_thirty_three_has_enough():
    log = play(truth_of(SHOP), customers=34, visits=3, ladders=LADDER, chance=np.random.default_rng(1))
    assert sufficiency.enough_data(log).passed


@pytest.mark.parametrize("left", [0, 1, 3])
def test_however_little_there_is_no_sentence_tells_of_nan(left: int, fit: xr.DataTree, shop: xr.Dataset):
    few = shop.isel(checkout=slice(left))
    for tree in (
        fit,
        *(plant(kind, fit, np.random.default_rng(4)) for kind in ("NaN", "no draws", "stuck chain")),
    ):
        verdict = verdict_on(tree, few)
        assert not verdict.passed
        for check in verdict.checks:
            assert not re.search(r"\b(nan|inf)\b", check.says), check.says
            assert not check.says.startswith(check.name)


def test_the_gate_knows_how_to_make_every_check():
    assert tuple(CHECKS) == NAMES


@pytest.mark.parametrize("missing", NAMES)
def test_a_verdict_that_lacks_a_check_does_not_pass(missing: str):
    checks = [Check(name, True, 0.0, 0.0, "holds") for name in NAMES]
    assert Verdict(tuple(checks)).passed
    assert not Verdict(tuple([check for check in checks if check.name != missing])).passed
    assert not Verdict((*checks, checks[0])).passed


def test_a_fit_that_does_not_say_its_priors_is_rejected(fit: xr.DataTree, shop: xr.Dataset):
    nameless = fit.copy()
    nameless.attrs = {}
    verdict = verdict_on(nameless, shop)
    assert not verdict.passed
    assert not named(verdict, "complete").passed


def held(fit: xr.DataTree, value: float, said: float) -> xr.DataTree:
    """The fit with eps at one value, and priors that fix it at another or the same."""
    out = fit.copy(deep=True)
    out["posterior"]["eps"].values[:] = value
    out.attrs = {**fit.attrs, "priors": json.dumps(as_json(replace(DEFAULT, eps=Fixed(said))))}
    return rescored(out)


def test_a_parameter_that_the_priors_fix_needs_no_diagnostics(fit: xr.DataTree, shop: xr.Dataset):
    verdict = verdict_on(held(fit, 0.02, 0.02), shop)
    assert verdict.passed, verdict.says
    assert "eps" not in fitted.free(held(fit, 0.02, 0.02))


def test_a_parameter_that_stands_still_without_being_fixed_is_rejected(fit: xr.DataTree, shop: xr.Dataset):
    still = fit.copy(deep=True)
    still["posterior"]["eps"].values[:] = 0.02
    assert not named(verdict_on(still, shop), "rhat").passed


def test_a_parameter_that_moves_although_fixed_is_rejected(fit: xr.DataTree, shop: xr.Dataset):
    moving = fit.copy(deep=True)
    moving.attrs = {**fit.attrs, "priors": json.dumps(as_json(replace(DEFAULT, eps=Fixed(0.02))))}
    check = named(verdict_on(moving, shop), "complete")
    assert not check.passed
    assert "eps" in check.says


def test_a_fit_of_other_checkouts_is_rejected(fit: xr.DataTree, shop: xr.Dataset):
    assert not named(verdict_on(fit, a_shop(customers=400)), "loo").passed


def test_a_shop_of_strangers_has_nothing_to_compare_from_visit_to_visit(fit: xr.DataTree, shop: xr.Dataset):
    strangers = shop.copy(deep=True)
    strangers["customer"].values[:] = -1
    check = named(verdict_on(fit, strangers), "acceptance_again")
    assert check.passed
    assert "fewer than" in check.says


def test_a_better_release_in_force_keeps_a_worse_fit_out(fit: xr.DataTree, shop: xr.Dataset):
    """The fit's posterior is the right one, but what it was scored with was far off."""
    off = fit.copy(deep=True)
    scored = off["log_likelihood"]["history"].values
    off["log_likelihood"]["history"].values[:] = scored - 0.2
    verdict = judge(off, shop, SHOP, np.random.default_rng(3))
    assert [check.name for check in verdict.failed] == ["likelihood", "loo"]
    assert "the shop" in named(verdict, "loo").says


def test_a_release_that_reads_baskets_in_its_own_way_is_compared_customer_by_customer(
    fit: xr.DataTree, shop: xr.Dataset
):
    """Cohorts with one mean, and a covariate without effect, change nothing but the way to the figure."""
    same = replace(
        HAND_MADE,
        cohorts=Cohorts("lines", (3.0,), (HAND_MADE.mu, HAND_MADE.mu), (0.5, 0.5)),
        covariates=(Covariate("units", 2.0, 0.0),),
    )
    plain, read = (
        Evidence(fit, shop, each, np.random.default_rng(3)).comparison for each in (HAND_MADE, same)
    )
    assert read.total == pytest.approx(plain.total, abs=1e-6)
    assert read.error == pytest.approx(plain.error, abs=1e-6)


def test_leaving_one_out_agrees_with_the_formula_of_a_normal_mean():
    """y ~ Normal(m, 1), flat prior: without y_i, y_i is Normal(mean of the others, 1 + 1 / (n - 1))."""
    chance = np.random.default_rng(5)
    y = chance.normal(0.3, 1, 40)
    m = chance.normal(y.mean(), 1 / np.sqrt(40), 4000)
    by_history = -((y[:, None] - m) ** 2) / 2 - np.log(2 * np.pi) / 2
    others, wide = (y.sum() - y) / 39, 1 + 1 / 39
    exact = -((y - others) ** 2) / (2 * wide) - np.log(2 * np.pi * wide) / 2
    elpd, pareto_k, good_k = comparison.loo(by_history)
    assert np.abs(elpd - exact).max() < 0.02
    assert pareto_k.max() < good_k


def test_a_customer_that_cannot_be_left_out_counts_with_the_worst_draw():
    chance = np.random.default_rng(5)
    by_history = -5 * np.abs(chance.standard_cauchy((3, 400)))
    elpd, pareto_k, good_k = comparison.loo(by_history)
    assert not (pareto_k <= good_k).any()
    assert np.array_equal(elpd, by_history.min(axis=1))


def test_a_shop_of_five_hundred_is_judged_within_two_seconds(fit: xr.DataTree, shop: xr.Dataset):
    began = time.process_time()
    verdict_on(fit, shop)
    assert time.process_time() - began < 2


def test_the_verdict_as_json_is_strict(fit: xr.DataTree, shop: xr.Dataset):
    said = verdict_on(plant("no draws", fit, np.random.default_rng(4)), shop).as_json()
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert said["passed"] is False
    assert [check["name"] for check in said["checks"]] == list(NAMES)
