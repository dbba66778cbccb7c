"""What a till decides from: signed, versioned, the same bytes for the same knowledge."""

import threading
import time

import pytest
from sqlalchemy import text

from pos_client.core import signature
from pos_client.core.belief import ONE
from pos_client.core.calendar import period_key
from pos_client.core.record import Damaged
from pos_client.core.snapshot import Snapshot, may_replace, verify
from pricing_service import fleet, provisioning
from pricing_service.database import Database
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import BASKET, CARD, Answer, Client, Pen, listening


def opened(body: bytes) -> Snapshot:
    return Snapshot(lambda offset, length: body[offset : offset + length], len(body))


def name_of(answer: Answer) -> str:
    """What a till calls the snapshot it was given."""
    meta = opened(answer.body).meta
    return f"{meta['history'][:8]}-{meta['version']}"


def check(body: bytes, key: bytes) -> None:
    verify(lambda offset, length: body[offset : offset + length], len(body), key)


def test_a_snapshot_carries_rules_policy_and_model_under_the_tills_own_key(client: Client, pen: Pen) -> None:
    answer = pen.fetch(client)
    check(answer.body, pen.key)
    with pytest.raises(Damaged):
        check(answer.body, bytes(32))
    meta = opened(answer.body).meta
    assert (meta["format"], meta["store"], meta["version"]) == (1, "sample", 1)
    assert {rule["id"] for rule in meta["discounts"]} >= {"lumi", "birthday", "goodwill"}
    assert meta["policy"]["plan"] == "smallest_first"
    assert sum(meta["model"]["population"]) == ONE
    assert meta["through"] == {"till-1/1": 0, "till-2/1": 0}


def test_what_a_visit_taught_arrives_with_the_next_snapshot(
    client: Client, pen: Pen, settings: Settings
) -> None:
    first = pen.fetch(client)
    pen.send(client, [pen.write(("asked_more", "accepted")), pen.write(("accepted",))])
    second = pen.fetch(client, "?has=" + name_of(first))
    assert second.status == 200
    old, new = opened(first.body), opened(second.body)
    may_replace(new.meta, old.meta)
    assert old.customer(customer_token(settings.tenant_key, CARD)) is None
    known = new.customer(customer_token(settings.tenant_key, CARD))
    assert known is not None
    weights, day, facts = known
    assert sum(weights) == ONE and weights != new.meta["model"]["population"]
    assert day > 20_000 and facts["visits"] == 2
    assert new.meta["through"]["till-1/1"] == 2


def test_a_snapshot_the_till_has_is_not_sent_again(client: Client, pen: Pen) -> None:
    has = "?has=" + name_of(pen.fetch(client))
    again = pen.fetch(client, has)
    assert (again.status, again.body) == (204, b"")


def test_a_till_that_reads_the_compact_layout_is_given_it_and_others_are_not(
    client: Client, pen: Pen, settings: Settings
) -> None:
    pen.send(client, [pen.write(("asked_more", "accepted")), pen.write(("accepted",))])
    token = customer_token(settings.tenant_key, CARD)
    before, same, small, later = (
        pen.fetch(client, reads) for reads in ("", "?reads=2", "?reads=3", "?reads=4")
    )
    assert before.body == same.body and small.body == later.body != same.body
    for one in (same, small):
        check(one.body, pen.key)
    assert (same.body[:8], small.body[:8]) == (b"RUNGSNP1", b"RUNGSNP3")
    assert opened(same.body).meta == opened(small.body).meta
    assert opened(same.body).customer(token) == opened(small.body).customer(token) is not None
    assert pen.fetch(client, "?has=" + name_of(small)).status == 204
    for odd in ("?reads=0", "?reads=x", "?reads=-2"):
        assert pen.fetch(client, odd).status == 422


def test_a_compact_snapshot_is_as_new_as_the_other_one(client: Client, pen: Pen, settings: Settings) -> None:
    first = pen.fetch(client, "?reads=3")
    pen.send(client, [pen.write(("asked_more", "accepted"))])
    second = pen.fetch(client, "?reads=3&has=" + name_of(first))
    assert opened(second.body).version == opened(first.body).version + 1
    assert opened(second.body).customer(customer_token(settings.tenant_key, CARD)) is not None


def test_only_what_a_till_signed_tells_what_it_has(client: Client, pen: Pen) -> None:
    name = name_of(pen.fetch(client))
    headers = {"If_None_Match": f'"{name}"'}
    assert [pen.fetch(client, has, **headers).status for has in ("", "?has=", "?has=0-1")] == [200, 200, 200]
    path = "/v1/snapshots/latest"
    signed = pen.signed("GET", path + "?has=", b"")
    assert client.ask("GET", f"{path}?has={name}", **signed).status == 401
    assert client.ask("GET", path + "?has=", **signed).status == 200


def test_that_there_is_nothing_newer_is_signed_for_the_one_who_asked(client: Client, pen: Pen) -> None:
    path = "/v1/snapshots/latest?has=" + name_of(pen.fetch(client))
    one, two = (pen.signed("GET", path, b"") for _ in range(2))
    told = client.ask("GET", path, **one)
    assert told.status == 204
    assert signature.is_answer(pen.key, 204, told.headers, b"", one["Signature"])
    assert not signature.is_answer(pen.key, 204, told.headers, b"", two["Signature"])


def test_asking_again_makes_no_new_version_and_neither_does_sending_again(client: Client, pen: Pen) -> None:
    line = pen.write()
    pen.send(client, [line])
    name = name_of(pen.fetch(client))
    pen.send(client, [line])
    assert name_of(pen.fetch(client)) == name


def test_a_restarted_service_publishes_the_same_bytes(settings: Settings, pen: Pen) -> None:
    bodies = []
    for _ in range(2):
        with listening(settings) as port:
            client = Client(port)
            if not bodies:
                pen.send(client, [pen.write()])
            bodies.append(pen.fetch(client).body)
            client.close()
    assert bodies[0] == bodies[1]


def test_versions_only_grow(client: Client, pen: Pen, database: Database) -> None:
    versions = []
    for _ in range(4):
        pen.send(client, [pen.write()])
        versions.append(opened(pen.fetch(client).body).version)
    assert versions == sorted(set(versions))


def test_two_tills_of_a_store_get_the_same_snapshot_each_under_its_key(
    client: Client, settings: Settings
) -> None:
    one, two = Pen(settings, "till-1"), Pen(settings, "till-2")
    first, second = one.fetch(client), two.fetch(client)
    assert first.body[:-32] == second.body[:-32]
    check(second.body, two.key)
    with pytest.raises(Damaged):
        check(first.body, two.key)


def test_a_discounts_use_and_a_spent_budget_are_told_for_their_period(
    client: Client, pen: Pen, settings: Settings, database: Database
) -> None:
    lines = [{**BASKET["lines"][0], "unit_price": 5000}]
    more = {"lines": lines, "coupons": ["HELLO"]}
    reactions = ("asked_more", "accepted")
    pen.send(client, [pen.write(reactions, **more), pen.write(reactions, **more)])
    with database.reading() as connection:
        day = connection.execute(text("SELECT day FROM events")).scalars().first()
        rows = connection.execute(text("SELECT discount, uses, amount FROM usage")).all()
    assert day is not None
    snapshot = opened(pen.fetch(client).body)
    known = snapshot.customer(customer_token(settings.tenant_key, CARD))
    assert known is not None
    usage, stored = known[2].get("usage", {}), {row.discount: row for row in rows}
    limits = {
        rule["id"]: rule["per_customer"] for rule in snapshot.meta["discounts"] if "per_customer" in rule
    }
    for name, (key, uses, amount) in usage.items():
        assert key == period_key(limits[name]["period"], day)
        assert (uses, amount) == (stored[name].uses, stored[name].amount)
    assert set(usage) == set(stored) & set(limits)
    assert "ten-off" not in stored or snapshot.meta["budgets"]["ten-off"][1] == stored["ten-off"].amount


def test_a_budget_counts_what_all_customers_were_given(client: Client, pen: Pen) -> None:
    lines = [{**BASKET["lines"][0], "brand": "None", "unit_price": 5000}]
    anonymous = {"card": None, "lines": lines}
    top = ("asked_more",) * 2 + ("accepted",)  # 3 %, 5 % from 40, 10 euros off from 80
    pen.send(client, [pen.write(top, **anonymous), pen.write(top, **anonymous)])
    budgets = opened(pen.fetch(client).body).meta["budgets"]
    assert budgets["ten-off"][1] == 2 * 1000


def test_a_store_may_have_a_policy_of_its_own(client: Client, pen: Pen) -> None:
    created = client.ask("POST", "/v1/policies", {"id": "sample", "plan": "best_first"}, **client.admin)
    assert created.status == 201, created.body
    assert opened(pen.fetch(client).body).meta["policy"] == {"plan": "best_first"}


def shown(client: Client, device: str) -> dict:
    """What /v1/devices says of one till."""
    return next(till for till in client.ask("GET", "/v1/devices").json["items"] if till["device"] == device)


def test_it_is_shown_which_snapshot_a_till_has(client: Client, pen: Pen) -> None:
    assert shown(client, "till-1")["snapshot"] is None
    version, has = opened(pen.fetch(client).body).version, "?has=" + name_of(pen.fetch(client))
    told = shown(client, "till-1")
    assert told["snapshot"] == version and told["fetched"] == told["last_seen"] is not None
    pen.fetch(client, has)
    assert shown(client, "till-1") == told
    assert shown(client, "till-2")["snapshot"] is None


def test_the_answer_to_a_write_says_from_which_revision_on_tills_have_it(client: Client, pen: Pen) -> None:
    pen.fetch(client)
    rule = {"id": "spring", "label": "Spring 4 %", "kind": "percent", "rate": 400}
    written = client.ask("POST", "/v1/discounts", rule, **client.admin).json
    assert shown(client, "till-1")["revision"] < written["revision"]
    pen.fetch(client)
    assert shown(client, "till-1")["revision"] >= written["revision"]
    retired = client.ask("DELETE", "/v1/discounts/spring", **client.admin, If_Match='"1"').json
    assert retired["revision"] > written["revision"]


def test_a_build_that_had_to_wait_keeps_no_later_rule_from_the_tills(
    client: Client, pen: Pen, database: Database
) -> None:
    pen.fetch(client)
    with database.writing() as connection:
        fleet.enrol(connection, "till-9", "sample")
    with database.writing():  # a busy machine: nobody else's commit gets through
        fetching = threading.Thread(target=pen.fetch, args=(client,))
        fetching.start()
        time.sleep(0.6)
    fetching.join()
    rule = {"id": "spring", "label": "Spring 4 %", "kind": "percent", "rate": 400}
    assert client.ask("POST", "/v1/discounts", rule, **client.admin).status == 201
    assert rule in opened(pen.fetch(client).body).meta["discounts"]


def test_a_stranger_gets_no_snapshot(client: Client, settings: Settings) -> None:
    stranger = Pen(settings)
    stranger.key = b"a key of one's own making, 32 b."
    assert stranger.fetch(client).status == 401
    assert client.ask("GET", "/v1/snapshots/latest").status == 401


def test_a_service_that_was_set_back_says_so_and_tills_take_its_snapshot(
    settings: Settings, pen: Pen
) -> None:
    with listening(settings) as port:
        client = Client(port)
        before = opened(pen.fetch(client).body).meta
        client.close()
    provisioning.restored(settings)
    with listening(settings) as port:
        client = Client(port)
        after = opened(pen.fetch(client).body).meta
        assert pen.send(client, [pen.write()]).json["history"] == after["history"]
        client.close()
    assert after["history"] != before["history"]
    may_replace(after, {**before, "version": before["version"] + 50})
