"""What the page looks like to eyes, screen readers and small screens."""

import errno
import re
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from pos_client.core import wording
from tests.fakes import MemoryStorage
from tests.page.cashier import Cashier
from tests.page.contrast import contrasts
from tests.till.counter import RULES, Served, make_till, served, signed_snapshot

LONG = "Birthday and loyalty week with double points for members 12%"
DISCLOSURE = (
    "Ce prix a été personnalisé sur la base d'une prise de décision automatisée ; vous pouvez demander le prix"
    " sans personnalisation. "
) * 3

OUTSIDE = """
() => [...document.querySelectorAll(
  "#say, #amount, #parts, #pay, #note, #disclosure, #keys button, #lamp, #basket, #entered")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => {
    const box = element.getBoundingClientRect();
    const frame = (element.closest("#offer") ?? document.body).getBoundingClientRect();
    return box.left < frame.left || box.top < frame.top || box.right > frame.right + 1
      || box.bottom > frame.bottom + 1 || element.scrollWidth > element.clientWidth + 1;
  })
  .map((element) => element.id || element.dataset.act)
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_high_contrast(cashier: Cashier, scheme: Literal["light", "dark"]) -> None:
    cashier.page.emulate_media(color_scheme=scheme)
    cashier.serve("contrast")
    cashier.press("2")
    ratios = contrasts(cashier.page)
    assert len(ratios) > 10
    assert min(ratios) >= (4.5,), min(ratios)
    assert min(ratio for ratio in ratios if ratio[1] in ("say", "amount", "pay", "disclosure")) >= (7,)


@pytest.mark.parametrize("size", [(800, 480), (1024, 768), (1920, 1080)])
@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_the_longest_offer_fits_every_till(browser: Browser, size: tuple[int, int], language: str) -> None:
    rules = [
        {"id": "long", "label": LONG, "kind": "percent", "rate": 1200, "disclosure": DISCLOSURE[:400]},
        *RULES[3:],
    ]
    basket = {"currency": "EUR", "lines": [{"sku": "1", "quantity": 1, "unit_price": 123_456_789}]}
    with served(make_till(rules)) as place:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, locale=language)
        cashier = Cashier(page, place)
        cashier.serve("long", basket)
        cashier.press("2")
        cashier.sees("top_reached")
        assert page.evaluate(OUTSIDE) == []
        cashier.press("4", "Enter")
        expect(page.locator("#parts")).to_be_visible()
        cashier.press("2")  # a key that does nothing, and a word about it
        expect(page.locator("#alert")).to_be_visible()
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        page.close()


def test_the_amount_can_be_read_at_arms_length(cashier: Cashier) -> None:
    cashier.serve("far")
    height = cashier.page.evaluate("parseFloat(getComputedStyle(document.getElementById('amount')).fontSize)")
    assert height >= 150  # px: letters of 25 mm or more on a 10 inch till of 1024 x 768


def test_the_line_to_say_is_announced_and_every_key_is_a_named_button(cashier: Cashier) -> None:
    cashier.serve("announced")
    expect(cashier.page.locator("#say")).to_have_attribute("aria-live", "assertive")
    for name, key in (("Accepted", "1"), ("Asks for more", "2"), ("Leaves", "3"), ("Skip", "Escape")):
        button = cashier.page.get_by_role("button", name=re.compile(name))
        expect(button).to_have_attribute("aria-keyshortcuts", key)
    cashier.press("1")
    expect(cashier.page.get_by_role("button", name=re.compile("Asks for more"))).to_be_disabled()


def test_the_focus_can_be_seen_wherever_tab_leads(cashier: Cashier) -> None:
    cashier.serve("tab")
    for _ in range(8):
        cashier.page.keyboard.press("Tab")
        outline = cashier.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert cashier.page.evaluate("document.activeElement === document.body") or outline == "4px"


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_the_page_and_the_till_write_money_alike(cashier: Cashier, language: str) -> None:
    samples = [
        (sign * amount, currency)
        for amount in (0, 5, 130, 99_999, 123_456_789)
        for sign in (1, -1)
        for currency in ("EUR", "USD", "GBP", "JPY", "KWD", "RUB", "CHF")
        if amount
    ]
    written = cashier.page.evaluate(
        "async ([language, samples]) => { const { speak, money } = await import('/words.js'); speak(language);"
        " return samples.map(([amount, currency]) => money(amount, currency)); }",
        [language, samples],
    )
    told = [wording.money(language, amount, currency) for amount, currency in samples]
    assert written == [
        text.replace("-", "−") for text in told
    ]  # a receipt's code page has no true minus sign


def test_a_till_whose_storage_is_full_sells_on_under_a_quiet_lamp(
    cashier: Cashier, storage: MemoryStorage
) -> None:
    storage.room = 0
    cashier.serve("full")
    cashier.press("1", "Enter")
    cashier.sees("closed")
    expect(cashier.page.locator("#lamp")).to_have_attribute("data-lamp", "full")
    cashier.reads("lamp-text", "Storage full, selling goes on")
    storage.room = 1 << 20
    cashier.serve("roomy")
    cashier.press("1", "Enter")
    cashier.sees("closed")
    expect(cashier.page.locator("#lamp")).not_to_have_attribute("data-lamp", "full")


def lamp(cashier: Cashier, **link: object) -> tuple[str, str]:
    """What the lamp is, and says, where that is all that is known of the link."""
    health = {
        "journal": {"depth": 3, "trouble": None},
        "snapshot": {"version": 7, "age_seconds": 60},
        "link": link,
    }
    shown = cashier.page.evaluate(
        "async (health) => { const { showLamp } = await import('/view.js'); showLamp(health);"
        " return [document.getElementById('lamp').dataset.lamp, document.getElementById('lamp-text').textContent]; }",
        health,
    )
    return tuple(shown)


def test_a_till_that_was_revoked_says_so_in_words(cashier: Cashier) -> None:
    shown = lamp(cashier, seconds_since_contact=90, every=15, trouble="unknown-device")
    assert shown == ("revoked", "Not enrolled any more, selling goes on: tell support")


def test_a_board_that_looks_for_news_once_an_hour_is_not_offline_in_between(cashier: Cashier) -> None:
    assert lamp(cashier, seconds_since_contact=3000, every=3600, trouble=None)[0] == "online"
    assert lamp(cashier, seconds_since_contact=3700, every=3600, trouble=None)[0] == "offline"
    assert lamp(cashier, seconds_since_contact=60, every=15, trouble=None)[0] == "offline"


def test_a_till_that_cannot_record_lights_the_lamp(cashier: Cashier, storage: MemoryStorage) -> None:
    storage.fail_at, storage.error = storage.operations + 1, OSError(errno.EIO, "worn out")
    cashier.serve("broken")
    cashier.press("1", "Enter")
    cashier.sees("closed")
    expect(cashier.page.locator("#lamp")).to_have_attribute("data-lamp", "journal")
    cashier.reads("lamp-text", "Sales are not being recorded")


def test_old_rules_light_the_lamp(page: Page, storage: MemoryStorage, request: pytest.FixtureRequest) -> None:
    storage.files["snapshot"] = bytearray(signed_snapshot(RULES, built=1_795_000_000 - 8 * 86400))
    cashier = Cashier(page, request.getfixturevalue("place"))
    expect(cashier.page.locator("#lamp")).to_have_attribute("data-lamp", "stale")


def test_the_customer_sees_the_offer_and_not_what_else_there_is(
    cashier: Cashier, page: Page, place: Served
) -> None:
    display = page.context.new_page()
    display.goto(place.url + "/display?language=fr")
    cashier.serve("shown")
    expect(display.locator("#say")).to_have_text("Card 3%")
    expect(display.locator("#amount")).to_have_text("−0,78\u00a0€")
    cashier.press("1")
    expect(display.locator("#pay")).to_have_text("À payer 25,20\u00a0€")
    assert "Team" not in display.content()


def test_the_customer_sees_the_gesture_in_the_sum(cashier: Cashier, page: Page, place: Served) -> None:
    display = page.context.new_page()
    display.goto(place.url + "/display?language=en")
    cashier.serve("shown")
    cashier.press("4")
    cashier.type("1.50")
    expect(display.locator("#amount")).to_have_text("−€2.28")
    expect(display.locator("#pay")).to_have_text("To pay €23.70")
