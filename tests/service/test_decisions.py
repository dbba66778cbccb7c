"""The service decides as a till would: the same code, the same snapshot, the same answer."""

import random
import time

from pos_client.core.snapshot import Snapshot
from pos_client.till import Till
from pricing_service.benching import baskets
from pricing_service.settings import Settings
from tests.fakes import HandClock
from tests.service.places import BASKET, CARD, Client, Pen


class NoJournal:
    """A till that only decides writes nothing."""

    next_sequence, sums, newest = 1, None, None

    def entries(self, _sequence: int, having: tuple = (), only: tuple = ()) -> list:
        return []


def till_with(settings: Settings, body: bytes) -> Till:
    snapshot = Snapshot(lambda offset, length: body[offset : offset + length], len(body))
    identity = {"device": "till-1", "epoch": 1, "store": "sample", "tenant_key": settings.tenant_key.hex()}
    clock = HandClock()
    clock.now = lambda: int(time.time())  # type: ignore[method-assign]
    return Till(identity, clock, NoJournal(), 1, snapshot)


def random_basket(chance: random.Random) -> dict:
    lines = [
        {
            "sku": str(number),
            "quantity": chance.randint(1, 5),
            "unit_price": chance.randint(1, 6000),
            "category": chance.choice(baskets.CATEGORIES),
            "brand": chance.choice(baskets.BRANDS),
        }
        for number in range(chance.randint(0, 12))
    ]
    body = {"currency": "EUR", "lines": lines, "customer": chance.choice([None, CARD, "c2", "c3"])}
    extras = {"coupons": ["HELLO"], "tier": "gold", "birthday": "11-21", "profile": False, "queue": 3}
    body.update(chance.sample(list(extras.items()), chance.randint(0, 3)))
    return body


def test_till_and_service_give_one_answer(client: Client, pen: Pen, settings: Settings) -> None:
    pen.send(client, [pen.write(("asked_more", "accepted")), pen.write(("accepted",), card="c2")])
    newest = pen.fetch(client)
    version = Snapshot(lambda o, n: newest.body[o : o + n], len(newest.body)).version
    until = time.monotonic() + 120
    while client.ask("POST", "/v1/decisions", BASKET).json["snapshot"] != version:
        assert time.monotonic() < until
        time.sleep(0.02)
    till, chance = till_with(settings, newest.body), random.Random(7)
    for number in range(200):
        body = random_basket(chance)
        asked = client.ask("POST", "/v1/decisions", {**body, "checkout_id": f"n{number}"})
        assert asked.status == 200, asked.body
        assert asked.json == till.put(f"n{number}", body)


def test_without_an_id_the_same_basket_has_the_same_answer(client: Client) -> None:
    first, again = (client.ask("POST", "/v1/decisions", BASKET) for _ in range(2))
    assert first.body == again.body
    assert len(first.json["checkout_id"]) == 32


def test_the_words_are_in_the_callers_language(client: Client) -> None:
    offer = client.ask("POST", "/v1/decisions", BASKET, Accept_Language="fr-FR").json["offer"]
    assert "soit" in offer["say"]


def test_what_the_point_of_sale_computed_is_taken(client: Client) -> None:
    stated = [{"id": "bday", "kind": "birthday", "label": "Birthday 5%", "amount": 130}]
    told = client.ask("POST", "/v1/decisions", {**BASKET, "discounts": stated}).json
    assert [(rung["discounts"], rung["amount"], rung["depth"]) for rung in told["ladder"]] == [
        (["bday"], 130, 500)
    ]
