"""A wedge scanner types like a keyboard: nothing it types is swallowed, and none of it is taken for a reaction."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.cashier import Cashier
from tests.till.counter import Served

LISTEN = """
window.arrived = [];
window.scans = [];
document.addEventListener("rung:scan", (event) => window.scans.push(event.detail));
window.addEventListener("keydown", (event) =>
  setTimeout(() => window.arrived.push([event.key, event.defaultPrevented])), true);
"""

FIELD = """
const field = document.createElement("input");
field.id = "pos";
document.body.prepend(field);
field.focus();
"""


@pytest.fixture
def listening(cashier: Cashier) -> Cashier:
    cashier.page.evaluate(LISTEN)
    return cashier


@pytest.mark.parametrize("code", ["1", "2", "3", "4"])
@pytest.mark.parametrize("pace", [0, 15])
def test_a_code_full_of_reaction_keys_is_no_reaction(listening: Cashier, code: str, pace: float) -> None:
    checkout = listening.checkout(listening.serve_and_scan(code * 12, pace))
    assert listening.page.evaluate("scans") == [code * 12]
    assert (checkout["state"], checkout["offer"]["rung"]) == ("offering", 0)
    expect(listening.page.locator("#gift")).to_be_hidden()


def test_no_character_of_a_scan_is_prevented(listening: Cashier) -> None:
    listening.serve_and_scan("1234567890123")
    arrived = listening.page.evaluate("arrived")
    assert "".join(key for key, _ in arrived) == "1234567890123Enter"
    assert not any(prevented for _, prevented in arrived)


def test_a_scan_reaches_the_field_that_has_the_focus_whole(cashier: Cashier) -> None:
    cashier.serve("scanned")
    cashier.page.evaluate(FIELD)
    cashier.scan("1231231231234")
    assert cashier.page.input_value("#pos") == "1231231231234"
    cashier.press("1", "2")
    assert cashier.page.input_value("#pos") == "123123123123412"
    assert cashier.checkout("scanned")["state"] == "offering"


def test_the_enter_of_a_scan_presses_no_button(listening: Cashier) -> None:
    listening.serve("first")
    listening.page.locator('[data-act="asked_more"]').focus()
    checkout = listening.serve_and_scan("4006000123456")
    assert listening.checkout(checkout)["offer"]["rung"] == 0


def test_the_late_enter_of_a_scan_finishes_no_sale(listening: Cashier) -> None:
    checkout = listening.serve_and_scan("4006000123456", answer="1", hesitation=100)
    assert listening.checkout(checkout)["state"] == "settled"
    listening.press("Enter")
    listening.sees("closed")


def test_a_button_with_the_focus_is_still_pressed_by_enter_alone(cashier: Cashier) -> None:
    cashier.serve("pressed")
    cashier.page.locator('[data-act="asked_more"]').focus()
    cashier.press("Enter")
    cashier.reads("amount", "−€1.30")


def test_a_scan_without_a_field_adds_the_item_to_the_pages_own_basket(cashier: Cashier) -> None:
    cashier.type("10")
    cashier.press("Enter")
    assert cashier.focus() == "offer"
    cashier.scan_told_by_pace("1111111111111")
    cashier.reads("item-label", "Price of 1111111111111")
    cashier.type("1")
    cashier.reads("basket", "€11.00")
    assert cashier.place.ask("GET", "/v1/health").json["open_checkouts"] == 1


def test_a_reaction_right_after_a_scan_counts(listening: Cashier) -> None:
    listening.serve_and_scan("4006000123456")
    listening.press("2")
    listening.reads("amount", "−€1.30")


def test_letters_in_a_scan_are_kept(listening: Cashier) -> None:
    listening.serve_and_scan("LOT-2b/13")
    assert listening.page.evaluate("scans") == ["LOT-2b/13"]


def test_keys_with_a_modifier_are_left_to_the_browser(cashier: Cashier) -> None:
    cashier.serve("modified")
    cashier.press("Control+1", "Alt+3")
    assert cashier.checkout("modified")["state"] == "offering"


def test_a_scan_while_the_goodwill_is_typed_is_not_given_away(place: Served, page: Page) -> None:
    cashier = Cashier(page, place)
    cashier.serve("gift")
    cashier.press("4")
    cashier.scan("4006000123456")
    cashier.reads("gift-hint", "at most")
    assert cashier.checkout("gift")["goodwill"]["given"] == 0
