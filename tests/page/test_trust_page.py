"""The page that says whose records teach nothing: read by eyes and keyboard, and the way back by a form."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.page.contrast import contrasts
from tests.page.visiting import Place, sign_in
from tests.service.people import added
from tests.service.places import Client, listening, prepared


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = prepared(tmp_path_factory.mktemp("trust-page") / "data")
    with listening(settings) as port:
        added(settings, "grace", "analyst")
        added(settings, "otto", "auditor")
        client = Client(port, settings.admin_token)
        for name in ("c1", "c2"):
            told = {"store": "sample", "note": f"Nobody knows who keys under {name}."}
            assert client.ask("POST", f"/v1/trust/cashier/{name}/distrust", told).status == 200
        client.close()
        yield Place(f"http://127.0.0.1:{port}", settings)


def test_who_may_only_read_sees_why_and_no_button(visitor: Page, service: Place) -> None:
    visitor.goto(service.url + "/trust")
    sign_in(visitor, "otto")
    expect(visitor.get_by_text("admin says: Nobody knows who keys under c1.")).to_be_visible()
    expect(visitor.get_by_role("button", name="Learn from all of them again")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_high_contrast_and_fits_a_phone(
    visitor: Page, service: Place, scheme: Literal["light", "dark"]
) -> None:
    visitor.emulate_media(color_scheme=scheme)
    visitor.set_viewport_size({"width": 380, "height": 700})
    visitor.goto(service.url + "/trust")
    sign_in(visitor, "grace")
    expect(visitor.get_by_role("heading", name="Cashier c1 in sample")).to_be_visible()
    ratios = contrasts(visitor)
    assert len(ratios) > 15 and min(ratios) >= (4.5,), min(ratios)
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_analyst_trusts_a_cashier_again_with_a_reason_on_the_page(visitor: Page, service: Place) -> None:
    visitor.goto(service.url + "/trust")
    sign_in(visitor, "grace")
    form = visitor.get_by_role("form", name=re.compile("^Trust cashier c1 in sample again"))
    form.get_by_label("Why it is fine").fill("Everybody has a name of their own now.")
    form.get_by_role("button", name="Learn from all of them again").click()
    expect(visitor).to_have_url(service.url + "/trust")
    expect(visitor.get_by_role("heading", name="Cashier c1 in sample")).to_have_count(0)
    row = visitor.get_by_role("table", name="Who was distrusted").get_by_role("row", name=re.compile("c1"))
    expect(row).to_contain_text("by grace")
    expect(row).to_contain_text("Everybody has a name of their own now.")
    expect(visitor.get_by_role("heading", name="Cashier c2 in sample")).to_have_count(1)
