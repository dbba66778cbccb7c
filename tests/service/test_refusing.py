"""Refusing to be profiled costs nothing: the same discounts stay in reach, counted where they are limited."""

import datetime

from pos_client.core import event
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import BASKET, CARD, Client, Pen
from tests.service.test_disclosures import law_of, till_of
from tests.service.test_privacy import is_replay, rows, sell

NEWCOMER = "2400000099999"
REFUSES = {"profiling": False, "text_version": "2026-11"}
TODAY = datetime.datetime.fromtimestamp(1_795_000_000, datetime.UTC).strftime(
    "%m-%d"
)  # by the clock of the tests' tills


def facts_of(client: Client, settings: Settings, card: str = CARD) -> str:
    token = customer_token(settings.tenant_key, card)
    told = {"tier": "gold", "birthday": TODAY}
    assert client.ask("PUT", f"/v1/customers/{token}", told).status == 200
    return token


def test_the_same_ladder_and_announced_discounts_as_before_and_the_population_s_plan(
    client: Client, pen: Pen, settings: Settings
) -> None:
    token = facts_of(client, settings)
    facts_of(client, settings, NEWCOMER)
    sell(pen, client, CARD, reactions=("asked_more", "asked_more"), outcome="lost")
    before = till_of(client, pen, "en")[0].put("one", BASKET)
    assert client.ask("PUT", f"/v1/customers/{token}/consent", REFUSES).status == 200
    till, _ = till_of(client, pen, "en")
    after, newcomer = till.put("one", BASKET), till.put("two", {**BASKET, "customer": NEWCOMER})
    assert any("birthday" in rung["discounts"] for rung in before["ladder"])
    assert (after["ladder"], after["automatic"]) == (before["ladder"], before["automatic"])
    assert after["plan"] == newcomer["plan"]
    assert after["offer"]["rung"] == 0  # the smallest first
    service = client.ask("POST", "/v1/decisions", {**BASKET, "checkout_id": "one"}).json
    assert service["ladder"] == after["ladder"]


def test_a_record_names_who_refuses_only_where_a_limited_discount_was_given(
    client: Client, pen: Pen, settings: Settings, database
) -> None:
    law_of(client, jurisdiction="us-ny")
    token = facts_of(client, settings)
    assert client.ask("PUT", f"/v1/customers/{token}/consent", REFUSES).status == 200
    till, journal = till_of(client, pen, "en")
    first = till.put("one", BASKET)
    assert first["offer"]["disclosure"] is None  # nothing about them went into this price
    till.react("one", {"rung": first["offer"]["rung"], "reaction": "accepted"})
    till.close("one", {"outcome": "sold"})
    place = next(n for n, rung in enumerate(first["ladder"]) if "birthday" in rung["discounts"])
    second = till.put("two", BASKET)
    rung = second["offer"]["rung"]
    while rung < place and till.react("two", {"rung": rung, "reaction": "asked_more"})["offer"]:
        rung = till.show("two")["offer"]["rung"]
    till.react("two", {"rung": rung, "reaction": "accepted"})
    till.close("two", {"outcome": "sold"})
    records = [event.opened(line) for _, line in journal.since(0)]
    limited = ["birthday" in str(one["discount"]) for one in records]
    assert [one["customer"] for one in records] == [None, None]
    assert [one.get("redeemer") for one in records] == [
        token if is_limited else None for is_limited in limited
    ]
    assert limited[1]
    third = till.put("three", BASKET)["ladder"]
    assert not any("birthday" in rung["discounts"] for rung in third)  # once a year, counted at this till

    pen.sequence = 2
    assert pen.send(client, [line for _, line in journal.since(0)]).json["acknowledged"] == 2
    used = rows(settings, "SELECT discount, uses FROM usage WHERE customer = ?", token)
    assert ("birthday", 1) in used
    assert rows(settings, "SELECT 1 FROM beliefs WHERE customer = ?", token) == []
    assert is_replay(database)
    elsewhere = till_of(client, pen, "en")[0].put("four", BASKET)["ladder"]
    assert not any("birthday" in rung["discounts"] for rung in elsewhere)  # and at every other
    export = client.ask("GET", f"/v1/customers/{token}/export").json
    assert [one["checkout_id"] for one in export["records"]] == ["two"]
    assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
    assert rows(settings, "SELECT kind FROM events WHERE sequence = 2") == [("erased",)]
