"""How long a prompt was in sight before the key, by the page's own clock; and the page when there is no time to ask."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, Request, expect

from pos_client.core import event, snapshot
from pos_client.journal import Journal
from pos_client.till import Till
from tests.fakes import HandClock, MemoryStorage
from tests.page.cashier import Cashier
from tests.till.counter import BASKET, IDENTITY, RULES, served, signed_snapshot

POLICY = {"most_stacked": 1, "plan": "one_by_one", "silent_above": 4}
ONE_OF_MANY = {**BASKET, "queue": 5}


class Counter(NamedTuple):
    cashier: Cashier
    clock: HandClock  # the till's: it stands still unless a test moves it
    journal: Journal

    def pause(self, page_ms: int, till_ms: int) -> None:
        """Time passes: so much before the browser, so much by the till's clock."""
        self.cashier.page.wait_for_timeout(page_ms)
        self.cashier.place.run(lambda: self.clock.forward(milliseconds=till_ms))

    def looked_at(self) -> list[int]:
        """Milliseconds of the offers of the last record."""
        *_, (_, line) = self.journal.since(0)
        return [offer["milliseconds"] for offer in event.opened(line)["offers"]]


@pytest.fixture
def counter(page: Page) -> Iterator[Counter]:
    data = signed_snapshot(RULES, POLICY)
    rules = snapshot.Snapshot(lambda offset, length: data[offset : offset + length], len(data))
    clock, journal = HandClock(), Journal(MemoryStorage())
    with served(Till(IDENTITY, clock, journal, 1, rules)) as place:
        yield Counter(Cashier(page, place), clock, journal)


def test_the_record_has_the_time_from_the_prompt_in_sight_to_the_key(counter: Counter) -> None:
    cashier, said = counter.cashier, []

    def listen(request: Request) -> None:
        if request.url.endswith("/reactions"):
            said.append(request.post_data_json["milliseconds"])

    cashier.page.on("request", listen)
    cashier.serve("looked")
    counter.pause(1200, 60_000)
    cashier.press("2")
    cashier.reads("amount", "−€1.30")
    counter.pause(300, 60_000)
    cashier.press("1", "Enter")
    cashier.sees("closed")
    assert counter.looked_at() == said
    assert 1200 <= said[0] < 30_000
    assert 250 <= said[1] < 30_000


def test_a_page_cannot_have_shown_a_prompt_for_longer_than_the_till_made_it(counter: Counter) -> None:
    counter.cashier.serve("short")
    counter.pause(600, 120)
    counter.cashier.press("1", "Enter")
    counter.cashier.sees("closed")
    assert counter.looked_at() == [120]


def test_another_basket_is_another_prompt(counter: Counter) -> None:
    counter.cashier.serve("more")
    counter.pause(1500, 60_000)
    counter.cashier.serve("more", {**BASKET, "lines": [{"sku": "1", "quantity": 1, "unit_price": 5000}]})
    counter.cashier.reads("amount", "−€1.50")
    counter.pause(100, 60_000)
    counter.cashier.press("1", "Enter")
    counter.cashier.sees("closed")
    assert counter.looked_at()[0] < 1400


def test_a_button_is_timed_like_its_key(counter: Counter) -> None:
    counter.cashier.serve("clicked")
    counter.pause(800, 60_000)
    counter.cashier.page.locator('[data-act="accepted"]').click()
    counter.cashier.sees("settled")
    counter.cashier.press("Enter")
    counter.cashier.sees("closed")
    assert 800 <= counter.looked_at()[0] < 30_000


def test_a_long_queue_makes_the_page_say_nothing_but_the_total(counter: Counter) -> None:
    cashier = counter.cashier
    cashier.serve("queue", ONE_OF_MANY)
    assert cashier.checkout("queue")["ladder"]  # there would be something
    cashier.reads("pay", "To pay €25.98")
    for place in ("say", "amount", "note", "parts", "disclosure", "alert"):
        expect(cashier.page.locator("#" + place)).to_be_hidden()
    cashier.press("1")  # for the customer who asks
    cashier.reads("alert", "No time for offers now")
    cashier.press("Enter")
    cashier.sees("closed")
    assert counter.looked_at() == []


def test_a_basket_without_any_discount_is_said_to_have_none(counter: Counter) -> None:
    lines = [{"sku": "1", "quantity": 1, "unit_price": 5000, "excluded": True}]
    counter.cashier.serve("none", {**BASKET, "lines": lines})
    counter.cashier.reads("say", "No discount to offer")
