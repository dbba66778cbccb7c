"""Who did what: one entry for all that was done and for every look at a customer; nothing that leads to them."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from models import release
from pricing_service import (
    audit_anchors,
    audit_findings,
    audit_store,
    audit_verifying,
    event_store,
    fit_store,
    fleet_reports,
    provisioning,
    rollout_body,
    rollout_deeds,
    trust_store,
)
from pricing_service.audit_anchors import Anchors
from pricing_service.authority import SCOPES
from pricing_service.caller import Caller, calling
from pricing_service.database import Database
from pricing_service.firmware_release import Release
from pricing_service.fit_store import Asked, Ended
from pricing_service.fleet_reports import Judged
from pricing_service.intake import Batch
from pricing_service.prior_examples import EXAMPLES as PRIORS
from pricing_service.records import read
from pricing_service.security import customer_token
from pricing_service.service import Service
from pricing_service.settings import Settings
from tests.service import firmware_signers
from tests.service.experiments import given
from tests.service.people import PASSWORD, person
from tests.service.places import BASKET, CARD, Answer, Client, Pen, listening, prepared
from tests.service.test_description import DESCRIPTION

NOT_KEPT = {"untried-policy", "post-prior-preview", "decide"}  # they compute, and change nothing
OWN = {"sign-out", "sign-out-everywhere"}  # the end of the session that would ask for more
RULE = {"label": "A tenth", "kind": "percent", "rate": 1000}


class Call(NamedTuple):
    operation: str
    method: str
    path: str
    body: Any = None
    version: int | None = None
    about: str = ""
    action: str = ""


def calls(token: str, customer: str) -> list[Call]:
    """A call of every operation that changes something, and of every look at a customer, each in its turn."""
    experiment = given("e1")
    return [
        Call("create-discount", "POST", "/v1/discounts", {"id": "tenth", **RULE}, None, "name=tenth"),
        Call("replace-discount", "PUT", "/v1/discounts/tenth", RULE, 1, "name=tenth"),
        Call("retire-discount", "DELETE", "/v1/discounts/tenth", None, 2, "name=tenth"),
        Call("create-policy", "POST", "/v1/policies", {"id": "north", "most_climbs": 1}, None, "name=north"),
        Call("replace-policy", "PUT", "/v1/policies/north", {"most_climbs": 2}, 1, "name=north"),
        Call("retire-policy", "DELETE", "/v1/policies/north", None, 2, "name=north"),
        Call("create-experiment", "POST", "/v1/experiments", experiment, None, "name=e1"),
        Call("replace-experiment", "PUT", "/v1/experiments/e1", given("e1", note="b"), 1, "name=e1"),
        Call("start-experiment", "POST", "/v1/experiments/e1/start", None, None, "name=e1"),
        Call("stop-experiment", "POST", "/v1/experiments/e1/stop", None, None, "name=e1"),
        Call("create-experiment", "POST", "/v1/experiments", holdout(), None, "name=h1"),
        Call("start-experiment", "POST", "/v1/experiments/h1/start", None, None, "name=h1"),
        Call("ramp-experiment", "POST", "/v1/experiments/h1/ramp", {"share": 600}, None, "name=h1"),
        Call("book-turnover", "PUT", "/v1/turnover/sample", {"days": {"2026-11-01": 7}}, None, "store=sample"),
        Call("create-prior", "POST", "/v1/priors", {**PRIORS["words"], "id": "p1"}, None, "prior_id=p1"),
        Call("publish-prior", "POST", "/v1/priors/p1/publish", None, 1, "prior_id=p1"),
        Call("ask-fit", "POST", "/v1/fits", {"id": "f1"}, None, "fit_id=f1"),
        Call("cancel-fit", "POST", "/v1/fits/f1/cancel", None, None, "fit_id=f1"),
        Call("publish-fit", "POST", "/v1/fits/night/publish", None, None, "fit_id=night"),
        Call("rollback-release", "POST", "/v1/releases/0/rollback", None, None, "number=0"),
        Call("name-segment-owner", "PUT", "/v1/segments/not-known-yet/owner", {"owner": "Ada"}, 0,
             "name=not-known-yet"),
        Call("make-code", "POST", "/v1/enrolments", {"device": "till-9", "store": "sample"}, None,
             "device=till-9"),
        Call("revoke-device", "POST", "/v1/devices/till-2/revoke", None, None, "name=till-2"),
        Call("publish-firmware", "POST", "/v1/firmware/releases", firmware_signers.one_release(), None,
             "name=1.targets.json"),
        Call("approve-rollout", "POST", "/v1/rollouts/r0/approve", None, None, "name=r0"),
        Call("pause-rollout", "POST", "/v1/rollouts/r0/pause", None, None, "name=r0"),
        Call("resume-rollout", "POST", "/v1/rollouts/r0/resume", None, None, "name=r0"),
        Call("stop-rollout", "POST", "/v1/rollouts/r0/stop", {"note": "Dark screens."}, None, "name=r0"),
        Call("create-rollout", "POST", "/v1/rollouts", {"id": "r1", "release": "rung-host-7.romfs"}, None,
             "name=r1"),
        Call("add-person", "POST", "/v1/people", {"name": "bob", "role": "it", "password": PASSWORD + "!"}, None,
             "bob", "person-added"),
        Call("change-person", "PATCH", "/v1/people/bob", {"role": "auditor"}, None, "bob", "person-changed"),
        Call("distrust", "POST", "/v1/trust/cashier/c7/distrust", {"store": "sample", "note": "?"}, None,
             "kind=cashier name=c7"),
        Call("clear-trust", "POST", "/v1/trust/cashier/c7/clear", {"store": "sample", "note": "!"}, None,
             "kind=cashier name=c7"),
        Call("tell-customer", "PUT", f"/v1/customers/{token}", {"tier": "gold"}, None, customer),
        Call("read-customer", "GET", f"/v1/customers/{token}", None, None, customer),
        Call("explain-customer", "GET", f"/v1/customers/{token}/explanation", None, None, customer),
        Call("export-customer", "GET", f"/v1/customers/{token}/export", None, None, customer),
        Call("explain-plan", "POST", "/v1/explanations", BASKET, None, customer),
        Call("record-consent", "PUT", f"/v1/customers/{token}/consent",
             {"profiling": True, "text_version": "1"}, None, customer),
        Call("read-consent", "GET", f"/v1/customers/{token}/consent", None, None, customer),
        Call("erase-customer", "DELETE", f"/v1/customers/{token}", None, None, customer),
        Call("choose-password", "PUT", "/v1/people/me/password", {"old": PASSWORD, "new": PASSWORD + "?"}, None,
             "ann", "password-changed"),
    ]  # fmt: skip


def holdout() -> dict[str, Any]:
    body = given("h1")
    return {
        **body,
        "arms": [{"name": "usual", "share": 500, "holdout": True, "policy": {"plan": "best_first"}}],
    }


def a_fit_that_passed(database: Database) -> None:
    with database.writing() as connection:
        fit_store.queue(connection, Asked("night", 1, "", "me", None, "{}", False))
        fit_store.start_next(connection, "w")
        fit_store.end(
            connection, "night", Ended("passed", {}, {"checks": []}, release.as_json(release.HAND_MADE))
        )


def a_rollout_that_waits(database: Database) -> None:
    """Of a release for a till that has reported."""
    release = Release("rung-host-7.romfs", "host", 7, "0" * 64, 1000, [1], None, None)
    report = fleet_reports.read({"hardware": "host", "version": 6, "confirmed": 6})
    with database.writing() as connection:
        fleet_reports.keep(connection, "till-1", report, 1_795_000_000, Judged(1, 0, 0, 0))
        asked_for = rollout_body.read({"id": "r0", "release": release.name})
        rollout_deeds.create(connection, asked_for, release, "bob", 1_795_000_000)


def asked(client: Client, call: Call) -> Answer:
    match = {} if call.version is None else {"if_match": f'"{call.version}"'}
    return client.ask(call.method, call.path, call.body, **match, **client.admin)


def entries(database: Database) -> list[audit_store.Entry]:
    with database.reading() as connection:
        return audit_store.page(connection, audit_store.Wanted(), 1 << 40, 10_000)[::-1]


@pytest.fixture
def token(settings: Settings) -> str:
    return customer_token(settings.tenant_key, CARD)


def test_every_operation_of_a_person_leaves_one_entry_and_what_is_refused_none(
    settings: Settings, database: Database, token: str
) -> None:
    a_fit_that_passed(database)
    firmware_signers.trusted(settings)
    a_rollout_that_waits(database)
    with listening(settings) as port:
        client = person(settings, port, "admin", "ann")
        pen = Pen(settings)
        assert pen.send(Client(port), [pen.write(), pen.write()]).status == 200
        before = len(entries(database))
        for call in calls(token, audit_store.customer(settings.audit_key, token)):
            answer = asked(client, call)
            assert answer.status < 300, (call, answer.body)
            made = [one for one in entries(database)[before:] if one.actor == "ann"]
            assert [(one.action, one.subject) for one in made] == [
                (call.action or call.operation, call.about)
            ], call
            assert call.action or answer.headers["x-request-id"] in made[0].detail
            before = len(entries(database))
            assert client.ask("PUT", "/v1/discounts/tenth", {}, if_match='"1"', **client.admin).status >= 400
            assert len(entries(database)) == before


def test_no_operation_was_left_out(settings: Settings, token: str) -> None:
    changing = {
        told["operationId"]
        for methods in DESCRIPTION["paths"].values()
        for method, told in methods.items()
        if method != "get" and any("person" in either for either in told["security"])
    }
    looking = {
        told["operationId"]
        for path, methods in DESCRIPTION["paths"].items()
        for method, told in methods.items()
        if method == "get" and "{token}" in path
    }
    tried = {call.operation for call in calls(token, "")}
    assert (changing | looking) - NOT_KEPT - OWN == tried


def test_nothing_in_the_trail_leads_to_a_customer(client: Client, settings: Settings, token: str) -> None:
    assert client.ask("PUT", f"/v1/customers/{token}", {"tier": "gold"}).status == 200
    with Database(settings.database).reading() as connection:
        told = json.dumps([list(row) for row in connection.execute(text("SELECT * FROM audit"))])
    assert token not in told and token[:16] not in told and CARD not in told
    found = client.ask("GET", f"/v1/audit?customer={token}").json["items"]
    assert [one["action"] for one in found] == ["tell-customer"]


def test_the_trail_is_read_by_who_what_and_when_page_by_page(client: Client) -> None:
    for number in range(5):
        assert client.ask("POST", "/v1/discounts", {"id": f"d{number}", **RULE}).status == 201
    first = client.ask("GET", "/v1/audit?action=create-discount&limit=3").json
    rest = client.ask("GET", f"/v1/audit?action=create-discount&limit=3&before={first['next']}").json
    positions = [one["position"] for one in first["items"] + rest["items"]]
    assert len(positions) == 5 and positions == sorted(positions, reverse=True) and rest["next"] is None
    assert client.ask("GET", "/v1/audit?actor=nobody").json == {"items": [], "next": None}
    assert client.ask("GET", "/v1/audit?until=2020-01-01").json["items"] == []
    assert len(client.ask("GET", f"/v1/audit?from={date.today()}&actor=admin").json["items"]) == 5
    for wrong in ("who=ann", "from=1", "limit=0", "customer=ann", "before=0"):
        assert client.ask("GET", f"/v1/audit?{wrong}").status in (400, 422), wrong


def test_the_page_tells_sessions_apart_and_shows_no_id_of_one(
    settings: Settings, client: Client, database: Database
) -> None:
    person(settings, client.port, "auditor", "iris")
    subject = entries(database)[-1].subject
    page = client.ask("GET", "/audit?actor=iris").body.decode()
    assert subject.startswith("session=") and subject[8:] not in page
    assert f"a session, …{subject[-4:]}" in page


def test_the_page_shows_the_trail_and_verifies_it(client: Client) -> None:
    client.ask("POST", "/v1/discounts", {"id": "d<b>", **RULE})
    client.ask("POST", "/v1/discounts", {"id": "d1", **RULE})
    page = client.ask("GET", "/audit?verify=true&actor=admin&from=&until=")
    assert page.status == 200 and b"create-discount" in page.body and b"Whole: " in page.body
    assert b"<script" not in page.body
    assert b"Not these days" in client.ask("GET", "/audit?from=tomorrow").body


def test_a_running_service_is_whole_and_says_where_it_is_not(
    client: Client, settings: Settings, database: Database, pen: Pen
) -> None:
    pen.send(client, [pen.write(), pen.write()])
    told = client.ask("GET", "/v1/audit/verification").json
    assert told["whole"] and told["records"] == 2 and told["notes"] == [], told
    with database.writing() as connection:
        connection.execute(text("UPDATE events SET day = day + 1 WHERE position = 2"))
    told = client.ask("GET", "/v1/audit/verification").json
    assert not told["whole"] and told["says"].startswith(
        "Not whole: record 2 of the log is not what was taken"
    )
    assert {(one["where"], one["position"]) for one in told["findings"]} == {("log", 2)}


def test_entries_are_never_changed_by_mistake(client: Client, database: Database) -> None:
    client.ask("POST", "/v1/discounts", {"id": "d1", **RULE})
    for statement in ("UPDATE audit SET actor = 'eve'", "DELETE FROM audit"):
        with pytest.raises(DatabaseError, match="only ever appended to"), database.writing() as connection:
            connection.execute(text(statement))


def test_a_till_is_a_witness_of_the_trail(client: Client, database: Database, pen: Pen) -> None:
    """What a snapshot carries proves the head, after the anchors and the database were set back together."""
    client.ask("POST", "/v1/discounts", {"id": "d1", **RULE})
    body = pen.fetch(client).body
    head = json.loads(body[36 : 36 + int.from_bytes(body[8:12], "little")])["audit_head"]
    with database.reading() as connection:
        assert audit_verifying.witnessed(connection, head)
        position, _, kept = head.partition(":")
        assert not audit_verifying.witnessed(connection, f"{position}:{kept[::-1]}")
        assert not audit_verifying.witnessed(connection, f"99999:{kept}")
        with pytest.raises(ValueError, match="POSITION:HASH"):
            audit_verifying.witnessed(connection, "12")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Settings]:
    yield prepared(tmp_path / "alone")


def verdict(settings: Settings) -> audit_findings.Verdict:
    database = Database(settings.database)
    with database.reading() as connection:
        found = audit_verifying.verify(connection, settings.audit_anchors, settings.audit_key)
    database.close()
    return found


def taken(service: Service, pen: Pen, count: int) -> None:
    lines = [read(pen.write(), pen.device, pen.epoch) for _ in range(count)]
    service.write(event_store.accept(Batch(pen.device, pen.epoch, lines)))


def test_a_killed_service_is_whole_again_once_it_was_started(alone: Settings) -> None:
    service, pen = Service(alone), Pen(alone)
    taken(service, pen, 3)
    service.writer.close()  # killed: nothing is anchored, nothing is said
    killed = verdict(alone)
    assert [one.where for one in killed.findings] == ["anchors"]
    assert "if the service was killed, start it once" in killed.findings[0].says
    Service(alone).close()
    again = verdict(alone)
    assert again.whole and "3 records had no anchor" in again.notes[0]


def test_a_restore_is_told_and_is_no_damage(alone: Settings) -> None:
    service, pen = Service(alone), Pen(alone)
    taken(service, pen, 2)
    service.close()
    copy = alone.database.read_bytes()
    service = Service(alone)
    taken(service, pen, 4)
    service.note("ann", "replace-discount", "name=d1")
    service.close()
    alone.database.write_bytes(copy)
    assert not verdict(alone).whole
    provisioning.restored(alone)
    Service(alone).close()
    told = verdict(alone)
    assert told.whole, told.findings
    assert "2 entries and 4 records that an anchor had seen were not in it" in told.notes[0]


def test_what_a_power_cut_left_of_a_line_is_cut_off(alone: Settings) -> None:
    Service(alone).close()
    with alone.audit_anchors.open("ab") as file:
        file.write(b'{"at":17,"entry":[')
    assert not verdict(alone).whole
    Service(alone).close()
    assert verdict(alone).whole


def test_a_full_disk_under_the_anchors_stops_nothing(
    alone: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(alone)
    monkeypatch.setattr(
        audit_anchors.os, "open", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    service.note("ann", "replace-discount")
    monkeypatch.undo()
    service.close()
    assert verdict(alone).whole


def test_entries_of_many_threads_make_one_chain(alone: Settings) -> None:
    service = Service(alone)

    def work(name: str) -> None:
        for number in range(10):
            calling.set(Caller(name, "admin", frozenset(SCOPES), f"{name}-{number}", "replace-discount"))
            service.write(lambda connection: trust_store.read(connection))
            service.write(lambda connection: trust_store.read(connection))  # the same request: one entry

    threads = [threading.Thread(target=work, args=(f"p{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    service.close()
    told = verdict(alone)
    assert told.whole and told.entries == 40 + 3  # the sample shop, the start and the stop


def test_anchors_of_another_key_are_refused(alone: Settings) -> None:
    Service(alone).close()
    database = Database(alone.database)
    Anchors(alone.audit_anchors, b"another", database).keep("stop")
    database.close()
    assert "not signed with this service's audit_key" in verdict(alone).findings[0].says
