"""What a till gives of a budget it shares with others: its lease, once, whatever else is open or could not be kept."""

import pytest

from pos_client.core.record import Invalid
from pos_client.core.snapshot import Snapshot
from pos_client.journal import Journal
from pos_client.till import Till
from tests.fakes import HandClock, MemoryStorage
from tests.till.counter import BASKET, IDENTITY, signed_snapshot

DAY = 1_795_000_000 // 86400
TEN = {
    "id": "ten",
    "label": "Ten",
    "kind": "amount",
    "amount": 100,
    "budget": {"period": "day", "amount": 900},
}
GESTURE = {"id": "kind", "label": "Kind", "kind": "goodwill", "amount": 90}
GESTURE["budget"] = {"period": "day", "amount": 500}
ONCE = {"id": "once", "label": "Once", "kind": "amount", "amount": 60}
ONCE["per_customer"] = {"period": "month", "uses": 1}


def leased(left: int, later: int = 0, rule: dict = TEN, place: int = 0, tills: int = 2, **more) -> Snapshot:
    """A snapshot that leases so much of the first rule to the till."""
    data = signed_snapshot([rule])
    snapshot = Snapshot(lambda offset, length: data[offset : offset + length], len(data))
    mine = [place, {rule["id"]: [DAY, left, later]}]
    snapshot.meta.update({"leases": {"of": tills, "tills": {"till-1/1": mine}}, **more})
    return snapshot


def till_with(
    snapshot: Snapshot, storage: MemoryStorage | None = None, clock: HandClock | None = None
) -> Till:
    return Till(IDENTITY, clock or HandClock(), Journal(storage or MemoryStorage()), 1, snapshot)


def sold(till: Till, name: str, body: dict = BASKET) -> int:
    """What a checkout gave whose customer takes the first offer."""
    told = till.put(name, body)
    if told["offer"]:
        till.react(name, {"rung": 0, "reaction": "accepted"})
    given = till.close(name, {"outcome": "sold"})["discount"]
    return given["amount"] if given else 0


def test_a_till_sells_its_lease_and_no_more():
    till = till_with(leased(250))
    assert [sold(till, str(number)) for number in range(4)] == [100, 100, 0, 0]


def test_money_on_offer_at_one_checkout_is_not_offered_at_another():
    till = till_with(leased(250))
    states = [till.put(str(number), BASKET)["state"] for number in range(3)]
    assert states == ["offering", "offering", "nothing_to_offer"]
    till.close("0", {"outcome": "cancelled"})
    assert till.put("3", BASKET)["state"] == "offering"
    assert till.put("3", BASKET)["state"] == "offering"  # its own offer does not stand in its way


def test_a_checkout_that_took_less_frees_the_rest():
    till = till_with(leased(150))
    till.put("one", BASKET)
    assert till.put("two", BASKET)["state"] == "nothing_to_offer"
    till.react("one", {"rung": 0, "reaction": "left"})
    assert till.put("three", BASKET)["state"] == "offering"


def test_the_cashier_sees_what_the_lease_leaves_for_goodwill():
    till = till_with(leased(120, rule=GESTURE))
    assert till.put("one", BASKET)["goodwill"]["available"] == 90
    assert till.put("two", BASKET)["goodwill"]["available"] == 90
    till.goodwill("one", {"amount": 70})
    assert till.show("two")["goodwill"]["available"] == 50
    with pytest.raises(Invalid, match="goodwill-exceeded"):
        till.goodwill("two", {"amount": 51})
    assert till.goodwill("one", {"amount": 90})["goodwill"] == {"available": 90, "given": 90}
    till.close("one", {"outcome": "sold"})
    assert till.show("two")["goodwill"]["available"] == 30


def test_over_midnight_a_till_has_what_it_was_leased_for_later():
    clock = HandClock()
    till = till_with(leased(250, 100), clock=clock)
    assert sold(till, "one") == 100
    clock.forward(seconds=86400)
    assert [sold(till, "two"), sold(till, "three")] == [100, 0]
    clock.forward(seconds=86400)
    assert [sold(till, "four"), sold(till, "five")] == [100, 0]


def test_a_restarted_till_knows_what_it_gave():
    storage = MemoryStorage()
    assert sold(till_with(leased(250), storage), "one") == 100
    again = till_with(leased(250), storage.restarted())
    assert [sold(again, "two"), sold(again, "three")] == [100, 0]


def test_a_newer_snapshot_counts_what_it_has_not_heard_of():
    storage = MemoryStorage()
    till = till_with(leased(250), storage)
    assert [sold(till, "one"), sold(till, "two")] == [100, 100]
    till.adopt(leased(150, through={"till-1/1": 1}))
    assert till.put("three", BASKET)["state"] == "nothing_to_offer"
    till.adopt(leased(150, through={"till-1/1": 2}))
    assert till.put("four", BASKET)["state"] == "offering"


def test_what_a_full_disk_could_not_keep_still_counts():
    storage = MemoryStorage()
    till = till_with(leased(250), storage)
    storage.room = 0
    assert [sold(till, "one"), sold(till, "two"), sold(till, "three")] == [100, 100, 0]
    till.adopt(leased(250))
    assert till.put("four", BASKET)["state"] == "nothing_to_offer"
    till.close("four", {"outcome": "cancelled"})
    assert till.holds() == ""  # the service must not believe that it has heard of everything


def test_a_till_says_what_it_goes_by_once_nothing_older_is_open():
    till = till_with(leased(250, history="0123456789abcdef"))
    sold(till, "one")
    assert till.holds() == "&holds=01234567-1&last=1"
    till.put("two", BASKET)
    newer = leased(150, history="0123456789abcdef", version=2)
    till.adopt(newer)
    assert till.holds() == ""
    till.close("two", {"outcome": "cancelled"})
    assert till.holds() == "&holds=01234567-2&last=2"
    assert Till(IDENTITY, HandClock(), Journal(MemoryStorage()), 1, None).holds() == ""


def test_an_hour_of_no_network_costs_no_customer_an_allowance():
    clock = HandClock()
    tills = [till_with(leased(0, rule=ONCE, place=place), clock=clock) for place in (0, 1)]
    clock.forward(seconds=23 * 3600)
    body = {**BASKET, "customer": "2400000012345"}
    assert [till.put("one", body)["state"] for till in tills] == ["offering", "offering"]


def test_after_a_day_of_no_network_every_customers_use_is_one_tills():
    clock = HandClock()
    tills = [till_with(leased(0, rule=ONCE, place=place, tills=3), clock=clock) for place in range(3)]
    clock.forward(seconds=24 * 3600)
    for number in range(50):
        body = {**BASKET, "customer": f"24{number:011d}"}
        assert sum(sold(till, f"c{number}", body) for till in tills) == 60


@pytest.mark.parametrize("now", [None, 1_700_000_000], ids=["dead clock", "clock set back"])
def test_without_a_good_clock_a_snapshot_ages_from_when_it_was_taken(now):
    clock = HandClock(now)
    till = till_with(leased(0, rule=ONCE, place=1, tills=1000), clock=clock)
    body = {**BASKET, "customer": "2400000012345"}
    assert till.put("one", body)["state"] == "offering"
    clock.forward(seconds=24 * 3600)
    till.close("one", {"outcome": "cancelled"})
    assert till.put("two", body)["state"] == "nothing_to_offer"


def test_an_expired_snapshot_leases_nothing_but_to_the_only_till():
    for tills, state in ((1, "offering"), (2, "nothing_to_offer")):
        clock = HandClock()
        till = till_with(leased(250, 250, tills=tills), clock=clock)
        clock.forward(seconds=14 * 86400 - 1)
        assert till.put("one", BASKET)["state"] == "offering"
        clock.forward(seconds=2)
        assert till.put("two", BASKET)["state"] == state
