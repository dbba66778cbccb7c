"""What is believed of a customer, in figures an analyst can read, and the two facts that may be told."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from pos_client.core.snapshot import Snapshot
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import BASKET, CARD, Client, Pen


@pytest.fixture
def path(settings: Settings) -> str:
    return "/v1/customers/" + customer_token(settings.tenant_key, CARD)


def test_nobody_knows_a_customer_who_never_came(client: Client, path: str) -> None:
    assert client.ask("GET", path).status == 404


def test_a_customer_who_takes_the_smallest_offer_needs_less(client: Client, pen: Pen, path: str) -> None:
    pen.send(client, [pen.write(("asked_more", "left"), "lost", card="another")])
    pen.send(client, [pen.write(("accepted",)) for _ in range(4)])
    other = "/v1/customers/" + customer_token(pen.settings.tenant_key, "another")
    easy, hard = client.ask("GET", path).json, client.ask("GET", other).json
    assert easy["visits"] == 4 and hard["visits"] == 0
    for known in (easy, hard):
        assert sum(known["belief"]["weights"]) == known["belief"]["total"] == 65536
        assert abs(sum(known["types"].values()) - 10_000) <= 2
        chances = [point["chance"] for point in known["acceptance"]]
        assert chances == sorted(chances), "a deeper offer is taken at least as often"
    assert easy["types"]["indifferent"] > hard["types"]["indifferent"]
    assert all(
        soft["chance"] > stiff["chance"]
        for soft, stiff in zip(easy["acceptance"][:10], hard["acceptance"][:10], strict=True)
    )


def test_hunters_show_in_the_chance_at_the_top_alone(client: Client, pen: Pen, path: str) -> None:
    pen.send(client, [pen.write(("asked_more", "accepted")) for _ in range(6)])
    known = client.ask("GET", path).json
    for point in known["acceptance"]:
        beyond = point["at_the_top"] - point["chance"]
        assert beyond == pytest.approx(known["types"]["hunter"] * 0.98, abs=60), point


def test_the_last_visit_is_a_day(client: Client, pen: Pen, path: str) -> None:
    pen.send(client, [pen.write()])
    day = date.fromisoformat(client.ask("GET", path).json["last_visit"])
    assert abs(day - datetime.now(UTC).date()) <= timedelta(days=1)


@pytest.mark.parametrize("birthday", ["11-31", "1980-02-29", "21.11.", 5])
def test_a_birthday_of_another_form_is_told_the_form(client: Client, path: str, birthday: object) -> None:
    body = json.dumps({"birthday": birthday}).encode()
    refused = client.ask("PUT", path, body, content_type="text/plain", **client.admin)
    assert refused.status == 400
    assert refused.json["detail"] == "birthday must be month and day such as 11-21"


def test_a_token_of_another_form_is_told_the_form(client: Client) -> None:
    refused = client.ask("GET", "/v1/customers/2400000012345")
    assert refused.json["detail"] == "path.token: must be 64 of the characters 0 to 9 and a to f"


def test_facts_reach_the_till_and_the_services_own_decisions(client: Client, pen: Pen, path: str) -> None:
    told = client.ask("PUT", path, {"tier": "gold", "birthday": "02-29"}, **client.admin)
    assert (told.status, told.json["facts"]) == (200, {"tier": "gold", "birthday": "02-29"})
    body = pen.fetch(client).body
    known = Snapshot(lambda offset, length: body[offset : offset + length], len(body)).customer(path[-64:])
    assert known is not None and known[2] == {"tier": "gold", "birthday": "02-29"}


@pytest.mark.parametrize(
    "facts",
    [
        {"age": 44},
        {"tier": "gold", "postcode": "1010"},
        {"birthday": "1980-02-29"},
        {"birthday": "02-30"},
        {"tier": ""},
        {"tier": 5},
        {"tier": "a\u0007b"},
    ],
)
def test_only_tier_and_birthday_can_be_told(client: Client, path: str, facts: dict) -> None:
    answer = client.ask("PUT", path, facts, **client.admin)
    assert answer.status in (400, 422), answer.body
    assert client.ask("GET", path).status == 404


def test_telling_needs_a_token(client: Client, path: str) -> None:
    assert client.ask("PUT", path, {"tier": "gold"}, authorization="").status == 401


def test_an_unknown_customer_with_facts_is_like_everybody(client: Client, path: str) -> None:
    client.ask("PUT", path, {"tier": "silver"}, **client.admin)
    known = client.ask("GET", path).json
    assert known["last_visit"] is None and known["visits"] == 0
    assert client.ask("POST", "/v1/decisions", BASKET).status == 200
