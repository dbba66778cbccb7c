"""A basket that is scanned and typed at the counter, for a real till."""

import pytest

from firmware.peripherals.gs1 import CARD, COUPON, ITEM, Scan
from firmware.peripherals.keypad import LEGENDS
from firmware.runtime.own_basket import OwnBasket
from pos_client.core.record import Refused
from tests.firmware.peripherals.tills import make_till


class Counter:
    def __init__(self):
        self.till = make_till()
        self.own = OwnBasket(self.till, "EUR", "k1")

    def type(self, legends: str) -> list[bool]:
        return [self.own.key(LEGENDS.index(legend)) for legend in legends]

    def scan(self, text: str, kind: str = ITEM) -> bool:
        return self.own.scan(Scan(kind, text))

    def lines(self) -> list[tuple]:
        """(sku, quantity, price) of what the till holds."""
        return [(line["sku"], line["quantity"], line["unit_price"]) for line in self.own._lines]

    def gross(self) -> int:
        return self.till.current()["gross"]


def test_a_price_is_typed_and_offered_at_once():
    counter = Counter()
    assert counter.type("1999A") == [False] * 4 + [True]
    assert counter.gross() == 1999 and counter.till.current()["offer"]
    assert counter.till.current()["checkout_id"] == "k1-1"


def test_an_article_is_asked_for_its_price_once():
    counter = Counter()
    assert not counter.scan("4006381333931")
    assert counter.own.asks == "4006381333931: ?"
    counter.type("25")
    assert counter.own.asks == "4006381333931: 25"
    counter.type("0A")
    assert counter.own.asks == ""
    assert counter.scan("4006381333931")
    assert counter.lines() == [("4006381333931", 1, 250)] * 2 and counter.gross() == 500


def test_so_many_of_the_next_article():
    counter = Counter()
    counter.type("3*")
    assert counter.own.asks == "3 x "
    counter.scan("4006381333931")
    counter.type("100A")
    counter.type("50A")
    assert counter.lines() == [("4006381333931", 3, 100), ("0", 1, 50)] and counter.gross() == 350


def test_a_card_belongs_to_the_whole_checkout():
    counter = Counter()
    assert not counter.scan("2400000012345", CARD)
    counter.type("1000A")
    assert counter.own._customer == "2400000012345"
    counter.own.over()
    counter.type("1000A")
    assert counter.own._customer is None
    assert counter.scan("2400000012345", CARD), "also after the first article"


def test_what_was_typed_goes_before_what_was_sold():
    counter = Counter()
    counter.type("1000A2000A77")
    assert counter.type("C") == [False] and counter.own.asks == ""
    assert counter.type("C") == [True] and counter.gross() == 1000
    assert counter.type("C") == [True]
    assert counter.till.current()["outcome"] == "cancelled" and counter.lines() == []
    assert counter.type("C") == [False]


def test_a_cancelled_checkout_is_over_and_the_next_has_another_name():
    counter = Counter()
    counter.type("1000A")
    assert counter.type("D") == [True]
    counter.type("1000A")
    assert counter.till.current()["checkout_id"] == "k1-2"
    counter.till.close("k1-2", {"outcome": "cancelled"})
    counter.own.over()
    assert counter.type("D") == [False]


def test_after_a_checkout_that_a_tablet_ended_the_counter_sells_on():
    """It has a screen of its own, and keys: whoever finishes a checkout there must not lock the counter."""
    counter = Counter()
    counter.type("1000A")
    counter.till.close("k1-1", {"outcome": "sold"})
    assert counter.type("2000A")[-1] and counter.lines() == [("0", 1, 2000)]
    assert counter.till.current()["checkout_id"] == "k1-2"
    counter.till.close("k1-2", {"outcome": "sold"})
    with pytest.raises(Refused):
        counter.type("D")
    assert counter.type("700A")[-1] and counter.gross() == 700
    counter.till.close("k1-3", {"outcome": "sold"})
    with pytest.raises(Refused):
        counter.scan("2400000012345", CARD)
    assert counter.type("300A")[-1] and counter.own._customer == "2400000012345", "it is the next one's"


def test_what_the_till_refuses_is_not_in_the_basket():
    counter = Counter()
    counter.type("1000A")
    counter.type("999*")
    with pytest.raises(Refused):
        counter.scan("4" * 70)
        counter.type("1A")
    assert counter.lines() == [("0", 1, 1000)] and counter.gross() == 1000


def test_a_coupon_means_nothing_here_and_an_empty_price_is_none():
    counter = Counter()
    assert not counter.scan("9912345678905", COUPON)
    assert counter.type("A*C") == [False] * 3
    assert counter.till.current() is None


def test_prices_of_the_last_sixty_four_articles_are_remembered():
    counter = Counter()
    for number in range(65):
        counter.scan(f"40063813{number:05d}")
        counter.type("1A")
        counter.type("D")
    assert not counter.scan("4006381300000") and counter.own.asks
    counter.type("C")
    assert counter.scan("4006381300064")
