"""The negotiation as a state machine, goodwill, the record of it, and goods brought back."""

from pos_client.core import answer, checkout_record, goodwill, returning
from pos_client.core.checkout import begin, on_offer, react, taken, to_pay
from pos_client.core.record import Invalid, OutOfTurn
from tests.core.expect import raises
from tests.core.shops import amount, decide, line, rule

BASKET = [line("a", 3, 1000), line("b", 1, 2000)]
THREE = [amount("x", 100), amount("y", 200), amount("z", 300)]


def played(decision, *reactions):
    """Progress after these reactions, each to the rung on offer."""
    progress = begin(decision)
    for reaction in reactions:
        progress = react(decision, progress, on_offer(decision, progress), reaction, 1500)
    return progress


def record_of(decision, progress, outcome="sold", token=None):
    stamp = checkout_record.Stamp("till-1", 1, 7, "s1", 3, 123456, 1795291076)
    return checkout_record.of_checkout(stamp, "co-1", token, decision, progress, outcome)


def test_the_smallest_rung_is_offered_first():
    decision = decide(THREE, BASKET)
    assert on_offer(decision, begin(decision)) == 0


def test_business_as_usual_offers_the_largest_at_once():
    decision = decide(THREE, BASKET, law={"plan": "best_first"})
    assert decision.plan == [2]
    assert decision.branch.arm == "best_first"


def test_a_customer_who_accepts_gets_that_rung():
    decision = decide(THREE, BASKET)
    progress = played(decision, "accepted")
    assert progress.state == "settled"
    assert taken(decision, progress, "sold").amount == 100
    assert to_pay(decision, progress, taken(decision, progress, "sold")) == 4900


def test_a_larger_rung_comes_only_when_the_customer_asks():
    decision = decide(THREE, BASKET)
    offered = [on_offer(decision, played(decision, *["asked_more"] * times)) for times in range(3)]
    assert offered == [0, 1, 2]


def test_at_the_top_the_last_rung_stays_on_the_table():
    decision = decide(THREE, BASKET)
    progress = played(decision, "asked_more", "asked_more", "asked_more")
    assert progress.state == "top_reached"
    assert on_offer(decision, progress) == 2
    with raises(OutOfTurn, "top-reached"):
        react(decision, progress, 2, "asked_more", 0)
    assert taken(decision, progress, "sold").amount == 300
    assert react(decision, progress, 2, "accepted", 0).state == "settled"


def test_a_customer_who_leaves_gets_nothing():
    decision = decide(THREE, BASKET)
    progress = played(decision, "asked_more", "left")
    assert progress.state == "lost"
    assert taken(decision, progress, "lost") is None
    assert on_offer(decision, progress) is None


def test_a_skipped_offer_gives_nothing():
    decision = decide(THREE, BASKET)
    assert played(decision, "skipped").state == "skipped"
    assert taken(decision, played(decision, "skipped"), "sold") is None


def test_without_a_rung_there_is_nothing_to_offer():
    decision = decide([], BASKET)
    assert begin(decision).state == "nothing_to_offer"
    assert answer.of_checkout("x", decision, begin(decision), "en")["offer"] is None


def test_a_reaction_out_of_turn_changes_nothing():
    decision = decide(THREE, BASKET)
    progress = begin(decision)
    for rung, code in ((1, "not-on-offer"), (3, "unknown-rung"), (-1, "unknown-rung")):
        with raises(OutOfTurn, code):
            react(decision, progress, rung, "accepted", 0)
    with raises(OutOfTurn, "not-on-offer"):
        react(decision, played(decision, "accepted"), 0, "accepted", 0)
    with raises(Invalid, "unknown-reaction"):
        react(decision, progress, 0, "shrugged", 0)
    assert (progress.state, progress.position, progress.offers) == ("offering", 0, ())


def test_the_answer_says_what_the_contract_says():
    stated = {"discounts": [{"id": "bday", "kind": "birthday", "label": "Birthday 5%", "amount": 130}]}
    decision = decide([], [line("4006000", 2, 1299)], stated)
    told = answer.of_checkout("co-1", decision, begin(decision), "en")
    assert told["ladder"] == [
        {"rung": 0, "discounts": ["bday"], "label": "Birthday 5%", "amount": 130, "depth": 500}
    ]
    assert (told["gross"], told["plan"], told["state"]) == (2598, [0], "offering")
    assert (told["offer"]["amount"], told["offer"]["pay"], told["offer"]["disclosure"]) == (130, 2468, None)
    settled = answer.of_reaction(decision, played(decision, "accepted"), "en")
    lines = [{"sku": "4006000", "quantity": 2, "share": 130}]
    assert settled["discount"] == {"label": "Birthday 5%", "amount": 130, "lines": lines}


def test_the_disclosure_of_a_discount_or_else_of_the_shop_is_told_with_the_offer_and_recorded():
    own = amount("x", 100, {"disclosure": "Computed from your purchases."})
    decision = decide([own, amount("y", 200)], BASKET, law={"disclosure": "Personal offer."})
    first = answer.offer(decision, begin(decision), "en")
    second = answer.offer(decision, played(decision, "asked_more"), "en")
    assert (first["disclosure"], second["disclosure"]) == ("Computed from your purchases.", "Personal offer.")
    recorded = record_of(decision, played(decision, "asked_more", "accepted"))["disclosure"]
    assert recorded == "Computed from your purchases. Personal offer."


def test_the_disclosure_of_an_offer_that_was_skipped_was_not_shown():
    decision = decide(THREE, BASKET, law={"disclosure": "Personal offer."})
    assert record_of(decision, played(decision, "skipped"))["disclosure"] is None


def test_a_record_holds_what_happened():
    decision = decide(THREE, BASKET)
    record = record_of(decision, played(decision, "asked_more", "accepted"), token="5e" * 32)
    assert record["offers"] == [
        {"rung": 0, "reaction": "asked_more", "milliseconds": 1500},
        {"rung": 1, "reaction": "accepted", "milliseconds": 1500},
    ]
    assert record["discount"] == {
        "label": "Y",
        "amount": 200,
        "lines": [{"sku": "a", "quantity": 3, "share": 120}, {"sku": "b", "quantity": 1, "share": 80}],
        "parts": [{"id": "y", "amount": 200}],
    }
    assert (record["clock"], record["boot"], record["sequence"]) == ("2026-11-21T19:57:56Z", 3, 7)
    assert (record["state"], record["outcome"], record["gross"], record["propensity"]) == (
        "settled",
        "sold",
        5000,
        10000,
    )


def test_an_offer_nobody_answered_is_recorded_as_such():
    decision = decide(THREE, BASKET)
    assert record_of(decision, begin(decision))["offers"] == [
        {"rung": 0, "reaction": None, "milliseconds": None}
    ]


def test_the_record_never_holds_the_card():
    decision = decide(THREE, BASKET, {"customer": "2400000012345"})
    assert "2400000012345" not in str(record_of(decision, begin(decision), token="5e" * 32))


GESTURE = rule("gesture", "goodwill", {"amount": 400, "per_customer": {"period": "year", "amount": 500}})


def test_a_cashier_gives_goodwill_to_somebody_nobody_knows():
    decision = decide([GESTURE], BASKET)
    assert goodwill.left(decision) == 400
    progress = goodwill.give(decision, begin(decision), 250)
    assert to_pay(decision, progress, None) == 4750
    assert record_of(decision, progress)["goodwill"] == {"id": "gesture", "amount": 250, "shares": [150, 100]}


def test_the_line_to_say_names_offer_and_gesture_with_their_sum():
    decision = decide([GESTURE, amount("x", 100)], BASKET)
    told = answer.offer(decision, goodwill.give(decision, begin(decision), 250), "en")
    assert told["say"] == "X + Goodwill takes off €3.50: that makes €46.50."
    assert (told["amount"], told["pay"]) == (100, 4650)


def test_goodwill_is_capped_per_customer_and_year():
    assert goodwill.left(decide([GESTURE], BASKET, facts={"usage": {"gesture": [2026, 1, 350]}})) == 150
    assert goodwill.left(decide([GESTURE], BASKET, facts={"usage": {"gesture": [2025, 1, 350]}})) == 400


def test_nothing_can_be_given_to_a_customer_who_has_left():
    decision = decide([GESTURE] + THREE, BASKET)
    gone = played(decision, "left")
    with raises(OutOfTurn, "customer-left"):
        goodwill.give(decision, gone, 100)
    assert goodwill.give(decision, gone, 0).goodwill == 0


def test_goodwill_beyond_what_is_left_is_refused():
    decision = decide([GESTURE], BASKET)
    with raises(Invalid, "goodwill-exceeded"):
        goodwill.give(decision, begin(decision), 401)
    with raises(Invalid, "goodwill-exceeded"):
        goodwill.give(decide([], BASKET), begin(decide([], BASKET)), 1)


def test_goodwill_leaves_room_for_the_largest_rung():
    decision = decide([GESTURE, amount("x", 900)], [line("a", 1, 1000)])
    assert goodwill.left(decision) == 100
    progress = goodwill.give(decision, played(decision, "accepted"), 100)
    assert to_pay(decision, progress, taken(decision, progress, "sold")) == 0


def test_goodwill_is_never_offered():
    assert decide([GESTURE], BASKET).ladder == []


def test_a_return_gives_back_what_was_paid_unit_by_unit():
    decision = decide([amount("x", 100)], [line("a", 3, 1000)])
    record = record_of(decision, played(decision, "accepted"))
    refunds = [
        returning.give_back(record, [came], {"lines": [{"line": 0, "quantity": 1}]})[1] for came in range(3)
    ]
    assert refunds == [966, 967, 967]
    assert returning.give_back(record, [0], {})[1] == sum(refunds) == 2900


def test_more_than_was_sold_cannot_come_back():
    decision = decide([amount("x", 100)], [line("a", 3, 1000)])
    record = record_of(decision, played(decision, "accepted"))
    with raises(OutOfTurn, "more-than-sold"):
        returning.give_back(record, [2], {"lines": [{"line": 0, "quantity": 2}]})
    with raises(OutOfTurn, "all-returned"):
        returning.give_back(record, [3], {})
    with raises(Invalid, "unknown-line"):
        returning.give_back(record, [0], {"lines": [{"line": 1, "quantity": 1}]})
    with raises(Invalid, "unknown-line"):
        returning.give_back(record, [0], {"lines": [{"line": 0, "quantity": 1}, {"line": 0, "quantity": 1}]})


def test_what_was_sold_in_training_cannot_come_back():
    decision = decide([], BASKET, {"training": True})
    with raises(OutOfTurn, "not-sold"):
        returning.give_back(record_of(decision, begin(decision)), [0, 0], {})


def test_the_answer_to_a_close_says_what_was_paid():
    decision = decide([GESTURE, amount("x", 100)], BASKET)
    progress = goodwill.give(decision, played(decision, "accepted"), 50)
    assert checkout_record.closed(record_of(decision, progress))["pay"] == 4850
    assert checkout_record.closed(record_of(decision, progress, "lost"))["pay"] == 0
    assert checkout_record.closed(record_of(decision, progress))["goodwill"] == {"available": 0, "given": 50}


def test_a_clock_that_cannot_be_right_is_recorded_as_none():
    decision = decide([], BASKET)
    for now in (-5, 1 << 40, None):
        stamp = checkout_record.Stamp("till-1", 1, 7, "s1", 3, 0, now)
        record = checkout_record.of_checkout(stamp, "x", None, decision, begin(decision), "sold")
        assert record["clock"] is None


def test_what_was_not_sold_cannot_come_back():
    decision = decide([], BASKET)
    with raises(OutOfTurn, "not-sold"):
        returning.give_back(record_of(decision, begin(decision), "lost"), [0, 0], {})
