"""Segments against a simulated shop whose customers are known, and against arithmetic done another way."""

import math
from collections import Counter
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from models import segment_rules, segments, tables
from models.release import HAND_MADE
from models.replies import HUNTER, INDIFFERENT
from models.segment_rules import (
    HOLDS_OUT,
    NAMES,
    NOT_KNOWN,
    SEGMENTS,
    WITHOUT_CARD,
    assign,
    chances,
    kinds_of,
)
from models.segments import Checkouts
from models.virtual_shop import MIXED, play, truth_of
from pos_client.core import belief

NEEDS = tables.grid(HAND_MADE)


def known(played):
    """What a service would believe of every customer of a simulated shop, at 2^30."""
    model = tables.held(HAND_MADE)
    held = [belief.initial(model, belief.PRECISE)] * played.sizes["token"]
    columns = [
        played[name].values.tolist() for name in ("customer", "depth", "top", "planned", "heard", "ending")
    ]
    for customer, depth, top, planned, heard, ending in zip(*columns, strict=True):
        words = ["asked_more"] * (heard - 1) + [("accepted", "left", "asked_more")[ending]]
        offers = [(depth[at], top[at], top[at] or at == planned - 1, word) for at, word in enumerate(words)]
        held[customer] = belief.update(model, held[customer], offers, "lost" if ending == 1 else "sold")
    return np.array(held)


@pytest.fixture(scope="module")
def shop():
    """1,200 customers with twelve visits each, and the chances of their kinds."""
    played = play(
        truth_of(HAND_MADE), customers=1200, visits=12, ladders=MIXED, chance=np.random.default_rng(4)
    )
    return played, chances(known(played), kinds_of(NEEDS))


def truth(played):
    """The kind (customers,) of each simulated customer."""
    kind, need = played["true_kind"].values, np.exp(played["true_theta"].values)
    by_need = 1 + (need > 0.05) + (need > 0.12)
    return np.where(kind == INDIFFERENT, 0, np.where(kind == HUNTER, 4, by_need))


def test_the_likely_mix_is_the_true_one_within_its_stated_error(shop):
    played, chance = shop
    share = np.bincount(truth(played), minlength=5) / played.sizes["token"]
    for kind, true in zip(segments._kinds(chance), share, strict=True):
        width = (kind.high - kind.low) / 2
        assert width < 0.04
        assert abs(kind.share - true) < 1.5 * width  # three standard errors


def test_whoever_is_put_into_a_segment_belongs_there_as_often_as_is_said(shop):
    played, chance = shop
    placed, true = assign(chance, np.zeros(len(chance), bool)), truth(played)
    assert (placed != NOT_KNOWN).mean() > 0.6
    for place in segment_rules.BY_CHANCE:
        mine = placed == place
        sure = segment_rules.sure_of(chance[mine], place)
        right = np.isin(true[mine], SEGMENTS[place].kinds)
        error = math.sqrt((sure * (1 - sure)).sum())
        assert mine.sum() > 20 and sure.min() >= segment_rules.SURE
        assert abs(right.sum() - sure.sum()) < 3.5 * error, SEGMENTS[place].name


def test_nobody_is_known_before_the_first_visit():
    model = tables.held(HAND_MADE)
    fresh = chances(np.array([belief.initial(model)]), kinds_of(NEEDS))
    assert assign(fresh, np.array([False])).tolist() == [NOT_KNOWN]
    assert assign(fresh, np.array([True])).tolist() == [HOLDS_OUT]


def test_kinds_of_the_population_are_the_areas_of_the_normal_distribution():
    found = chances(np.array([tables.population(HAND_MADE)]), kinds_of(NEEDS))[0]
    at = [
        0.5 * math.erfc(-(math.log(cut) - HAND_MADE.mu) / HAND_MADE.tau / math.sqrt(2))
        for cut in (0.05, 0.12)
    ]
    share = HAND_MADE.shares[2]
    exact = [
        HAND_MADE.shares[0],
        share * at[0],
        share * (at[1] - at[0]),
        share * (1 - at[1]),
        HAND_MADE.shares[1],
    ]
    assert found == pytest.approx(exact, abs=2e-3)


def test_the_rules_are_those_that_are_told():
    rows = {
        "buys-anyway": [0.6, 0.4, 0, 0, 0],
        "small-gesture": [0.3, 0.3, 0.4, 0, 0],
        "middling-discount": [0, 0.2, 0.6, 0.2, 0],
        "waits-for-the-best": [0, 0, 0.4, 0, 0.6],
        "large-discount": [0, 0, 0.4, 0.3, 0.3],
        "not-known-yet": [0.2, 0.2, 0.2, 0.2, 0.2],
    }
    found = assign(np.array(list(rows.values())), np.zeros(len(rows), bool))
    assert [NAMES[place] for place in found] == list(rows)
    for name, percent in (
        ("small-gesture", "5 %"),
        ("middling-discount", "12 %"),
        ("large-discount", "12 %"),
    ):
        assert percent in SEGMENTS[NAMES.index(name)].rule and "60 %" in SEGMENTS[NAMES.index(name)].rule


def checkouts(chance, customers=400, visits=6, growth=1.0, anonymous=0.1):
    """Two periods of a stationary shop, but for ``growth`` of the margin in the later one; skewed baskets."""
    count = customers * visits
    customer = np.repeat(np.arange(customers), visits)
    customer[chance.random(count) < anonymous] = -1
    now = chance.random(count) < 0.5
    habit = chance.lognormal(0, 0.5, customers)
    gross = np.ceil(2000 * habit[customer] * chance.lognormal(0, 0.8, count)).astype(np.int64)
    sold = chance.random(count) < 0.95
    margin = np.where(sold, np.round(0.3 * gross * np.where(now, growth, 1.0)), 0).astype(np.int64)
    return Checkouts(
        customers,
        customer,
        now,
        gross,
        turnover=np.where(sold, gross, 0),
        margin=margin,
        discount=np.where(sold, gross // 20, 0),
        returned=np.zeros(count, np.int64),
        offered=np.ones(count, bool),
        took_first=chance.random(count) < 0.5,
        refusals=chance.integers(0, 3, count),
        left=~sold,
    )


def some_chance(chance, customers=400):
    return chance.dirichlet(np.full(5, 0.15), customers)


def test_money_and_customers_of_the_segments_add_up_to_the_shop_exactly():
    chance = np.random.default_rng(1)
    shop = checkouts(chance)
    told = segments.report(shop, some_chance(chance), np.arange(400) % 50 == 0)
    for name in ("turnover", "margin", "discount", "returned", "visits", "margin_before", "customers"):
        assert sum(getattr(one, name) for one in told.segments) == getattr(told.whole, name)
    assert told.whole.margin == sum(shop.margin[shop.now].tolist())
    assert told.whole.margin_before == sum(shop.margin[~shop.now].tolist())
    assert sum(one.share for one in told.segments) == pytest.approx(1)


def test_each_figure_is_what_a_loop_over_the_checkouts_counts():
    chance = np.random.default_rng(2)
    shop, likely = checkouts(chance, 60), some_chance(chance, 60)
    placed = assign(likely, np.zeros(60, bool)).tolist()
    margin, who = Counter(), set()
    for customer, now, kept in zip(
        shop.customer.tolist(), shop.now.tolist(), shop.margin.tolist(), strict=True
    ):
        place = placed[customer] if customer >= 0 else WITHOUT_CARD
        margin[place] += kept * now
        who |= {(place, customer)} if now and customer >= 0 else set()
    told = segments.report(shop, likely, np.zeros(60, bool)).segments
    assert [one.margin for one in told] == [margin[place] for place in range(len(SEGMENTS))]
    assert [one.customers for one in told] == [
        sum(at == place for at, _ in who) for place in range(len(SEGMENTS))
    ]


def test_the_interval_of_a_trend_covers_and_noise_is_no_trend():
    """200 shops whose customers do not change: one interval in twenty misses, and one report in twenty calls."""
    covered, called, looked_at = 0, 0, 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        told = segments.report(checkouts(chance), some_chance(chance), np.zeros(400, bool))
        trends = [one.trend for one in told.segments if one.trend]
        looked_at += len(trends)
        covered += sum(trend.low <= 0 <= trend.high for trend in trends)
        called += any(trend.clear for trend in trends)
    assert looked_at > 900
    assert 0.93 <= covered / looked_at <= 0.97
    assert called <= 16  # of 200; 5 % are 10, two standard errors more 16


def test_quantiles_of_student_are_those_of_scipy():
    for level in (0.9, 0.975, 1 - 0.025 / 8):
        for freedom in (29, 60, 1000):
            found = segments.student(NormalDist().inv_cdf(level), freedom)
            assert found == pytest.approx(stats.t.ppf(level, freedom), abs=1e-4)


def test_a_real_change_is_found_with_its_size():
    chance = np.random.default_rng(3)
    shop = checkouts(chance, customers=4000, growth=1.3)
    told = segments.report(shop, some_chance(chance, 4000), np.zeros(4000, bool))
    trend = told.whole.trend
    assert trend.clear == 1 and trend.low < 0.3 < trend.high and trend.customers > 3000
    fallen = segments.report(shop._replace(now=~shop.now), some_chance(chance, 4000), np.zeros(4000, bool))
    assert fallen.whole.trend.clear == -1


def test_few_customers_have_no_trend_and_whoever_came_once_is_not_compared():
    chance = np.random.default_rng(5)
    few = checkouts(chance, customers=29, visits=20)
    assert segments.report(few, some_chance(chance, 29), np.zeros(29, bool)).whole.trend is None
    once = checkouts(chance, customers=400, visits=1)
    assert segments.report(once, some_chance(chance), np.zeros(400, bool)).whole.trend is None


def test_what_tells_a_segment_apart_is_told_and_noise_is_not():
    chance = np.random.default_rng(6)
    shop, likely = checkouts(chance, anonymous=0.0), np.tile(np.eye(5)[0], (400, 1))
    likely[:200] = np.eye(5)[4]
    told = {NAMES[one.segment]: one for one in segments.report(shop, likely, np.zeros(400, bool)).segments}
    assert told["buys-anyway"].reasons == told["waits-for-the-best"].reasons == ()
    eager = shop._replace(took_first=shop.took_first | (shop.customer >= 200))
    told = {NAMES[one.segment]: one for one in segments.report(eager, likely, np.zeros(400, bool)).segments}
    assert told["buys-anyway"].reasons == ("takes the first offer at 100 % of the visits (others 49 %)",)


def test_a_shop_without_a_checkout_has_segments_without_figures():
    shop = checkouts(np.random.default_rng(7), customers=0, visits=0)
    told = segments.report(shop, np.zeros((0, 5)), np.zeros(0, bool))
    assert [one.visits for one in told.segments] == [0] * len(SEGMENTS)
    assert told.whole.trend is None and told.whole.share == 0


def test_another_release_moves_who_needs_little():
    """The thresholds are depths, so a shop whose customers need twice as much has fewer who need little."""
    needy = replace(HAND_MADE, mu=HAND_MADE.mu + math.log(2))
    found = [
        chances(np.array([tables.population(one)]), kinds_of(tables.grid(one)))[0, 1]
        for one in (HAND_MADE, needy)
    ]
    assert found[1] < 0.5 * found[0]
