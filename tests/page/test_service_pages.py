"""The service's own pages in a real browser: by keyboard alone, without a script, for eyes, ears and small screens."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.contrast import contrasts
from tests.page.visiting import Place, tab_to
from tests.service.hurried_shop import DAY, an_evening_rush
from tests.service.places import Client, Pen, listening, prepared

PAGES = ["/attention?until=" + DAY, "/standing", "/segments?until=" + DAY]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("service")
    settings = prepared(folder / "data")
    with listening(settings) as port:
        client, pen = Client(port, settings.admin_token), Pen(settings)
        assert pen.send(client, list(an_evening_rush(pen, random.Random(1), 9))).status == 200
        yield Place(f"http://127.0.0.1:{port}", settings)
        client.close()


def test_a_browser_without_a_session_is_shown_nothing(browser: Browser, service: Place) -> None:
    page = browser.new_page()
    page.goto(service.url + "/attention")
    expect(page.get_by_role("table")).to_have_count(0)
    page.close()


def test_what_to_change_is_said_first_and_the_tables_name_every_figure(reader: Page, service: Place) -> None:
    reader.goto(service.url + PAGES[0])
    expect(reader.get_by_role("heading", level=1)).to_have_text("Are the till's prompts read?")
    expect(reader.get_by_role("listitem").filter(has_text="Between 18 and 20")).to_contain_text(
        "with 5 or more waiting"
    )
    table = reader.get_by_role("table", name=re.compile("by the hour of the shop's day")).first
    expect(table.get_by_role("columnheader")).to_have_count(12)  # a name and eleven hours
    row = table.get_by_role("row", name=re.compile("^All"))
    expect(row.get_by_role("cell").nth(8)).to_contain_text(
        re.compile(r"\d+\s%\s?of 36.*\d+\s% to \d+\s%, median \d")
    )


def test_the_days_are_chosen_by_keyboard(reader: Page, service: Place) -> None:
    reader.goto(service.url + "/attention?from=2026-11-20&until=2026-11-20")
    reader.keyboard.press("Tab")
    expect(reader.get_by_role("link", name="To the content")).to_be_focused()
    reader.keyboard.press("Enter")
    reader.keyboard.press("Tab")
    expect(reader.get_by_label("From")).to_be_focused()
    reader.keyboard.type("11112026")  # the same in every order of day and month
    tab_to(reader, "button", "Show")
    reader.keyboard.press("Enter")
    expect(reader).to_have_url(re.compile(r"from=2026-11-11&until=2026-11-20"))
    expect(reader.get_by_text("stands out")).to_be_visible()


def test_days_that_are_no_period_are_said_so_on_the_page(reader: Page, service: Place) -> None:
    reader.goto(service.url + "/attention?from=2026-11-20&until=2026-11-19")
    expect(reader.get_by_role("alert")).to_contain_text("comes after the last")


def test_all_figures_open_and_wide_tables_scroll_by_keyboard(reader: Page, service: Place) -> None:
    reader.set_viewport_size({"width": 380, "height": 700})
    reader.goto(service.url + PAGES[0])
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab_to(reader, "region", "^Prompts closed unread, by the hour")
    region = reader.locator(":focus")
    reader.keyboard.press("ArrowRight")
    reader.wait_for_timeout(300)
    assert region.evaluate("(element) => element.scrollLeft") > 0
    figures = reader.get_by_role("table", name=re.compile("as in the spreadsheet"))
    expect(figures).to_be_hidden()
    reader.locator("summary").focus()
    reader.keyboard.press("Enter")
    expect(figures).to_be_visible()


def test_where_the_shop_stands_is_a_sentence_a_figure_and_a_table(reader: Page, service: Place) -> None:
    reader.goto(service.url + "/standing")
    expect(reader.locator(".says")).to_contain_text("Not known: the release in force was made by hand")
    expect(reader.get_by_role("img", name=re.compile("^Expected margin of a visit"))).to_be_visible()
    assert reader.locator("polyline").count() == 3
    reader.get_by_text("The same as a table").focus()
    reader.keyboard.press("Enter")
    table = reader.get_by_role("table", name=re.compile("Expected margin by hazard"))
    expect(table.get_by_role("row", name=re.compile("this shop"))).to_have_count(1)


def test_segments_are_a_table_with_what_each_is_and_a_wide_one_scrolls_by_keyboard(
    reader: Page, service: Place
) -> None:
    reader.set_viewport_size({"width": 380, "height": 700})
    reader.goto(service.url + PAGES[2])
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table = reader.get_by_role("table", name=re.compile("^Customers by what they did"))
    expect(table.get_by_role("row")).to_have_count(10)  # a head, eight segments, the shop
    tab_to(reader, "region", "^Customers by what they did")
    reader.keyboard.press("ArrowRight")
    reader.wait_for_timeout(300)
    assert reader.locator(":focus").evaluate("(element) => element.scrollLeft") > 0
    expect(reader.get_by_text("usually needs no more than 5 % of the basket")).to_be_visible()
    reader.goto(service.url + "/segments?from=2026-11-20&until=2026-11-19")
    expect(reader.get_by_role("alert")).to_contain_text("comes after the last")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_word_of_a_page_has_high_contrast(
    reader: Page, service: Place, path: str, scheme: Literal["light", "dark"]
) -> None:
    reader.emulate_media(color_scheme=scheme)
    reader.goto(service.url + path)
    ratios = contrasts(reader)
    assert len(ratios) > 20
    assert min(ratios) >= (4.5,), min(ratios)
