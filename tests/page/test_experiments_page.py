"""The pages of experiments in a real browser: by keyboard, without a script, on a phone, in light and dark."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.page.contrast import contrasts
from tests.page.visiting import Place, tab_to
from tests.service.experiments import create, given, started
from tests.service.places import Client, listening, prepared
from tests.service.test_experiments_page import sold
from tests.service.test_readouts import Shop

PATHS = ["/experiments", "/experiments/climbs", "/experiments/draft"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = prepared(tmp_path_factory.mktemp("experiments"), devices=2)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        started(client, given())
        create(client, given("draft"))
        shop = Shop(client, settings)
        shop.send(sold(shop.pens[0], 300))
        yield Place(f"http://127.0.0.1:{port}", settings)
        client.close()


def test_from_the_list_to_a_readout_by_keyboard(reader: Page, service: Place) -> None:
    reader.goto(service.url + "/experiments")
    tab_to(reader, "link", "^climbs$")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Experiment climbs")
    expect(reader.get_by_role("img", name=re.compile("^Relative lift of each arm"))).to_be_visible()
    table = reader.get_by_role("table", name="Lift of climb over usual")
    expect(table.get_by_role("rowheader")).to_have_count(4)
    expect(table.get_by_role("columnheader")).to_have_count(11)


def test_on_a_phone_only_the_tables_scroll(reader: Page, service: Place) -> None:
    reader.set_viewport_size({"width": 380, "height": 700})
    for path in PATHS:
        reader.goto(service.url + path)
        assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    reader.goto(service.url + PATHS[1])
    tab_to(reader, "region", "^Lift of climb")
    region = reader.locator(":focus")
    reader.keyboard.press("ArrowRight")
    reader.wait_for_timeout(300)
    assert region.evaluate("(element) => element.scrollLeft") > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_high_contrast(reader: Page, service: Place, scheme: Literal["light", "dark"]) -> None:
    reader.emulate_media(color_scheme=scheme)
    for path in PATHS:
        reader.goto(service.url + path)
        ratios = contrasts(reader)
        assert len(ratios) > 5
        assert min(ratios) >= (4.5,), (path, min(ratios))
