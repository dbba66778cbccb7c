"""A cashier completes checkouts by keyboard alone, while the till's service cannot be reached."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.cashier import Cashier
from tests.till.counter import DISCLOSURE, Served


def test_accepted_at_the_first_rung(cashier: Cashier) -> None:
    cashier.serve("first")
    cashier.reads("say", "Card 3% takes off €0.78: that makes €25.20.")
    cashier.reads("amount", "−€0.78")
    cashier.press("1")
    cashier.sees("settled")
    cashier.reads("say", "Agreed: Card 3%")
    cashier.reads("pay", "To pay €25.20")
    cashier.press("Enter")
    cashier.sees("closed")
    closed = cashier.checkout("first")
    assert (closed["outcome"], closed["discount"]["amount"]) == ("sold", 78)


def test_asked_for_more_up_to_the_top_and_sold_with_what_stays_on_the_table(cashier: Cashier) -> None:
    cashier.serve("top")
    cashier.press("2")
    cashier.reads("amount", "−€1.30")
    cashier.press("2")
    cashier.reads("amount", "−€2.60")
    cashier.reads("note", "Best offer of this basket")
    cashier.press("2")
    cashier.sees("top_reached")
    cashier.reads("note", "it stays on the table")
    cashier.press("2")  # there is no more: nothing happens
    cashier.sees("top_reached")
    cashier.press("Enter")
    cashier.sees("closed")
    assert cashier.checkout("top")["discount"]["amount"] == 260


def test_the_customer_leaves(cashier: Cashier) -> None:
    cashier.serve("leaver")
    cashier.press("2", "3")
    cashier.sees("lost")
    cashier.press("Enter")
    cashier.sees("closed")
    closed = cashier.checkout("leaver")
    assert (closed["outcome"], closed["discount"]) == ("lost", None)


def test_the_offer_is_skipped(cashier: Cashier) -> None:
    cashier.serve("skip")
    cashier.press("Escape")
    cashier.sees("skipped")
    cashier.press("Enter")
    cashier.sees("closed")
    assert (cashier.checkout("skip")["outcome"], cashier.checkout("skip")["pay"]) == ("sold", 2598)


def test_an_unanswered_offer_is_not_finished_by_enter(cashier: Cashier) -> None:
    cashier.serve("open")
    cashier.press("Enter")
    cashier.reads("alert", "Answer the offer first")
    assert cashier.checkout("open")["state"] == "offering"


def test_a_key_held_down_or_bouncing_is_not_two_answers(cashier: Cashier) -> None:
    cashier.serve("bounce")
    for _ in range(5):
        cashier.page.keyboard.down("2")  # without up between: the keyboard repeats
    cashier.page.keyboard.up("2")
    cashier.reads("amount", "−€1.30")
    cashier.page.wait_for_timeout(300)
    assert cashier.checkout("bounce")["offer"]["rung"] == 1


def test_goodwill_is_offered_within_what_the_shop_allows(cashier: Cashier) -> None:
    cashier.serve("gift")
    cashier.press("4")
    expect(cashier.page.locator("#gift")).to_be_visible()
    assert cashier.page.input_value("#gift-amount") == "2.00"
    cashier.type("2.01")
    cashier.reads("gift-hint", "at most €2.00")
    cashier.type("1.50")
    expect(cashier.page.locator("#gift")).to_be_hidden()
    cashier.reads("pay", "To pay €23.70")
    cashier.press("4", "Escape")  # a change of mind gives nothing more and is no reaction
    cashier.sees("offering")
    cashier.press("1", "Enter")
    cashier.sees("closed")
    assert cashier.checkout("gift")["goodwill"]["given"] == 150


def test_the_disclosure_stands_with_the_offer_it_belongs_to(cashier: Cashier) -> None:
    cashier.serve("told")
    expect(cashier.page.locator("#disclosure")).to_be_hidden()
    cashier.press("2")
    expect(cashier.page.locator("#disclosure")).to_have_text(DISCLOSURE)
    expect(cashier.page.locator("#disclosure")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    ("language", "name", "said", "key"),
    [
        ("ru", "Русский", "Card 3%: скидка 0,78\u00a0€, к оплате 25,20\u00a0€.", "Просит ещё"),
        ("fr", "Français", "Card 3%\u00a0: 0,78\u00a0€ de moins, soit 25,20\u00a0€ à payer.", "Demande plus"),
        ("en", "English", "Card 3% takes off €0.78: that makes €25.20.", "Asks for more"),
    ],
)
def test_each_language_is_chosen_by_keyboard_and_remembered(
    cashier: Cashier, language: str, name: str, said: str, key: str
) -> None:
    cashier.serve("words")
    cashier.page.get_by_role("button", name=name, exact=True).focus()
    cashier.press("Enter")
    for look in ("chosen", "remembered"):
        if look == "remembered":
            cashier.page.reload()
        expect(cashier.page.locator("#say")).to_have_text(said)
        expect(cashier.page.locator('[data-act="asked_more"]')).to_contain_text(key)
        expect(cashier.page.locator("html")).to_have_attribute("lang", language)
    cashier.press("1")
    cashier.sees("settled")


def test_a_whole_basket_is_typed_scanned_offered_and_sold_on_the_page(cashier: Cashier) -> None:
    assert cashier.focus() == "item"
    cashier.scan("4006000123456")
    cashier.reads("item-label", "Price of 4006000123456")
    cashier.type("12.99")
    cashier.type("2*5,50")
    cashier.reads("lines", "2 × Item")
    cashier.reads("basket", "€23.99")
    cashier.press("Enter")
    assert cashier.focus() == "offer"
    cashier.press("2", "1")
    cashier.sees("settled")
    cashier.press("Enter")
    cashier.sees("closed")
    assert cashier.focus() == "item"
    cashier.scan("4006000123456")  # its price is known by now
    cashier.reads("basket", "€12.99")
    assert cashier.place.ask("GET", "/v1/health").json["journal"]["depth"] == 1


def test_items_are_taken_back_the_card_is_read_and_a_basket_is_cancelled(cashier: Cashier) -> None:
    cashier.type("10")
    cashier.type("5")
    cashier.type("-")
    cashier.reads("basket", "€10.00")
    cashier.type("/")
    cashier.reads("item-label", "Customer card")
    cashier.scan("2400000012345")
    cashier.reads("entered", "Card …2345 · Items: 1")
    cashier.reads("basket", "€10.00")
    cashier.press("Enter", "Delete")
    cashier.sees("offering")
    cashier.press("Delete")
    cashier.sees("closed")
    cashier.reads("note", "Cancelled")


def test_nonsense_typed_as_an_item_is_said_and_changes_nothing(cashier: Cashier) -> None:
    for nonsense in ("12.999", "0*5", "1.2.3", "9999999999.00", "*"):
        cashier.type(nonsense)
        cashier.reads("alert", "Not a price")
    cashier.sees("idle")


def test_a_reload_in_the_middle_loses_nothing(cashier: Cashier) -> None:
    cashier.type("12.99")
    cashier.sees("offering")
    cashier.page.reload()
    cashier.sees("offering")
    cashier.press("+")
    cashier.type("1")
    cashier.reads("basket", "€13.99")


def test_an_answer_that_the_stream_overtook_is_not_shown(cashier: Cashier) -> None:
    late: list = []
    cashier.serve("late")
    cashier.page.route("**/v1/checkouts/late?*", lambda route: late.append((route, route.fetch())))
    cashier.press_at_once("1")
    cashier.sees("settled")
    while not late:
        cashier.page.wait_for_timeout(50)
    cashier.place.ask("POST", "/v1/checkouts/late/close", {"outcome": "sold"})
    cashier.sees("closed")
    for route, answer in late:
        assert answer.json()["state"] == "settled"
        route.fulfill(response=answer)
    cashier.page.wait_for_timeout(500)
    assert cashier.page.get_attribute("#offer", "data-state") == "closed"


def test_goodwill_keyed_while_the_till_thinks_is_given_when_it_has_thought(cashier: Cashier) -> None:
    late: list = []
    cashier.serve("quick")
    cashier.page.route("**/v1/checkouts/quick?*", lambda route: late.append(route), times=1)
    cashier.press_at_once("1")
    cashier.sees("settled")
    cashier.press_at_once("4", "Enter")
    expect(cashier.page.locator("#gift")).to_be_hidden()
    while not late:
        cashier.page.wait_for_timeout(50)
    late[0].continue_()
    expect(cashier.page.locator("#parts")).to_be_visible()
    assert cashier.checkout("quick")["goodwill"]["given"] == 200


def test_the_page_shows_what_the_point_of_sale_does_and_leaves_the_sale_to_it(cashier: Cashier) -> None:
    cashier.serve("pos")
    cashier.press("1")
    cashier.sees("settled")
    cashier.place.ask("POST", "/v1/checkouts/pos/close", {"outcome": "sold"})
    cashier.sees("closed")
    expect(cashier.page.locator("#entry")).to_be_hidden()
    cashier.serve("pos-2")
    cashier.reads("amount", "−€0.78")


def test_when_the_till_stops_the_page_says_so_and_recovers(place: Served, page: Page) -> None:
    cashier = Cashier(page, place)
    page.route("**/v1/stream*", lambda route: route.abort())
    place.run(place.app.streams.end)
    expect(page.locator("#lamp")).to_have_attribute("data-lamp", "unreachable")
    page.unroute("**/v1/stream*")
    expect(page.locator("#lamp")).to_have_attribute("data-lamp", "offline")
    cashier.serve("after")
    cashier.press("1")
    cashier.sees("settled")
