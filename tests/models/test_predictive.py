"""Posterior predictive replicates: played by the right law, counted in the right cells."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from models import offer_cells, predictive, replicate, virtual_shop
from models.comparison import point_of
from models.offer_cells import ASKED
from models.priors import DEFAULT, Cohorts
from models.release import HAND_MADE
from models.virtual_shop import Design, Truth, play, truth_of
from tests.models.laplace_fits import honest


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
    assert off.says.startswith(
        "of 1,000,000 who were asked in the group “a” 52.1 % accepted; the fit expects 50.0 %"
    )


def test_a_cell_that_no_replicate_reached_fails():
    lost = predictive.Acceptance(("a",), *[np.array([value]) for value in (40, 0.5, np.nan, np.nan, np.nan)])
    check = predictive.check("acceptance_by_rung", lost)
    assert not check.passed
    assert "nan" not in check.says
    assert "50.0 % accepted, and no replicate" in check.says


def one_cell(asked: int, accepted: int, chance: float) -> predictive.Acceptance:
    """A group of the shop's, held against replicates in which each of those asked accepts with this chance."""
    draws = np.random.default_rng(1).binomial(asked, chance, 100)
    played = [(np.array([float(asked)]), np.array([float(each)])) for each in draws]
    seen = offer_cells.Sorting(("group",), lambda heard, ending: (np.array([asked]), np.array([accepted])))
    shop = SimpleNamespace(heard=None, ending=None)
    return predictive.held_against(seen, shop, played)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "asked, accepted, chance", [(33, 0, 0.05), (33, 33, 0.95), (30, 0, 0.0), (30, 30, 1.0)]
)
def test_that_nobody_or_everybody_accepted_passes_where_it_is_an_ordinary_day(
    asked: int, accepted: int, chance: float
):
    check = predictive.check("acceptance_by_rung", one_cell(asked, accepted, chance))
    assert check.passed, check.says
    assert check.value is not None and check.value < 1


@pytest.mark.parametrize(
    "asked, accepted, chance", [(33, 0, 0.5), (33, 33, 0.5), (200, 0, 0.1), (200, 200, 0.9)]
)
def test_that_nobody_or_everybody_accepted_fails_where_it_is_a_wonder(
    asked: int, accepted: int, chance: float
):
    assert not predictive.check("acceptance_by_rung", one_cell(asked, accepted, chance)).passed


@pytest.mark.parametrize("asked, chance", [(33, 0.05), (40, 0.5), (300, 0.93)])
def test_the_counts_allowed_are_those_of_the_binomial_where_answers_are_independent(
    asked: int, chance: float
):
    """Against exact sums of binomial coefficients; 100 replicates know the chance well, but not exactly."""
    seen = one_cell(asked, 0, chance)
    p = float(seen.predicted[0])
    below = np.cumsum([math.comb(asked, k) * p**k * (1 - p) ** (asked - k) for k in range(asked + 1)])
    least = int(np.argmax(below > predictive.ALARM / 2))
    most = int(np.argmax(below >= 1 - predictive.ALARM / 2))
    assert abs(seen.low[0] * asked - least) <= 0.05 * asked
    assert abs(seen.high[0] * asked - most) <= 0.05 * asked
    assert predictive.check("acceptance_by_depth", seen._replace(observed=seen.low)).passed
    assert predictive.check("acceptance_by_depth", seen._replace(observed=seen.high)).passed


LONG = (100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 1000, 1200, 1500, 1800, 2000, 2500)
# Most ladders are short; late rungs are met by few, and hardly anybody is asked for the top of a long one.
MANY_LADDERS = (
    Design(LONG[:4], (0, 1, 2, 3), 6),
    Design(LONG[:2], (0, 1), 6),
    Design(LONG, tuple(range(16)), 0.25),
    Design(LONG[:10], tuple(range(10)), 0.3),
    Design(LONG[:12], (1, 3, 5, 7, 9, 11), 0.5),
)


@pytest.mark.parametrize("ladders", [(Design(LONG, tuple(range(16))),), MANY_LADDERS], ids=["one", "many"])
@pytest.mark.parametrize("seed", range(6))
def test_a_small_honest_shop_with_long_ladders_behaves_as_its_fit_expects(seed: int, ladders: tuple):
    chance = np.random.default_rng(seed)
    shop = play(truth_of(HAND_MADE), customers=300, visits=5, ladders=ladders, chance=chance)
    for name, seen in predictive.compare(honest(shop, DEFAULT, chance), shop, chance).items():
        check = predictive.check(name, seen)
        assert check.passed, check.says
        assert seen.asked.min() >= ASKED


@pytest.mark.parametrize("seed", range(4))
def test_rare_tops_of_long_ladders_share_groups_of_enough_offers(seed: int):
    chance = np.random.default_rng(seed)
    dataset = play(truth_of(HAND_MADE), customers=150, visits=5, ladders=MANY_LADDERS, chance=chance)
    shop = visits_of(dataset)
    sorting = offer_cells.sortings(shop)["acceptance_by_rung"]
    asked, accepted = sorting.counted(shop.heard, shop.ending)
    assert asked.min() >= ASKED
    assert (asked.sum(), accepted.sum()) == (shop.heard.sum(), (shop.ending == 0).sum())
    assert len(set(sorting.cells)) == len(sorting.cells)
