"""The whole readout of an experiment, in figures and in words; small or odd tables do not break it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from models import readout, readout_guardrails, readout_metrics, readout_ratio, readout_shop
from models.readout_shop import Shop
from models.readout_table import Design
from tests.models.readout.tables import DESIGN, HELD, OTHER, TRIED, table

SHOP = Shop(customers=8000, lift=0.15)


@pytest.fixture(scope="module")
def told() -> dict:
    return readout.of(readout_shop.month(SHOP, np.random.default_rng(1)), SHOP.design())


def lift_of(told: dict, metric: str) -> dict:
    return next(each for each in told["arms"][0]["lifts"] if each["metric"] == metric)


def test_exposure_counts_units_and_checkouts_beside_what_was_announced(told):
    log = readout_shop.month(SHOP, np.random.default_rng(1))
    exposure = told["exposure"]
    assert exposure["checkouts"] == len(log)
    assert exposure["units"] == np.unique(log.units()).size == sum(each["units"] for each in exposure["arms"])
    assert [each["checkouts"] for each in exposure["arms"]] == np.bincount(log.arm, minlength=3)[:2].tolist()
    assert exposure["arms"][0]["expected"] == exposure["units"] / 2
    assert exposure["crossed"] == 0


def test_means_are_those_of_the_table(told):
    log = readout_shop.month(SHOP, np.random.default_rng(1))
    mine = log.arm == 1
    found = lift_of(told, "margin_per_checkout")["arm"]["value"]
    assert found == pytest.approx(log.kept()[mine].sum() / mine.sum(), abs=0.001)
    handling = next(each for each in told["arms"][0]["guardrails"] if each["metric"] == "handling")
    seconds = [log.handling_ms[log.arm == arm].sum() / 1000 / (log.arm == arm).sum() for arm in (0, 1)]
    assert handling["harm"]["mean"] == pytest.approx(seconds[1] - seconds[0], abs=1e-4)


def test_both_priors_are_stated_and_the_sceptical_one_believes_less(told):
    assert told["priors"] == {"sceptical": {"mean": 0, "sd": 0.03}, "weak": {"mean": 0, "sd": 1}}
    under = lift_of(told, "margin_per_unit")["under"]
    assert 0 < under["sceptical"]["percent"]["mean"] < under["weak"]["percent"]["mean"]
    assert under["weak"]["total"]["mean"] == pytest.approx(
        under["weak"]["difference"]["mean"] * told["exposure"]["arms"][1]["units"], abs=1
    )


def test_sentences_come_in_the_order_in_which_a_readout_is_to_be_read(told):
    shares, guardrails, lift = told["says"]
    assert shares.startswith("The arms have the shares")
    assert guardrails.startswith("smallest_first: guardrails")
    assert "smallest_first: margin per unit drawn" in lift
    assert "better with a chance of" in lift


def test_what_does_not_add_up_is_said_before_any_guardrail_or_lift(told):
    log = readout_shop.month(SHOP, np.random.default_rng(1))
    books = readout.reconciled(readout_shop.twice(log, 1), [SHOP.design()])
    said = readout.whole(told, books)["says"]
    assert [said[0], *said[-2:]] == told["says"]
    assert said[1].startswith("It does not add up: stop")
    assert said[1:-2] == books["says"]
    assert any("counted once too often" in line for line in books["says"])


def test_a_broken_draw_is_said_first():
    log = readout_shop.month(SHOP, np.random.default_rng(2))
    lost = log.rows(
        (log.arm == 0) | (log.customer % 5 > 0)
    )  # a fifth of the tried customers are not in the log
    told = readout.of(lost, SHOP.design())
    assert told["shares"]["alarm"]
    assert "Believe nothing below" in told["says"][0]


@pytest.mark.parametrize("count", [0, 1, 2, 10, 61])
def test_small_tables_are_told_to_be_too_small_and_stay_json(count):
    rows = table(np.arange(count), np.arange(count) % 2, np.arange(count), cashier=np.arange(count) % 2)
    for told in (
        readout.of(rows, DESIGN),
        readout.reconciled(rows, [DESIGN]),
        readout.reconciled(rows, [], HELD),
    ):
        json.dumps(told, allow_nan=False)
    said = readout.of(rows, DESIGN)["arms"][0]
    assert count > 60 or said["lifts"][0]["under"] == {}
    assert count > 60 or {each["state"] for each in said["guardrails"]} == {"not enough data"}


def test_a_shop_that_only_loses_money_still_gets_its_guardrails():
    count = 400
    rows = table(np.arange(count), np.arange(count) % 2, np.full(count, -5))
    told = readout.of(rows, DESIGN)
    json.dumps(told, allow_nan=False)
    assert "control earns nothing" in told["says"][-1]
    assert told["arms"][0]["lifts"][2]["under"]


def test_a_shop_whose_baskets_are_all_alike_is_no_certainty():
    count = 400
    rows = table(
        np.arange(count), np.arange(count) % 2, np.full(count, 30), cashier=np.arange(count) // 2 % 2
    )
    told = readout.of(rows, DESIGN)
    json.dumps(told, allow_nan=False)
    assert [each["believed"] for each in told["arms"][0]["cashiers"]["groups"]] == [0, 0]
    assert told["arms"][0]["lifts"][0]["under"]["weak"]["chance_to_win"] == pytest.approx(0.5)


def test_three_arms_are_each_held_against_the_control():
    chance = np.random.default_rng(3)
    arm = chance.integers(0, 3, 3000)
    rows = table(np.arange(3000), arm, chance.integers(20, 40, 3000) + 5 * arm)
    told = readout.of(rows, Design("three", (HELD, TRIED, OTHER), (1, 1, 1), HELD))
    means = [lift_of({"arms": [each]}, "margin_per_unit")["difference"]["mean"] for each in told["arms"]]
    assert means == pytest.approx([5, 10], abs=0.8)


def test_an_announced_adjustment_narrows_the_interval_and_says_so():
    shop = Shop(customers=6000, before=True)
    log = readout_shop.month(shop, np.random.default_rng(4))
    plain, adjusted = (readout.of(log, replace(shop.design(), adjusted=which)) for which in (False, True))
    widths = []
    for each in (plain, adjusted):
        low, high = lift_of(each, "margin_per_unit")["percent"]["interval_95"]
        widths.append(high - low)
    assert adjusted["adjusted"] and not plain["adjusted"]
    assert widths[1] < 0.85 * widths[0]


@pytest.mark.parametrize("shift,state", [(0.0, "passed"), (-0.02, "not enough data"), (-0.1, "breached")])
def test_a_guardrail_passes_breaches_or_waits_by_where_its_whole_interval_is(shift, state):
    conversion = next(each for each in readout_metrics.GUARDRAILS if each.name == "conversion")
    means = [readout_ratio.Mean(0.9 + by, 0.006, 1000) for by in (shift, 0.0)]
    judged = readout_guardrails.judge(conversion, readout_ratio.difference(*means), bound=0.02)
    assert judged.state() == state
    assert judged.harm and judged.harm.mean == pytest.approx(-shift)


def test_a_lift_that_only_the_log_believes_is_told_beside_the_sceptical_one():
    chance = np.random.default_rng(6)
    arm = np.arange(120) % 2
    large = table(np.arange(120), arm, chance.integers(20, 40, 120) + 18 * arm)
    assert "The log alone says +5" in (said := readout.of(large, DESIGN)["says"][-1]), said
    assert "too few customers to believe it" in said
    arm = np.arange(40_000) % 2
    firm = table(np.arange(40_000), arm, chance.integers(20, 40, 40_000) + arm)
    assert "The log alone" not in readout.of(firm, DESIGN)["says"][-1]


@pytest.mark.parametrize("offers_of_the_control,expected", [(1, True), (0, True), (2, False)])
def test_more_refusals_than_a_control_that_never_climbs_are_expected(offers_of_the_control, expected):
    arm = np.arange(400) % 2
    rows = table(
        np.arange(400),
        arm,
        np.full(400, 30),
        offers=np.where(arm, 3, offers_of_the_control),
        refusals=2 * arm,
    )
    told = readout.of(rows, DESIGN)
    refusals = next(each for each in told["arms"][0]["guardrails"] if each["metric"] == "refusals")
    assert (refusals["state"], refusals["by_design"]) == ("breached", expected)
    assert (
        "refusals (expected against a control that makes one offer at most)" in told["says"][1]
    ) == expected


def test_bounds_that_were_announced_replace_the_usual_ones():
    log = readout_shop.month(Shop(customers=3000), np.random.default_rng(5))
    design = replace(Shop().design(), bounds={"conversion": 0.2})
    conversion = readout.of(log, design)["arms"][0]["guardrails"][0]
    assert conversion["bound"] == 0.2
    assert conversion["state"] == "passed"
    assert conversion["direction"] == "may not fall"
