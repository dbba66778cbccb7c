"""Rollouts over HTTP: tills report with their signature, two people of IT ask and approve, others only read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pricing_service.settings import Settings
from tests.service import firmware_signers
from tests.service.people import person
from tests.service.places import Answer, Client, Pen, listening, prepared

PATH = "/v1/firmware/reports"
REPORT = {"hardware": "host", "version": 6, "confirmed": 6, "records": 3, "free": 400_000, "log": ["started"]}
ROLLOUT = {"id": "winter-1", "release": "rung-host-7.romfs", "note": "Faster keys."}


class Shop:
    """Five tills, a release of version 7, and who may do what."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.settings, self.port = settings, port
        self.client = Client(port, settings.admin_token)
        assert firmware_signers.release(settings, self.client, 7).status == 201
        self.pens = [Pen(settings, f"till-{number}") for number in range(1, 6)]

    def report(self, pen: Pen, **changed: Any) -> Answer:
        return told(self.client, pen, {**REPORT, **changed})

    def somebody(self, role: str, name: str) -> Client:
        return person(self.settings, self.port, role, name)


def told(client: Client, pen: Pen, body: Any) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = pen.signed("POST", PATH, raw)
    return client.ask("POST", PATH, raw, authorization="", content_type="application/json", **signed)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = prepared(tmp_path_factory.mktemp("rollouts") / "data", devices=5)
    with listening(settings) as port:
        yield Shop(settings, port)


def test_a_report_is_answered_signed_and_seen_in_the_inventory(shop: Shop) -> None:
    answer = shop.report(shop.pens[0])
    assert (answer.status, answer.json) == (200, {"target": "", "after": 600})
    assert answer.headers["signature"].startswith("rung=:")
    seen = shop.client.ask("GET", "/v1/firmware/tills/till-1").json
    assert (seen["version"], seen["records"], seen["free"], seen["store"]) == (6, 3, 400_000, "sample")
    assert [line["line"] for line in seen["log"]] == ["started"]
    listed = shop.client.ask("GET", "/v1/firmware/tills?hardware=host").json
    assert [item["device"] for item in listed["items"]] == ["till-1"] and listed["next"] is None
    first = shop.client.ask("GET", "/v1/firmware/tills?limit=2").json
    assert [item["reported"] is None for item in first["items"]] == [False, True]
    assert len(shop.client.ask("GET", f"/v1/firmware/tills?after={first['next']}").json["items"]) == 3
    assert shop.client.ask("GET", "/v1/firmware/tills/nobody").json["code"] == "unknown-device"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"colour": "red"}, "unknown-field"),
        ({"hardware": "abacus"}, "unknown-choice"),
        ({"version": -1}, "out-of-range"),
        ({"version": 6.0}, "not-an-integer"),
        ({"trial": 1}, "not-a-flag"),
        ({"failed": {"version": 7}}, "missing-field"),
        ({"log": ["x"] * 21}, "list-length"),
        ({"log": ["x" * 201]}, "text-length"),
        ({"log": ["\x1b[2J"]}, "control-character"),
        ({"crash": "x" * 1001}, "text-length"),
        ({"crash": "a\x00b"}, "control-character"),
        ({"free": 1 << 60}, "out-of-range"),
    ],
)
def test_a_report_that_is_none_is_refused_by_name(shop: Shop, changed: dict, code: str) -> None:
    answer = shop.report(shop.pens[1], **changed)
    assert (answer.status, answer.json["code"]) == (400, code)


def test_a_report_has_four_kilobytes_and_a_signature(shop: Shop) -> None:
    long = b" " * 4097
    assert told(shop.client, shop.pens[1], long).json["code"] == "body-too-large"
    assert told(shop.client, shop.pens[1], b"[]").json["code"] == "not-an-object"
    unsigned = Client(shop.port).ask("POST", PATH, REPORT)
    assert (unsigned.status, unsigned.json["code"]) == (401, "signature-needed")
    assert shop.client.ask("POST", PATH, REPORT).status == 401  # the administrator is no till


def test_two_people_of_it_roll_out_and_others_read(tmp_path: Path) -> None:
    settings = prepared(tmp_path / "data", devices=5)
    with listening(settings) as port:
        shop = Shop(settings, port)
        for pen in shop.pens:
            shop.report(pen)
        ada, grace, otto = (
            shop.somebody("it", "ada"),
            shop.somebody("it", "grace"),
            shop.somebody("auditor", "otto"),
        )
        assert otto.ask("POST", "/v1/rollouts", ROLLOUT).json["code"] == "scope-needed"
        made = ada.ask("POST", "/v1/rollouts", ROLLOUT)
        assert (made.status, made.json["state"], made.json["created_by"]) == (201, "asked", "ada")
        assert [(group["name"], group["tills"]) for group in made.json["groups"]] == [
            ("canary", 1),
            ("early", 1),
            ("rest", 3),
        ]
        assert ada.ask("POST", "/v1/rollouts/winter-1/approve").json["code"] == "second-person-needed"
        assert {shop.report(pen).json["target"] for pen in shop.pens} == {""}
        assert grace.ask("POST", "/v1/rollouts/winter-1/approve").json["approved_by"] == "grace"
        for pen in shop.pens:
            assert pen.send(shop.client, [pen.write()]).status == 200  # a canary is told while it sells
        told_now = [pen.device for pen in shop.pens if shop.report(pen).json["target"] == "rung-host-7.romfs"]
        (canary,) = otto.ask("GET", "/v1/rollouts/winter-1/tills?state=told").json["items"]
        assert told_now == [canary["device"]] and canary["group"] == "canary"
        for step, state in (("pause", "paused"), ("resume", "running")):
            assert grace.ask("POST", f"/v1/rollouts/winter-1/{step}").json["state"] == state
        pen = next(pen for pen in shop.pens if pen.device == canary["device"])
        shop.report(pen, failed={"version": 7, "why": "self-test: display"})
        stopped = otto.ask("GET", "/v1/rollouts/winter-1").json
        assert (stopped["state"], stopped["why"]) == ("stopped", "1 of 1 tills of the group canary failed")
        (failed,) = otto.ask("GET", "/v1/rollouts/winter-1/tills?state=failed").json["items"]
        assert failed["why"] == "fell back: self-test: display"
        assert grace.ask("POST", "/v1/rollouts/winter-1/resume").json["code"] == "rollout-stopped"
        (listed,) = otto.ask("GET", "/v1/rollouts").json["items"]
        assert listed["id"] == "winter-1"


def test_rollouts_are_listed_page_by_page_the_youngest_first(shop: Shop) -> None:
    shop.report(shop.pens[0])
    for number in range(3):
        sent = {**ROLLOUT, "id": f"r-{number}"}
        assert shop.client.ask("POST", "/v1/rollouts", sent).status == 201
        assert (
            shop.client.ask("POST", f"/v1/rollouts/r-{number}/stop", {"note": "A try."}).json["state"]
            == "stopped"
        )
    first = shop.client.ask("GET", "/v1/rollouts?limit=2").json
    rest = shop.client.ask("GET", f"/v1/rollouts?limit=2&after={first['next']}").json
    assert [item["id"] for item in first["items"] + rest["items"]] == ["r-2", "r-1", "r-0"]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"release": "rung-host-9.romfs"}, 404, "unknown-release"),
        ({"id": "a b"}, 400, "rollout-id"),
        ({"deadline": 5}, 400, "out-of-range"),
        ({"groups": [{"name": "a", "percent": 1}]}, 400, "groups-order"),
        ({"groups": [{"name": "a", "percent": 1, "tills": 1}, {"name": "b"}]}, 400, "group-size"),
        ({"groups": [{"name": "a", "percent": 1}, {"name": "a"}]}, 400, "group-twice"),
        ({"groups": [{"name": "a", "errors": {}}]}, 400, "group-limit"),
        ({"groups": [{"name": "a", "devices": ["nobody"]}, {"name": "b"}]}, 400, "unknown-device"),
        ({"colour": "red"}, 400, "unknown-field"),
    ],
)
def test_a_rollout_that_cannot_be_is_refused_by_name(
    shop: Shop, changed: dict, status: int, code: str
) -> None:
    shop.report(shop.pens[0])
    answer = shop.client.ask("POST", "/v1/rollouts", {**ROLLOUT, "id": "odd", **changed})
    assert (answer.status, answer.json["code"]) == (status, code), answer.body


def test_there_is_no_rollout_where_there_is_none(shop: Shop) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/tills"),
        ("POST", "/approve"),
        ("POST", "/pause"),
        ("POST", "/resume"),
    ):
        assert shop.client.ask(method, "/v1/rollouts/none" + path).json["code"] == "unknown-rollout"
