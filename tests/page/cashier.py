"""What a cashier does at the page: look, press a key, scan. Never a mouse."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.till.counter import BASKET, Served

HUMAN = 90  # ms between two keys of a quick typist
SCANNER = 4  # ms between two characters of a wedge scanner
SLOWEST = 50  # ms between two characters of the slowest scanner there is

CLOCK = """
window.times = [];
window.addEventListener("keydown", (event) => window.times.push(event.timeStamp), true);
"""


class Cashier:
    def __init__(self, page: Page, place: Served) -> None:
        self.page, self.place = page, place
        page.add_init_script(CLOCK)
        page.goto(place.url)
        expect(page.locator("#lamp")).not_to_have_attribute("data-lamp", "starting")

    def serve(self, checkout: str, basket: dict = BASKET) -> None:
        """The point of sale sends a basket, and the page shows what the till made of it."""
        told = self.place.ask("PUT", "/v1/checkouts/" + checkout, basket).json
        self.sees(told["state"])

    def sees(self, state: str) -> None:
        expect(self.page.locator("#offer")).to_have_attribute("data-state", state)

    def reads(self, place: str, text: str) -> None:
        expect(self.page.locator("#" + place)).to_contain_text(text)

    def press(self, *keys: str) -> None:
        """One key after the other, each once the till has answered the one before: until then keys do nothing."""
        for key in keys:
            self.press_at_once(key)
            expect(self.page.locator("#keys")).not_to_have_attribute("aria-busy", "true")

    def press_at_once(self, *keys: str) -> None:
        """At the pace of a person, whatever the till does meanwhile."""
        for key in keys:
            self.page.keyboard.press(key)
            self.page.evaluate(f"new Promise((done) => setTimeout(done, {HUMAN}))")  # the page's own time

    def type(self, text: str) -> None:
        """Types at the pace of a person, then Enter."""
        self.page.keyboard.type(text, delay=HUMAN)
        self.press("Enter")

    def scan(self, code: str, pace: float = SCANNER, hesitation: float = 0) -> None:
        """A wedge scanner types a bar code and Enter, after a ``hesitation`` in ms."""
        self.page.keyboard.type(code, delay=pace)
        self.page.wait_for_timeout(hesitation)
        self.page.keyboard.press("Enter")
        self.page.wait_for_timeout(500)

    def scan_told_by_pace(self, code: str) -> None:
        """Only its pace tells such a scan from keys: skips the test where a busy machine types too slowly."""
        self.page.evaluate("times = []")
        self.scan(code)
        if not self.typed_like_a_scanner():
            pytest.skip("this machine is too busy to type like a scanner")

    def serve_and_scan(
        self, code: str, pace: float = SCANNER, answer: str = "", hesitation: float = 0
    ) -> str:
        """A scan during an offer, or after its ``answer``; the checkout's id.

        Once more where this busy machine typed slower than any scanner.
        """
        for attempt in range(10):
            checkout = f"scanned-{attempt}"
            self.serve(checkout)
            if answer:
                self.press(answer)
                expect(self.page.locator("#offer")).not_to_have_attribute("data-state", "offering")
            self.page.evaluate("times = []; window.scans = []; window.arrived = []")
            self.scan(code, pace, hesitation)
            if self.typed_like_a_scanner(hesitation):
                return checkout
        raise AssertionError("this machine is too busy to type like a scanner")

    def typed_like_a_scanner(self, hesitation: float = 0) -> bool:
        """Whether the keys since `times` was emptied came as fast as a scanner's, for all else this machine does."""
        *gaps, last = [later - earlier for earlier, later in pairwise(self.page.evaluate("times"))]
        return max(gaps) < SLOWEST and last < SLOWEST + 1.5 * hesitation

    def focus(self) -> str:
        return self.page.evaluate("document.activeElement.id")

    def checkout(self, checkout: str) -> dict:
        """The checkout as the till knows it, past what the page shows."""
        return self.place.ask("GET", "/v1/checkouts/" + checkout).json
