"""What each key means at each moment: none does what the page does not show."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.page.cashier import HUMAN, Cashier
from tests.till.counter import Served


def test_a_card_typed_with_its_slash_is_the_customers(cashier: Cashier) -> None:
    cashier.type("12.999")
    cashier.reads("alert", "Not a price")
    cashier.type("/2400000012345")
    cashier.reads("entered", "Card …2345")
    expect(cashier.page.locator("#alert")).to_be_hidden()
    cashier.type("10")
    cashier.reads("entered", "Card …2345 · Items: 1")
    kept = cashier.page.evaluate("JSON.parse(localStorage.getItem('rung.own'))")
    assert "2400000012345" not in json.dumps(kept)  # cards are kept nowhere


@pytest.mark.parametrize(
    ("focus", "scan"), [("item", Cashier.scan), ("offer", Cashier.scan_told_by_pace)], ids=["item", "offer"]
)
def test_a_card_scanned_with_its_slash_is_the_customers(
    cashier: Cashier, focus: str, scan: Callable[[Cashier, str], None]
) -> None:
    cashier.type("10")
    cashier.page.focus("#" + focus)
    scan(cashier, "/2400000012345")
    cashier.reads("entered", "Card …2345 · Items: 1")
    expect(cashier.page.locator("#alert")).to_be_hidden()


def test_a_slash_alone_asks_for_the_card_and_clears_an_old_error(cashier: Cashier) -> None:
    cashier.type("*")
    cashier.reads("alert", "Not a price")
    cashier.type("/")
    cashier.reads("item-label", "Customer card")
    expect(cashier.page.locator("#alert")).to_be_hidden()


@pytest.mark.parametrize("click", [True, False])
def test_enter_finishes_the_sale_after_a_language_was_chosen(cashier: Cashier, click: bool) -> None:
    cashier.type("12.99")
    cashier.press("Enter", "1")
    cashier.sees("settled")
    button = cashier.page.get_by_role("button", name="Français", exact=True)
    if click:
        button.click()
    else:
        button.focus()
        cashier.press("Enter")
    cashier.reads("say", "C’est d’accord")
    assert cashier.focus() == "offer"
    cashier.press("Enter")
    cashier.sees("closed")


def test_a_language_chosen_while_items_are_entered_leads_back_to_the_field(cashier: Cashier) -> None:
    cashier.type("12.99")
    cashier.page.get_by_role("button", name="Русский", exact=True).focus()
    cashier.press("Enter")
    assert cashier.focus() == "item"
    cashier.type("1")
    cashier.reads("basket", "13,99")


def test_a_pressed_key_button_leaves_enter_to_finish(cashier: Cashier) -> None:
    cashier.type("12.99")
    cashier.press("Enter")
    cashier.page.locator('[data-act="goodwill"]').click()
    cashier.type("1")
    cashier.page.locator('[data-act="accepted"]').click()
    cashier.sees("settled")
    cashier.press("Enter")
    cashier.sees("closed")


def test_a_button_of_the_key_bar_reached_by_tab_gives_the_keys_back(cashier: Cashier) -> None:
    cashier.type("12.99")
    cashier.press("Enter")
    cashier.page.locator('[data-act="accepted"]').focus()
    cashier.press("Enter")
    cashier.sees("settled")
    assert cashier.focus() == "offer"
    cashier.press("Enter")
    cashier.sees("closed")


def test_figures_add_up_with_goodwill_from_the_offer_to_the_sale(cashier: Cashier) -> None:
    cashier.serve("sums")
    cashier.press("2", "4")
    cashier.type("1.50")
    for _ in range(2):
        cashier.reads("amount", "−€2.80")
        cashier.reads("parts", "−€1.30 · Goodwill −€1.50")
        cashier.reads("pay", "To pay €23.18")
        cashier.press("1")
        cashier.sees("settled")
    cashier.press("Enter")
    cashier.reads("note", "Sold · −€2.80 · To pay €23.18")


def test_goodwill_without_an_offer_is_shown_alone(cashier: Cashier) -> None:
    cashier.serve("alone")
    cashier.press("Escape", "4")
    cashier.type("2")
    cashier.reads("amount", "−€2.00")
    expect(cashier.page.locator("#parts")).to_have_text("Goodwill −€2.00")
    cashier.reads("pay", "To pay €23.98")


def test_a_typed_article_number_is_no_price_of_millions(cashier: Cashier) -> None:
    cashier.type("2*4006000")
    cashier.reads("item-label", "Price of 4006000")
    cashier.type("4006001")  # the next article instead of a price
    cashier.reads("alert", "Not a price")
    cashier.press("Enter")
    cashier.reads("alert", "Type the price of the new bar code first")
    cashier.type("12.99")
    cashier.reads("basket", "€25.98")
    cashier.type("4006000")  # its price is known by now
    cashier.reads("basket", "€38.97")


def test_the_plus_key_types_nothing_into_the_field(cashier: Cashier) -> None:
    cashier.type("10")
    cashier.press("+")
    assert cashier.page.input_value("#item") == ""
    cashier.press("Enter", "+", "+")
    assert (cashier.focus(), cashier.page.input_value("#item")) == ("item", "")
    cashier.scan_told_by_pace("AB+1234")  # in a code it is a character, not a key
    cashier.reads("alert", "Not a price")


def test_an_error_does_not_stay_over_the_offer(cashier: Cashier) -> None:
    cashier.type("10")
    cashier.type("12.999")
    cashier.reads("alert", "Not a price")
    cashier.press("Enter")
    assert cashier.focus() == "offer"
    expect(cashier.page.locator("#alert")).to_be_hidden()


def test_an_error_is_said_in_the_language_chosen_after_it(cashier: Cashier) -> None:
    cashier.type("12.999")
    cashier.page.get_by_role("button", name="Français", exact=True).click()
    cashier.reads("alert", "Ce n’est pas un prix")


def test_the_key_bar_shows_what_the_keys_do_now(cashier: Cashier) -> None:
    bar = cashier.page.locator("#keys button")
    assert enabled(cashier.page) == []
    cashier.type("12.99")
    cashier.sees("offering")
    expect(bar.last).to_contain_text("Offer")
    assert enabled(cashier.page) == ["finish"]  # digits are typed now
    cashier.press("Enter")
    assert enabled(cashier.page) == ["accepted", "asked_more", "left", "goodwill", "skipped"]
    cashier.press("1")
    cashier.sees("settled")
    expect(bar.last).to_contain_text("Finish")
    assert enabled(cashier.page) == ["goodwill", "finish"]
    expect(bar).to_have_count(6)
    assert all(bar.nth(index).is_visible() for index in range(6))


def enabled(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('#keys button:enabled')].map((button) => button.dataset.act)"
    )


def test_the_offer_button_does_what_enter_does(cashier: Cashier) -> None:
    cashier.type("12.99")
    cashier.page.keyboard.type("5", delay=90)
    cashier.page.locator('[data-act="finish"]').click()
    cashier.reads("basket", "€17.99")
    cashier.page.locator('[data-act="finish"]').click()
    assert cashier.focus() == "offer"


def test_the_number_of_items_and_their_sum_are_seen_on_a_small_till(cashier: Cashier) -> None:
    cashier.page.set_viewport_size({"width": 800, "height": 480})
    cashier.type("3*12.99")
    cashier.type("/2400000012345")
    cashier.reads("entered", "Card …2345 · Items: 3")
    cashier.reads("basket", "€38.97")
    expect(cashier.page.locator("#entered")).to_be_in_viewport(ratio=1)
    expect(cashier.page.locator("#basket")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("language", ["ru", "fr"])  # their words are the longest
def test_every_key_is_in_sight_on_a_phone(cashier: Cashier, language: str) -> None:
    """A clerk between the shelves has no keyboard: what is out of sight there cannot be pressed."""
    cashier.page.set_viewport_size({"width": 380, "height": 700})
    cashier.page.locator(f'#languages [lang="{language}"]').click()
    cashier.type("3*12.99")
    expect(cashier.page.locator("#item")).to_be_focused()
    for button in cashier.page.locator("button:visible").all():
        expect(button).to_be_in_viewport(ratio=1)
    cashier.page.keyboard.press("Enter")
    cashier.sees("offering")
    for button in cashier.page.locator("button:visible").all():
        expect(button).to_be_in_viewport(ratio=1)
    expect(cashier.page.locator("#say")).to_be_in_viewport(ratio=1)
    assert cashier.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_pages_own_basket_stays_its_own_in_another_tab(
    cashier: Cashier, page: Page, place: Served
) -> None:
    cashier.type("12.99")
    cashier.sees("offering")
    page.goto("about:blank")
    tab = page.context.new_page()
    again = Cashier(tab, place)
    again.sees("offering")
    again.reads("entered", "Items: 1")
    again.press("+")
    again.type("1")
    again.reads("basket", "€13.99")
    assert place.ask("GET", "/v1/health").json["open_checkouts"] == 1


def test_a_basket_the_till_forgot_is_sent_again_or_dropped(cashier: Cashier, page: Page) -> None:
    kept = '{"id": "page-1", "lines": [{"sku": "item", "quantity": 1, "unit_price": 1299}], "customer": null}'
    page.add_init_script(f"localStorage.setItem('rung.own', '{kept}')")
    page.reload()
    cashier.reads("entered", "Items: 1")
    cashier.press("Enter")
    cashier.sees("offering")
    cashier.reads("basket", "€12.99")
    cashier.press("Delete", "Delete")
    cashier.sees("closed")
    expect(page.locator("#entered")).to_be_hidden()


def test_items_scanned_while_the_till_thinks_are_in_the_basket(cashier: Cashier, page: Page) -> None:
    page.route("**/v1/checkouts/*", lambda route: (page.wait_for_timeout(300), route.continue_()))
    for price in ("10", "5", "1"):
        page.keyboard.type(price)
        page.keyboard.press("Enter")
    cashier.reads("basket", "€16.00")


@pytest.mark.parametrize(
    ("before", "key", "why"),
    [
        ([], "2", "No basket is open"),
        (["1"], "2", "Answered already: Enter finishes"),
        (["2", "2", "2"], "2", "it stays on the table"),
        (["3"], "4", "No goodwill for this basket"),
        ([], "Enter", "Answer the offer first"),
        ([], "+", "The point of sale leads this basket"),
        ([], "Delete", "The point of sale leads this basket"),
    ],
)
def test_a_key_that_does_nothing_says_why(cashier: Cashier, before: list[str], key: str, why: str) -> None:
    if why == "No basket is open":
        cashier.press("Escape")  # out of the entry field
    else:
        cashier.serve("why")
    for answered in before:
        with cashier.page.expect_response("**/reactions"):  # a key before that is no second answer
            cashier.press(answered)
        cashier.page.wait_for_timeout(HUMAN)
    cashier.press(key)
    cashier.reads("alert", why)
