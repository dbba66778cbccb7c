"""The same server and page on MicroPython, before the same browser."""

import os
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.cashier import Cashier
from tests.page.conftest import closed_port
from tests.project.places import ROOT, TOOLS
from tests.till.counter import BASKET, Served
from tests.till.test_server import Listener, is_problem

STATED = {
    **BASKET,
    "discounts": [
        {"id": "bday", "label": "Birthday 5%", "amount": 130},
        {"id": "team", "label": "Команда 10 %", "amount": 260},
    ],
}


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Served]:
    """A till nobody enrolled, on MicroPython's unix port, compiled on the way: more heap than a device needs."""
    spec = find_spec("microdot")
    assert spec and spec.origin
    port = closed_port()
    (tmp_path / "till").mkdir()
    places = {"MICROPYPATH": f".frozen:{ROOT}:{Path(spec.origin).parents[1]}", "RUNG_DATA": str(tmp_path)}
    command = [str(TOOLS / "micropython"), "-X", "heapsize=2M", "-m", "firmware.main"]
    running = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **places, "RUNG_TILL_PORT": str(port)}, stdout=subprocess.PIPE
    )
    at = Served(None, None, port)  # its loop is in another process
    try:
        _answers(at)
        yield at
    finally:
        running.terminate()
        running.wait(120)
        if running.stdout:
            running.stdout.close()


def _answers(place: Served) -> None:
    for _ in range(1200):
        try:
            place.ask("GET", "/v1/health")
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the till on MicroPython did not start")


def test_a_cashier_serves_a_customer(page: Page, device: Served) -> None:
    page.set_viewport_size({"width": 800, "height": 480})
    cashier = Cashier(page, device)
    cashier.serve("small", STATED)
    cashier.press("2")
    cashier.reads("say", "Команда 10 % takes off €2.60")
    cashier.press("1", "Enter")
    cashier.sees("closed")
    cashier.reads("note", "Sold")
    receipt = device.ask("GET", "/v1/checkouts/small/receipt?language=ru&width=32")
    assert receipt.body.startswith(b"\x1bt\x11" + "Команда 10 %             -2,60 ".encode("cp866"))
    page.reload()
    expect(page.locator("#lamp")).to_have_attribute("data-lamp", "empty")
    cashier.reads("lamp-text", "No rules yet, selling goes on")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed-json"),
        (b"\xff", "malformed-json"),
        (b'{"a": NaN}', "malformed-json"),
        (b"[]", "not-an-object"),
    ],
)
def test_bad_bodies_are_named(device: Served, body: bytes, code: str) -> None:
    assert is_problem(device.ask("PUT", "/v1/checkouts/a", body), 400, code)


def test_what_is_not_there_not_allowed_or_too_large_is_named(device: Served) -> None:
    assert is_problem(device.ask("GET", "/nothing"), 404, "unknown-path")
    assert is_problem(device.ask("DELETE", "/v1/checkouts/a"), 405, "method-not-allowed")
    assert is_problem(device.ask("PUT", "/v1/checkouts/a", b" " * 300_000), 413, "body-too-large")
    assert is_problem(device.ask("PUT", "/v1/checkouts/%ff", STATED), 400, "malformed-path")


def test_displays_are_told_and_bounded(device: Served) -> None:
    displays = [Listener(device) for _ in range(3)]  # one more than a device has room for
    for display in displays:
        assert display.next("checkout") is None
        display.next("health")
    device.ask("PUT", "/v1/checkouts/a", STATED)
    assert displays[2].next("checkout")["offer"]["amount"] == 130
    assert displays[0].next("checkout") == "end"
    for display in displays:
        display.hang_up()
