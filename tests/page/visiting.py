"""Whoever reads the service's own pages: without a script, and with a fault for whatever the page may not do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page

from pricing_service.settings import Settings
from tests.service.people import PASSWORD


class Place:
    """A service and its address."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url, self.settings = url, settings

    @property
    def administrator(self) -> dict[str, str]:
        """The headers of who has the administrator's token."""
        return {"authorization": f"Bearer {self.settings.admin_token}"}


@contextmanager
def visiting(browser: Browser, place: Place, headers: dict[str, str]) -> Iterator[Page]:
    """A page in which scripts are off; it fails on any request to another host and on what the policy refuses."""
    context = browser.new_context(java_script_enabled=False, extra_http_headers=headers, locale="en-GB")
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "request", lambda request: None if request.url.startswith(place.url) else faults.append(request.url)
    )
    page.on("console", lambda message: faults.append(message.text) if "Security" in message.text else None)
    yield page
    context.close()
    assert faults == []


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():  # a click does not wait for its answer
        page.get_by_role("button", name="Sign in").click()


def tab_to(page: Page, role: Literal["button", "link", "region"], name: str) -> None:
    """Presses Tab until it is there, as who has no mouse does."""
    wanted = page.get_by_role(role, name=re.compile(name))
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"Tab never came to {name}")
