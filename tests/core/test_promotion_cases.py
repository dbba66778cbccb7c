"""Worked cases of public engines (their tests, issues, docs) as rules of ours; figures only, source in each case."""

import json

from pos_client.core import basket, checkout, checkout_record, money, policy, returning, shop
from pos_client.core.discount import read_all

CASES = json.load(open(__file__.rsplit("/", 1)[0] + "/promotion_cases.json"))
DAY = 20000


def _decision(case):
    present = shop.Shop(read_all(case["rules"]), policy.read({}), 1, 0, {})
    visit = shop.visit(present, DAY * 86400, case.get("facts", {}), {})
    return checkout.Decision(present, basket.read(case["basket"]), visit)


def _by_line(decision):
    """What every line gets in all: announced discounts, and the largest rung as these engines give it at once."""
    parts = [given.shares() for given in decision.automatic]
    if decision.ladder:
        parts.append(decision.ladder[-1].shares())
    return [sum([part[index] for part in parts]) for index in range(len(decision.basket.lines))]


def _differences(check):
    """Ids of the cases where ``check(case, decision)`` does not hold."""
    return [
        case["id"]
        for case in CASES
        if not case.get("their_own_rounding") and not check(case, _decision(case))
    ]


def test_the_total_of_every_case_is_what_the_engine_gives():
    assert _differences(lambda case, decision: sum(_by_line(decision)) == case["expected"]["total"]) == []


def test_the_share_of_every_line_is_what_the_engine_gives():
    def shares(case, decision):
        return case["expected"]["lines"] is None or _by_line(decision) == case["expected"]["lines"]

    assert _differences(shares) == []


def test_the_share_of_every_unit_is_what_the_engine_gives():
    def units(case, decision):
        wanted = case["expected"].get("units", [])
        lines = decision.basket.lines
        found = [
            [
                money.unit_shares(_by_line(decision)[i], lines[i].quantity, unit, 1)
                for unit in range(len(wanted[i]))
            ]
            for i in range(len(wanted))
        ]
        return found == wanted

    assert _differences(units) == []


def test_steps_come_in_the_order_and_of_the_size_the_engine_gives():
    def steps(case, decision):
        wanted = case["expected"].get("steps")
        return wanted is None or [given.amount for given in decision.automatic] == wanted

    assert _differences(steps) == []


def test_the_same_discounts_win():
    def winners(case, decision):
        wanted = case["expected"].get("applied")
        return wanted is None or [given.discount.id for given in decision.automatic] == wanted

    assert _differences(winners) == []


def test_competing_discounts_make_a_ladder_with_the_smallest_first():
    def ladders(case, decision):
        wanted = case["expected"].get("ladder")
        return wanted is None or [rung.amount for rung in decision.ladder] == wanted

    assert _differences(ladders) == []
    assert len([case for case in CASES if "ladder" in case["expected"]]) > 1


def test_a_full_return_pays_back_what_was_paid():
    def refunds(case, decision):
        if "refund" not in case["expected"]:
            return True
        stamp = checkout_record.Stamp("d", 1, 1, "s", 1, 0, None)
        record = checkout_record.of_checkout(stamp, "x", None, decision, checkout.begin(decision), "sold")
        return returning.give_back(record, [0] * len(record["lines"]), {})[1] == case["expected"]["refund"]

    assert _differences(refunds) == []


def test_a_program_usable_once_gives_nothing_the_second_time():
    case = next(iter([case for case in CASES if case["id"] == "odoo-pos-06"]))
    again = dict(case)
    again["facts"] = {"usage": {"r": [0, 1, 288]}}
    assert _decision(case).automatic
    assert not _decision(again).automatic


def test_all_cases_but_two_with_rounding_of_their_own_are_held():
    assert len(CASES) == 65
    assert [case["id"] for case in CASES if case.get("their_own_rounding")] == [
        "oscar-pct-04",
        "oscar-pct-05",
    ]
