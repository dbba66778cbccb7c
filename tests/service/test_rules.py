"""Discounts and policies: nothing a till could not read is ever stored."""

import json
import time

import pytest
from sqlalchemy import text

from pos_client.core.snapshot import Snapshot
from pricing_service.database import Database
from tests.service.places import BASKET, Client, Pen

RULE = {"id": "spring", "label": "Spring 4 %", "kind": "percent", "rate": 400}


def create(client: Client, rule: dict | None = None):
    return client.ask("POST", "/v1/discounts", rule or RULE, **client.admin)


def test_a_new_discount_is_decided_by_at_once(client: Client, pen: Pen) -> None:
    created = create(client)
    assert (created.status, created.headers["etag"], created.json["rule"]) == (201, '"1"', RULE)
    body = pen.fetch(client).body
    meta = Snapshot(lambda offset, length: body[offset : offset + length], len(body)).meta
    assert RULE in meta["discounts"]


def test_a_discount_is_replaced_only_by_who_has_read_it(client: Client) -> None:
    create(client)
    better = {**RULE, "rate": 450}
    assert client.ask("PUT", "/v1/discounts/spring", better, **client.admin).status == 428
    stale = client.ask("PUT", "/v1/discounts/spring", better, **client.admin, If_Match='"7"')
    assert (stale.status, stale.json["code"]) == (412, "discount-changed")
    done = client.ask("PUT", "/v1/discounts/spring", better, **client.admin, If_Match='"1"')
    assert (done.status, done.headers["etag"], done.json["rule"]["rate"]) == (200, '"2"', 450)
    assert client.ask("PUT", "/v1/discounts/spring", RULE, **client.admin, If_Match='"1"').status == 412


def test_a_retired_discount_leaves_the_snapshot_and_stays_readable(client: Client, pen: Pen) -> None:
    create(client)
    retired = client.ask("DELETE", "/v1/discounts/spring", **client.admin, If_Match='"1"')
    assert retired.status == 200 and retired.json["retired"] is not None
    body = pen.fetch(client).body
    meta = Snapshot(lambda offset, length: body[offset : offset + length], len(body)).meta
    assert RULE not in meta["discounts"]
    assert client.ask("GET", "/v1/discounts/spring").json["rule"] == RULE
    back = client.ask("PUT", "/v1/discounts/spring", RULE, **client.admin, If_Match=retired.headers["etag"])
    assert back.json["retired"] is None


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({**RULE, "rate": 4.5}, "not-a-rate"),
        ({**RULE, "rate": 0}, "not-a-rate"),
        ({**RULE, "rat": 4}, "unknown-field"),
        ({**RULE, "kind": "magic"}, "unknown-discount-kind"),
        ({**RULE, "id": "with space"}, "rule-id"),
        ({"label": "x"}, "rule-id"),
        ({"id": "g2", "kind": "goodwill", "label": "Another", "amount": 5}, "two-goodwill-rules"),
    ],
)
def test_a_discount_no_till_could_read_is_refused_and_not_stored(
    client: Client, rule: dict, code: str
) -> None:
    before = client.ask("GET", "/v1/discounts?limit=200").json
    refused = create(client, rule)
    assert (refused.status, refused.json["code"]) == (400, code)
    assert client.ask("GET", "/v1/discounts?limit=200").json == before


@pytest.mark.parametrize(
    ("rule", "begins"),
    [
        ({**RULE, "rate": 0}, "rate must be"),
        ({**RULE, "rat": 4}, "discount has no field rat"),
        ({**RULE, "budget": {"period": "day"}}, "budget needs the field amount"),
        ({**RULE, "kind": "magic"}, "kind must be one of amount, "),
    ],
)
def test_a_refusal_names_the_member_as_it_was_sent(client: Client, rule: dict, begins: str) -> None:
    refused = create(client, rule)
    assert refused.json["detail"].startswith(begins), refused.json["detail"]
    put = client.ask("PUT", "/v1/discounts/lumi", {**rule, "id": "lumi"}, **client.admin, If_Match='"1"')
    assert put.json["detail"].startswith(begins), put.json["detail"]


def test_a_policy_too_is_refused_by_its_members_name(client: Client) -> None:
    refused = client.ask("POST", "/v1/policies", {"id": "p", "price_floor": -1}, **client.admin)
    assert refused.json["detail"] == "price_floor must be from 0 to 10000"


def test_a_stored_rule_that_became_unreadable_is_named_by_its_id(client: Client, database: Database) -> None:
    create(client)
    with database.writing() as connection:
        broken = {"body": json.dumps({**RULE, "rate": 0})}
        connection.execute(text("UPDATE discounts SET body = :body WHERE id = 'spring'"), broken)
    refused = create(client, {**RULE, "id": "autumn"})
    assert refused.json["detail"].startswith("discount spring: rate must be"), refused.json["detail"]


@pytest.mark.parametrize("kind", [None, "application/x-www-form-urlencoded", "text/plain", "nonsense"])
def test_a_rule_is_read_whatever_type_its_body_was_announced_as(client: Client, kind: str | None) -> None:
    headers = {"content_type": kind} if kind else {}
    created = client.ask("POST", "/v1/discounts", json.dumps(RULE).encode(), **headers, **client.admin)
    assert created.status == 201, created.body
    policy = client.ask("POST", "/v1/policies", b'{"id": "p"}', **headers, **client.admin)
    assert policy.status == 201, policy.body


def test_a_taken_id_says_how_to_replace_what_has_it_or_bring_it_back(client: Client) -> None:
    create(client)
    assert 'PUT /v1/discounts/spring and If-Match: "1"' in create(client).json["detail"]
    client.ask("DELETE", "/v1/discounts/spring", **client.admin, If_Match='"1"')
    refused = create(client)
    assert (refused.status, refused.json["code"]) == (409, "discount-exists")
    assert "was retired at 20" in refused.json["detail"]
    assert 'to bring it back, send PUT /v1/discounts/spring and If-Match: "2"' in refused.json["detail"]


def test_not_a_number_is_refused(client: Client) -> None:
    for word in (b"NaN", b"Infinity", b"1e999"):
        raw = b'{"id":"x","label":"x","kind":"percent","rate":' + word + b"}"
        answer = client.ask("POST", "/v1/discounts", raw, content_type="application/json", **client.admin)
        assert answer.status in (400, 422), answer.body
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_id_is_given_once(client: Client) -> None:
    create(client)
    assert (create(client).status, create(client).json["code"]) == (409, "discount-exists")


def test_a_page_goes_on_where_the_one_before_ended(client: Client) -> None:
    whole = client.ask("GET", "/v1/discounts?limit=200").json["items"]
    seen, after = [], ""
    while after is not None:
        page = client.ask("GET", f"/v1/discounts?limit=4&after={after}").json
        seen, after = seen + page["items"], page["next"]
    assert seen == whole
    assert [rule["id"] for rule in seen] == sorted(rule["id"] for rule in seen)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_writing_needs_a_token(client: Client, method: str) -> None:
    path = "/v1/policies" if method == "POST" else "/v1/policies/default"
    for authorization in ("", "Bearer wrong", "Basic x"):
        answer = client.ask(method, path, {"id": "p"}, authorization=authorization, If_Match='"1"')
        assert (answer.status, answer.json["code"]) == (401, "token-needed")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_services_own_decisions_follow_a_new_rule(client: Client) -> None:
    create(client, {**RULE, "rate": 50})
    until = time.monotonic() + 120
    while client.ask("POST", "/v1/decisions", BASKET).json["offer"]["label"] != "Spring 4 %":
        assert time.monotonic() < until, "the new rule was never decided by"
        time.sleep(0.02)
