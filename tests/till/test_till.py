"""The till around the core: what it keeps, forgets and remembers after a restart."""

import pytest

from pos_client.checkouts import MOST_OPEN
from pos_client.core import event
from pos_client.core.record import Invalid, OutOfTurn, Unknown
from pos_client.core.snapshot import Snapshot
from pos_client.journal import Journal
from pos_client.till import Till
from tests.fakes import HandClock, MemoryStorage
from tests.till.counter import BASKET, IDENTITY, make_till, signed_snapshot


def rules_snapshot(rules):
    """A snapshot in memory with these rules and no model."""
    data = signed_snapshot(rules)
    return Snapshot(lambda offset, length: data[offset : offset + length], len(data))


KNOWN = {**BASKET, "customer": "2400000012345"}
MONTHLY = [
    {"id": "x", "label": "X", "kind": "amount", "amount": 100, "per_customer": {"period": "month", "uses": 1}}
]


def started(storage, rules=None, clock=None, **meta):
    """A till that has just been switched on over ``storage``."""
    snapshot = rules_snapshot(rules) if rules is not None else None
    if snapshot:
        snapshot.meta.update(meta)
    return Till(IDENTITY, clock or HandClock(), Journal(storage), 1, snapshot)


def sold(till, checkout_id, body=KNOWN, reaction="accepted"):
    """A whole checkout with one reaction to the first offer."""
    told = till.put(checkout_id, body)
    if told["offer"]:
        till.react(checkout_id, {"rung": told["offer"]["rung"], "reaction": reaction})
    return till.close(checkout_id, {"outcome": "sold"})


def journaled(storage):
    return [event.opened(line) for _, line in Journal(storage).since(0)]


def test_nothing_is_journaled_before_the_close():
    storage = MemoryStorage()
    till = make_till(storage=storage)
    till.put("one", BASKET)
    till.react("one", {"rung": 0, "reaction": "accepted"})
    assert journaled(storage) == []
    assert till.close("one", {"outcome": "sold"})["record"] == {"device": "till-1", "epoch": 1, "sequence": 1}
    assert [record["checkout_id"] for record in journaled(storage)] == ["one"]


def test_the_same_basket_again_changes_nothing_and_another_starts_anew():
    till = make_till()
    till.put("one", BASKET)
    till.react("one", {"rung": 0, "reaction": "asked_more"})
    assert till.put("one", BASKET)["offer"]["rung"] == 1
    more = {**BASKET, "lines": [*BASKET["lines"], {"sku": "2", "quantity": 1, "unit_price": 5000}]}
    assert till.put("one", more)["offer"]["rung"] == 0


def test_closing_twice_gives_the_first_answer_and_one_record():
    storage = MemoryStorage()
    till = make_till(storage=storage)
    first = sold(till, "one")
    assert till.close("one", {"outcome": "sold"}) == first
    with pytest.raises(OutOfTurn, match="closed as sold"):
        till.close("one", {"outcome": "lost"})
    assert len(journaled(storage)) == 1


def test_after_a_restart_a_repeated_close_still_makes_no_second_record():
    storage = MemoryStorage()
    first = sold(make_till(storage=storage), "one")
    again = make_till(storage=storage.restarted())
    assert again.close("one", {"outcome": "sold"})["record"] == first["record"]
    assert len(journaled(storage)) == 1
    with pytest.raises(OutOfTurn, match="checkout-closed"):
        again.put("one", BASKET)


def test_a_closed_checkout_is_final():
    till = make_till()
    sold(till, "one")
    with pytest.raises(OutOfTurn):
        till.put("one", BASKET)
    with pytest.raises(OutOfTurn):
        till.react("one", {"rung": 0, "reaction": "accepted"})
    with pytest.raises(OutOfTurn):
        till.goodwill("one", {"amount": 1})
    assert till.show("one")["state"] == "closed"


def test_an_unknown_checkout_is_named():
    with pytest.raises(Unknown, match="unknown-checkout"):
        make_till().react("nowhere", {"rung": 0, "reaction": "accepted"})


def test_the_oldest_open_checkout_is_forgotten_and_can_be_sent_again():
    till = make_till()
    for number in range(MOST_OPEN + 1):
        till.put(str(number), BASKET)
    with pytest.raises(Unknown):
        till.show("0")
    assert till.put("0", BASKET)["state"] == "offering"


def test_bad_input_changes_nothing():
    till = make_till()
    before = till.put("one", BASKET)
    for body in (
        {**BASKET, "currency": "ZZZ"},
        {**BASKET, "lines": [{"sku": "1", "quantity": 0, "unit_price": 1}]},
        7,
    ):
        with pytest.raises(Invalid):
            till.put("one", body)
    for body in ({"rung": 0.0, "reaction": "accepted"}, {"rung": 0}, {"rung": 0, "reaction": "maybe"}, None):
        with pytest.raises(Invalid):
            till.react("one", body)
    with pytest.raises(OutOfTurn):
        till.react("one", {"rung": 1, "reaction": "accepted"})
    assert till.show("one") == before


def test_the_record_names_the_customer_by_token_only():
    storage = MemoryStorage()
    sold(make_till(storage=storage), "one")
    record = journaled(storage)[0]
    assert len(record["customer"]) == 64
    assert b"2400000012345" not in b"".join(storage.files.values())


def test_who_refuses_to_be_profiled_gets_offers_and_leaves_no_token():
    storage = MemoryStorage()
    told = sold(make_till(storage=storage), "one", {**KNOWN, "profile": False})
    assert told["discount"]["amount"] == 78
    assert journaled(storage)[0]["customer"] is None


def test_without_any_snapshot_the_amounts_of_the_point_of_sale_are_offered_smallest_first():
    till = started(MemoryStorage())
    stated = [{"id": "vol", "amount": 200}, {"id": "bday", "amount": 130}]
    assert till.put("one", {**BASKET, "discounts": stated})["offer"]["amount"] == 130
    assert till.put("two", BASKET)["state"] == "nothing_to_offer"
    assert till.health()["snapshot"]["version"] == 0


def test_with_a_dead_clock_the_snapshots_day_counts():
    rules = [
        {
            "id": "x",
            "label": "X",
            "kind": "amount",
            "amount": 100,
            "from": "2026-11-18",
            "until": "2026-11-18",
        }
    ]
    till = started(MemoryStorage(), rules, HandClock(now=None), built=1_795_000_000)
    assert till.put("one", BASKET)["offer"]["amount"] == 100


def test_a_till_counts_its_own_sales_against_an_allowance_until_the_snapshot_does():
    storage = MemoryStorage()
    till = started(storage, MONTHLY)
    assert sold(till, "one")["discount"]["amount"] == 100
    assert till.put("two", KNOWN)["state"] == "nothing_to_offer"
    assert till.put("three", {**BASKET, "customer": "another"})["state"] == "offering"
    assert started(storage, MONTHLY).put("four", KNOWN)["state"] == "nothing_to_offer"
    assert started(storage, MONTHLY, through={"till-1/1": 1}).put("five", KNOWN)["state"] == "offering"


def test_a_till_takes_its_own_sales_from_a_budget():
    rules = [
        {"id": "x", "label": "X", "kind": "amount", "amount": 100, "budget": {"period": "day", "amount": 250}}
    ]
    till = started(MemoryStorage(), rules)
    states = [sold(till, str(number), BASKET)["discount"] for number in range(3)]
    assert [discount and discount["amount"] for discount in states] == [100, 100, None]


def test_a_new_snapshot_leaves_open_checkouts_as_they_were_decided():
    till = make_till()
    before = till.put("one", BASKET)
    till.adopt(rules_snapshot([{"id": "new", "label": "New", "kind": "amount", "amount": 7}]))
    assert till.show("one")["ladder"] == before["ladder"]
    assert till.put("two", BASKET)["offer"]["amount"] == 7


def test_a_full_disk_stops_learning_never_selling():
    storage = MemoryStorage()
    till = make_till(storage=storage)
    storage.room = 0
    told = sold(till, "one")
    assert (told["state"], told["record"], told["discount"]["amount"]) == ("closed", None, 78)
    assert till.health()["journal"]["trouble"] == "journal-full"
    storage.room = 1 << 20
    assert sold(till, "two")["record"]["sequence"] == 1
    assert till.health()["journal"]["trouble"] is None


def test_goods_come_back_once_also_after_a_restart():
    storage = MemoryStorage()
    sold(make_till(storage=storage), "one", BASKET)
    back = make_till(storage=storage.restarted()).give_back("one", {"lines": [{"line": 0, "quantity": 1}]})
    assert back["refund"] == 1299 - 39
    till = make_till(storage=storage.restarted())
    assert till.give_back("one", {})["refund"] == 1299 - 39
    with pytest.raises(OutOfTurn, match="all-returned"):
        till.give_back("one", {})
    with pytest.raises(Unknown):
        till.give_back("two", {})


def test_reactions_carry_the_time_they_took():
    storage, clock = MemoryStorage(), HandClock()
    till = Till(
        IDENTITY,
        clock,
        Journal(storage),
        1,
        rules_snapshot([{"id": "x", "label": "X", "kind": "amount", "amount": 9}]),
    )
    till.put("one", BASKET)
    clock.forward(milliseconds=2300)
    till.react("one", {"rung": 0, "reaction": "accepted"})
    till.close("one", {"outcome": "sold"})
    assert journaled(storage)[0]["offers"] == [{"rung": 0, "reaction": "accepted", "milliseconds": 2300}]


@pytest.mark.parametrize(("claimed", "kept"), [(900, 900), (0, 0), (2300, 2300), (10**9, 2300)])
def test_who_showed_the_offer_may_say_that_it_was_in_sight_for_less(claimed, kept):
    storage, clock = MemoryStorage(), HandClock()
    till = started(storage, [{"id": "a", "label": "A", "kind": "percent", "rate": 500}], clock)
    till.put("one", BASKET)
    clock.forward(milliseconds=2300)
    till.react("one", {"rung": 0, "reaction": "accepted", "milliseconds": claimed})
    till.close("one", {"outcome": "sold"})
    assert journaled(storage)[0]["offers"][0]["milliseconds"] == kept


@pytest.mark.parametrize("nonsense", [-1, 1.5, "900", None, True, 10**13])
def test_a_time_that_is_none_is_refused_and_changes_nothing(nonsense):
    till = make_till()
    till.put("one", BASKET)
    with pytest.raises(Invalid):
        till.react("one", {"rung": 0, "reaction": "accepted", "milliseconds": nonsense})
    assert till.show("one")["state"] == "offering"


def test_goodwill_is_given_and_recorded_without_a_customer():
    storage = MemoryStorage()
    till = make_till(storage=storage)
    till.put("one", BASKET)
    assert till.goodwill("one", {"amount": 150})["goodwill"] == {"available": 200, "given": 150}
    told = till.close("one", {"outcome": "sold"})
    assert told["pay"] == 2598 - 150
    assert journaled(storage)[0]["goodwill"]["amount"] == 150


def test_the_day_of_a_sale_before_a_restart_is_the_day_it_was_made():
    storage, clock = MemoryStorage(), HandClock()
    rules = [
        {"id": "x", "label": "X", "kind": "amount", "amount": 100, "budget": {"period": "day", "amount": 100}}
    ]
    sold(started(storage, rules, clock), "one", BASKET)
    clock.forward(seconds=86400)
    assert started(storage, rules, clock).put("two", BASKET)["state"] == "offering"


def test_a_discount_for_the_first_visit_is_given_once_and_that_of_the_third_at_the_third():
    rules = [
        {"id": "first", "label": "First", "kind": "amount", "amount": 100, "visit": 1},
        {"id": "third", "label": "Third", "kind": "amount", "amount": 200, "visit": 3},
    ]
    till = started(MemoryStorage(), rules)
    given = [sold(till, str(number))["discount"] for number in range(4)]
    assert [one and one["amount"] for one in given] == [100, None, 200, None]


def test_a_late_sale_does_not_bring_back_an_allowance_used_since():
    daily = {"id": "x", "label": "X", "kind": "amount", "amount": 100}
    daily["per_customer"] = {"period": "day", "uses": 1}
    till = started(MemoryStorage(), [daily], clock := HandClock())
    sold(till, "yesterday")
    clock.forward(seconds=86400)
    sold(till, "today")
    assert till.put("again", KNOWN)["state"] == "nothing_to_offer"


def test_sales_before_the_first_snapshot_and_after_a_set_back_one_still_count():
    storage = MemoryStorage()
    sold(started(storage, MONTHLY), "one")
    late = started(storage)
    late.adopt(rules_snapshot(MONTHLY))
    assert late.put("two", KNOWN)["state"] == "nothing_to_offer"
    knows, forgot = rules_snapshot(MONTHLY), rules_snapshot(MONTHLY)
    knows.meta["through"] = {"till-1/1": 1}
    late.adopt(knows)
    assert late.put("three", KNOWN)["state"] == "offering"
    late.adopt(forgot)
    assert late.put("four", KNOWN)["state"] == "nothing_to_offer"


def test_a_stated_discount_uses_up_no_rule_of_the_same_name():
    till = started(MemoryStorage(), MONTHLY)
    sold(till, "one", {**KNOWN, "discounts": [{"id": "x", "amount": 50}]})
    assert till.put("two", KNOWN)["state"] == "offering"


def test_a_clock_that_cannot_be_right_stops_neither_a_close_nor_a_start():
    storage, clock = MemoryStorage(), HandClock(now=-5)
    till = started(storage, MONTHLY, clock)
    first = sold(till, "one")
    assert till.close("one", {"outcome": "sold"}) == first
    assert len(journaled(storage)) == 1
    assert started(storage, MONTHLY, clock).show("one") == first


def test_a_repeated_close_gets_the_first_answer_however_much_later():
    storage = MemoryStorage()
    till = make_till(storage=storage)
    first = sold(till, "one")
    for number in range(40):
        sold(till, f"later-{number}")
    assert till.close("one", {"outcome": "sold"}) == first
    assert make_till(storage=storage.restarted()).close("one", {"outcome": "sold"}) == first
    assert len(journaled(storage)) == 41


def test_a_return_asked_for_twice_under_one_id_is_paid_once():
    till = make_till()
    sold(till, "one", BASKET)
    wish = {"lines": [{"line": 0, "quantity": 1}], "return_id": "r1"}
    first = till.give_back("one", wish)
    assert till.give_back("one", wish) == first
    assert till.give_back("one", {})["lines"][0]["quantity"] == 1


def test_goods_of_an_open_checkout_cannot_come_back_yet():
    till = make_till()
    till.put("one", BASKET)
    with pytest.raises(OutOfTurn, match="not-closed"):
        till.give_back("one", {})


def test_an_agreed_price_is_forgotten_last():
    till = make_till()
    till.put("agreed", BASKET)
    till.react("agreed", {"rung": 0, "reaction": "accepted"})
    for number in range(3 * MOST_OPEN):
        till.put(str(number), BASKET)
    assert till.close("agreed", {"outcome": "sold"})["discount"]["amount"] == 78


def test_a_gesture_is_kept_when_the_basket_grows():
    till = make_till()
    till.put("one", BASKET)
    till.goodwill("one", {"amount": 150})
    more = {**BASKET, "lines": [*BASKET["lines"], {"sku": "2", "quantity": 1, "unit_price": 5000}]}
    assert till.put("one", more)["goodwill"]["given"] == 150


def test_sales_offline_are_counted_in_nineteen_bytes_each():
    till = started(MemoryStorage(), MONTHLY)
    for number in range(300):
        sold(till, str(number), {**BASKET, "customer": str(number)})
    assert till.put("again", {**BASKET, "customer": "7"})["state"] == "nothing_to_offer"
    assert till.put("new", {**BASKET, "customer": "300"})["state"] == "offering"
    room = sum(len(block) for block in till._present._ledger.blocks)
    assert room == 300 * 19
