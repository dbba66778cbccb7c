"""Posterior predictive replicates: played by the right law, counted in the right cells."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from models import offer_cells, predictive, replicate, virtual_shop
from models.comparison import point_of
from models.offer_cells import ASKED
from models.priors import DEFAULT, Cohorts
from models.release import HAND_MADE
from models.virtual_shop import Truth, play, truth_of


def a_shop(truth: Truth, customers: int = 4000, seed: int = 1) -> xr.Dataset:
    chance = np.random.default_rng(seed)
    return play(truth, customers=customers, visits=4, ladders=virtual_shop.MIXED, chance=chance)


def visits_of(dataset: xr.Dataset, priors=DEFAULT, most: int = 10**9) -> replicate.Visits:
    return replicate.visits(dataset, priors, most, np.random.default_rng(2))


def shares(
    sorting: offer_cells.Sorting, heard: np.ndarray, ending: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    asked, accepted = sorting.counted(heard, ending)
    return accepted / asked, asked


def test_customers_who_are_as_the_shop_truly_is_behave_as_the_shop_did():
    shop = visits_of(a_shop(truth_of(HAND_MADE)))
    again = replicate.replay(shop, point_of(HAND_MADE), np.random.default_rng(3))
    for sorting in offer_cells.sortings(shop).values():
        seen, asked = shares(sorting, shop.heard, shop.ending)
        played, _ = shares(sorting, *again)
        # Visits of one customer are alike, so the errors are those of fewer: twice the binomial ones at the most.
        error = 2 * np.sqrt(2 * played * (1 - played) / asked) + 1e-3
        assert (np.abs(seen - played) < 3 * error).all()


def test_each_cohort_and_cashier_is_played_by_its_own_numbers():
    rule = Cohorts("lines", (4.0,))
    means, slips = (-5.0, -2.0), (0.0001, 0.4)
    truth = replace(truth_of(HAND_MADE), cohorts=rule, cohort_mu=means, cashier_eps=slips)
    dataset = a_shop(truth)
    shop = visits_of(dataset, replace(DEFAULT, cohorts=rule))
    names = list(shop.regressors.cashiers)
    point = {**point_of(HAND_MADE), "cohort_mu": np.array(means)}
    point["cashier_eps"] = np.array([slips[int(name.removeprefix("c"))] for name in names])
    heard, ending = replicate.replay(shop, point, np.random.default_rng(3))
    for group in (shop.regressors.cohort, shop.regressors.cashier):
        for number in (0, 1):
            rows = group == number
            seen = ((shop.heard == 1) & (shop.ending == 0))[rows].mean()
            played = ((heard == 1) & (ending == 0))[rows].mean()
            assert played == pytest.approx(seen, abs=0.035)


def test_offers_are_counted_as_by_hand():
    shop = visits_of(a_shop(truth_of(HAND_MADE), customers=300))
    sorting = offer_cells.sortings(shop)["acceptance_by_depth"]
    asked, accepted = sorting.counted(shop.heard, shop.ending)
    by_hand: dict[int, list[int]] = {}
    for depth, heard, ending in zip(shop.depth, shop.heard, shop.ending, strict=True):
        for number in range(heard):
            counts = by_hand.setdefault(int(depth[number]), [0, 0])
            counts[0] += 1
            counts[1] += ending == 0 and number == heard - 1
    # Cells hold whole depths in their order.
    assert asked.sum() == sum(counts[0] for counts in by_hand.values())
    assert accepted.sum() == sum(counts[1] for counts in by_hand.values())
    exact = {f"offers of {depth / 100:g} %": counts for depth, counts in by_hand.items()}
    alone = [number for number, cell in enumerate(sorting.cells) if cell in exact]
    assert alone
    for number in alone:
        assert [asked[number], accepted[number]] == exact[sorting.cells[number]]


def test_every_cell_has_enough_offers_and_every_offer_has_a_cell():
    shop = visits_of(a_shop(truth_of(HAND_MADE), customers=150))
    for name in ("acceptance_by_depth", "acceptance_by_rung"):
        asked, _ = offer_cells.sortings(shop)[name].counted(shop.heard, shop.ending)
        assert asked.min() >= ASKED
        assert asked.sum() == shop.heard.sum()


def test_a_large_shop_is_played_with_whole_customers_drawn_from_it():
    dataset = a_shop(truth_of(HAND_MADE), customers=1000)
    shop = visits_of(dataset, most=100)
    assert int(shop.owner.max()) + 1 == 100
    assert len(shop.owner) == 400
    assert np.bincount(shop.owner).tolist() == [4] * 100


def test_the_visit_before_is_the_same_customers_and_earlier_in_the_log():
    shop = visits_of(a_shop(truth_of(HAND_MADE), customers=50))
    later = np.flatnonzero(shop.before >= 0)
    assert len(later) == 150
    assert (shop.owner[later] == shop.owner[shop.before[later]]).all()
    assert (shop.before[later] < later).all()


def test_a_difference_nobody_would_notice_passes_and_one_beyond_chance_does_not():
    seen = predictive.Acceptance(
        ("a", "b"),
        np.array([10**6, 10**6]),
        np.array([0.517, 0.5]),
        np.array([0.5, 0.5]),
        np.array([0.499, 0.499]),
        np.array([0.501, 0.501]),
    )
    assert predictive.check("acceptance_by_depth", seen).passed
    off = predictive.check("acceptance_by_depth", seen._replace(observed=np.array([0.521, 0.5])))
    assert not off.passed
    assert off.says.startswith("a: 52.1 % accepted, the fit expects 50.0 %")


def test_a_cell_that_no_replicate_reached_fails():
    lost = predictive.Acceptance(("a",), *[np.array([value]) for value in (40, 0.5, np.nan, np.nan, np.nan)])
    assert not predictive.check("acceptance_by_rung", lost).passed
