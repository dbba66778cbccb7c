"""A plan explained: the figures add up, and the sentence says what happens. Runs on both interpreters."""

from pos_client.core import basket, checkout, discount, policy, shop
from pos_client.core.explanation import explain
from pos_client.core.model import Model
from tests.core.shops import DAY, body, line, rule
from tests.core.small_model import COLUMNS, STATES, TABLES

THREE = [rule("x", more={"rate": 300}), rule("y", more={"rate": 500}), rule("z", more={"rate": 900})]
BASKET = [line("a", 1, 10000)]


def decided(law, model=True, facts=None, held=None, queue=0):
    whole = Model(TABLES, lambda number, count: COLUMNS[number * 2 * STATES : (number + count) * 2 * STATES])
    present = shop.Shop(discount.read_all(THREE), policy.read(law), 1, 0, {}, whole if model else None)
    visit = shop.visit(present, DAY * 86400, facts, {}, "t1" if held else None, "c1", held)
    return checkout.Decision(present, basket.read(body(BASKET, {"queue": queue})), visit)


def test_of_all_visits_each_takes_an_offer_leaves_or_buys_with_the_last():
    told = explain(decided({"lost_sale": 90000}))
    assert len(told["offers"]) == len(told["plan"]) > 1
    assert told["offers"][0]["heard"] == 10000
    for row, follows in zip(told["offers"], told["offers"][1:]):
        assert abs(row["heard"] - row["accepted"] - row["left"] - follows["heard"]) <= 2


def test_the_best_plan_is_expected_to_keep_no_less_than_the_others():
    told = explain(decided({"plan": "adaptive_start", "most_climbs": 7, "lost_sale": 40000}))
    assert told["expected"] >= max(told["instead"].values())


def test_the_sentence_names_a_plan_that_would_keep_more_and_who_buys_all_the_same():
    told = explain(decided({"lost_sale": 300000}))
    better = [name for name in told["instead"] if told["instead"][name] > told["expected"]]
    assert better and "would be expected to keep more" in told["sentence"]
    calm = explain(decided({"plan": "adaptive_start", "most_climbs": 7, "lost_sale": 0}))
    assert "would be expected" not in calm["sentence"]
    assert "refuse and buy with the last offer" in calm["sentence"]


def test_a_customer_sure_to_buy_keeps_the_margin_less_the_smallest_discount():
    sure = [65536] + [0] * (STATES - 1)
    told = explain(decided({"lost_sale": 0}, facts={}, held=(sure, DAY)))
    assert told["plan"] == [0] and 3190 <= told["expected"] <= 3200
    assert told["sentence"].startswith("Offers 3 %, the smallest first")


def test_the_sentence_says_why_nothing_is_offered():
    assert explain(decided({}, queue=5))["sentence"] == (
        "Nothing is offered: 5 customers wait, and above 4 the till is silent."
    )
    assert "too few seconds" in explain(decided({"till_seconds": 0}))["sentence"]


def test_without_a_model_it_says_that_nothing_is_known():
    told = explain(decided({}, model=False))
    assert told["offers"] == [] and told["expected"] is None and told["instead"] == {}
    assert told["sentence"] == (
        "Nothing is known yet to weigh the ladder by, so it offers 3 %, then 5 % if asked for more,"
        " then 9 % if asked for more."
    )
