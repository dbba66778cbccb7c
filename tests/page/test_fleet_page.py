"""The page for retail IT: rollouts asked for, approved by a second person, stopped, by keyboard; how each till is."""

import json
import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.page.contrast import contrasts
from tests.page.visiting import Place, sign_in, tab_to
from tests.service import firmware_signers
from tests.service.people import added
from tests.service.places import Client, Pen, listening, prepared

PATH = "/v1/firmware/reports"


def report(client: Client, pen: Pen, **changed: object) -> str:
    """The target that a till is told."""
    told = {"hardware": "host", "version": 6, "confirmed": 6, "free": 500_000, "uptime": 7200, **changed}
    raw = json.dumps(told).encode()
    signed = pen.signed("POST", PATH, raw)
    answer = client.ask("POST", PATH, raw, authorization="", content_type="application/json", **signed)
    assert answer.status == 200, answer.body
    return answer.json["target"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = prepared(tmp_path_factory.mktemp("fleet-page") / "data", devices=5)
    with listening(settings) as port:
        for name in ("ada", "grace"):
            added(settings, name, "it")
        added(settings, "otto", "auditor")
        client = Client(port, settings.admin_token)
        assert firmware_signers.release(settings, client, 7).status == 201
        for number in range(1, 5):
            report(client, Pen(settings, f"till-{number}"))
        report(
            client,
            Pen(settings, "till-2"),
            crash="Traceback\n  ValueError: <b>",
            log=["wifi: lost", "wifi: back"],
        )
        yield Place(f"http://127.0.0.1:{port}", settings)
        client.close()


def entered(page: Page, service: Place, name: str) -> None:
    page.goto(service.url + "/fleet")
    sign_in(page, name)
    expect(page.get_by_role("heading", name="Tills and their firmware")).to_be_visible()


def test_who_may_only_read_sees_all_tills_and_no_button_that_acts(visitor: Page, service: Place) -> None:
    entered(visitor, service, "otto")
    table = visitor.get_by_role("table", name="Tills, by name")
    expect(table.get_by_role("row")).to_have_count(6)
    expect(table.get_by_role("row", name=re.compile("till-5"))).to_contain_text("never reported")
    expect(visitor.get_by_role("button", name=re.compile("Ask|Approve|Stop"))).to_have_count(0)


def test_those_to_look_at_are_found_and_what_a_till_said_is_shown_as_text(
    visitor: Page, service: Place
) -> None:
    entered(visitor, service, "otto")
    says = visitor.get_by_text("report 1 version of firmware. 2 to look at.")
    expect(says).to_have_class(re.compile("warn"))
    headings = visitor.get_by_role("table", name="Tills, by name").get_by_role("columnheader")
    expect(headings.nth(1)).to_have_text("Look at")  # in sight on a telephone
    visitor.get_by_role("button", name="Show those to look at").click()
    rows = visitor.get_by_role("table", name="Tills that somebody").get_by_role("row")
    expect(rows).to_have_count(3)
    visitor.get_by_role("link", name="till-2").click()
    expect(visitor.get_by_role("heading", name="Till till-2")).to_be_visible()
    expect(visitor.get_by_text("ValueError: <b>")).to_be_visible()
    expect(visitor.get_by_text("wifi: back")).to_be_visible()


def test_two_people_roll_out_by_keyboard_and_the_second_one_stops_it(visitor: Page, service: Place) -> None:
    entered(visitor, service, "ada")
    visitor.get_by_role("textbox", name="Name", exact=True).focus()
    visitor.keyboard.type("winter-1")
    tab_to(visitor, "button", "^Ask$")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("Waits for a second person.")).to_be_visible()
    expect(visitor.get_by_text("Who asks for a rollout cannot approve it.")).to_be_visible()
    expect(visitor.get_by_role("button", name="Approve")).to_have_count(0)
    visitor.get_by_role("button", name="Sign out").click()
    entered(visitor, service, "grace")
    tab_to(visitor, "button", "^Approve$")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("At work in the group canary.")).to_be_visible()
    expect(visitor.get_by_text(re.compile("^grace, [-0-9]+ [:0-9]+ UTC$"))).to_be_visible()
    tab_to(visitor, "button", "^Pause$")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("Paused: nobody is told for now.")).to_be_visible()
    tab_to(visitor, "button", "^Go on$")
    visitor.keyboard.press("Enter")
    client, pens = (
        Client(int(service.url.rsplit(":", 1)[1])),
        [Pen(service.settings, f"till-{n}") for n in range(1, 5)],
    )
    for pen in pens:
        pen.send(client, [pen.write()])
    told = [pen for pen in pens if report(client, pen)]
    assert len(told) == 1
    report(client, told[0], failed={"version": 7, "why": "self-test: keys"})
    client.close()
    visitor.reload()
    row = visitor.get_by_role("table", name="Those that are over").get_by_role(
        "row", name=re.compile("winter-1")
    )
    expect(row).to_contain_text("Stopped. 1 of 1 tills of the group canary failed")


def test_enter_beside_why_stops_and_never_approves(visitor: Page, service: Place) -> None:
    entered(visitor, service, "ada")
    visitor.get_by_role("textbox", name="Name", exact=True).fill("winter-2")
    visitor.get_by_role("button", name="Ask").click()
    visitor.get_by_role("button", name="Sign out").click()
    entered(visitor, service, "grace")
    visitor.get_by_role("textbox", name="Why").fill("wrong release")
    with visitor.expect_navigation():
        visitor.keyboard.press("Enter")
    row = visitor.get_by_role("table", name="Those that are over").get_by_role("row", name="winter-2")
    expect(row).to_contain_text("Stopped. wrong release")


def test_a_till_is_found_by_a_part_of_its_name(visitor: Page, service: Place) -> None:
    entered(visitor, service, "otto")
    visitor.get_by_role("textbox", name="Name has").fill("LL-3")
    visitor.keyboard.press("Enter")
    rows = visitor.get_by_role("table", name="Tills, by name").get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("till-3")
    expect(visitor.get_by_role("textbox", name="Name has")).to_have_value("LL-3")
    visitor.get_by_role("textbox", name="Name has").fill("abacus")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("There is no such till.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_high_contrast_and_fits_a_phone(
    visitor: Page, service: Place, scheme: Literal["light", "dark"]
) -> None:
    visitor.emulate_media(color_scheme=scheme)
    visitor.set_viewport_size({"width": 380, "height": 700})
    entered(visitor, service, "ada")
    for path in ("/fleet", "/fleet/till-2"):
        visitor.goto(service.url + path)
        ratios = contrasts(visitor)
        assert len(ratios) > 15 and min(ratios) >= (4.5,), min(ratios)
        assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")
