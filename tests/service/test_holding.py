"""Customers who hold out: found from what they did, told to tills in a sentence, the same however the log is read."""

import json
import time
from typing import Any

import pytest
from sqlalchemy import text

from models import holding_law, tables
from models.release import HAND_MADE
from pos_client.core import event, experiment, holding, policy
from pos_client.core.belief import Model
from pos_client.core.snapshot import MAC_BYTES, Snapshot
from pricing_service import holding_store, replaying, snapshot_store, standing
from pricing_service.database import Database
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import BASKET, CARD, Client, Pen, listening

DEPTHS = (200, 300, 500, 700, 1000, 1500, 2000, 2500)
HONEST = "2400000099999"
LAW = {"lost_sale": 0}


def record(pen: Pen, card: str, refused: tuple[int, ...], taken: int | None, outcome: str = "sold") -> bytes:
    """A sealed record of a ladder of eight rungs: these refused in order, then one taken, or none."""
    body = event.opened(pen.write(card=card))
    gross = body["gross"]
    offered = [*refused, *([taken] if taken is not None else [])]
    reactions = ["asked_more"] * len(refused) + ["accepted"] * (taken is not None)
    bought = taken if taken is not None else refused[-1]
    amounts = [(gross * depth + 5000) // 10000 for depth in DEPTHS]
    body["ladder"] = [
        {"discounts": [f"d{number}"], "amount": amount, "depth": depth}
        for number, (amount, depth) in enumerate(zip(amounts, DEPTHS, strict=True))
    ]
    body["plan"] = offered
    body["offers"] = [
        {"rung": rung, "reaction": reaction, "milliseconds": 900}
        for rung, reaction in zip(offered, reactions, strict=True)
    ]
    body["outcome"], body["state"] = outcome, "settled" if taken is not None else "top_reached"
    body["discount"] = None
    if outcome == "sold":
        share = {"sku": body["lines"][0]["sku"], "quantity": body["lines"][0]["quantity"]}
        parts = [{"id": f"d{bought}", "amount": amounts[bought]}]
        body["discount"] = {
            "amount": amounts[bought],
            "lines": [{**share, "share": amounts[bought]}],
            "parts": parts,
        }
    body.pop("hash", None)
    return event.seal(body)


def hold_out(pen: Pen, card: str = CARD) -> list[bytes]:
    """Who learned that climbs pay off, and from then on takes nothing below the largest rung."""
    learns = [record(pen, card, (), 0), record(pen, card, (0,), 1), record(pen, card, (0,), 2)]
    return [*learns, *[record(pen, card, (0, 2, 4), 7) for _ in range(2)]]


def honest(pen: Pen, card: str = HONEST) -> list[bytes]:
    return [record(pen, card, (0,), 2), record(pen, card, (), 0), record(pen, card, (0, 2), 3)] * 2


def numbered(lines: list[bytes]) -> list[bytes]:
    """The records in this order, without gaps."""
    return [event.seal({**event.opened(line), "sequence": at + 1}) for at, line in enumerate(lines)]


@pytest.fixture
def soft(client: Client) -> Client:
    """A shop where a lost customer costs no more than the sale."""
    body = json.loads(client.ask("GET", "/v1/policies/default").body)
    tag = client.ask("GET", "/v1/policies/default").headers["etag"]
    law = {**{name: value for name, value in body.items() if name in policy_fields()}, **LAW}
    answer = client.ask("PUT", "/v1/policies/default", law, If_Match=tag, **client.admin)
    assert answer.status == 200, answer.body
    return client


def policy_fields() -> set[str]:
    return {"plan", "price_floor", "minimum_margin", "most_stacked", "utc_offset", "disclosure"}


def newest_snapshot(client: Client, pen: Pen) -> Snapshot:
    body = pen.fetch(client).body
    return Snapshot(lambda offset, length: body[offset : offset + length], len(body))


def facts_of(client: Client, pen: Pen, card: str) -> dict[str, Any]:
    known = newest_snapshot(client, pen).customer(customer_token(pen.settings.tenant_key, card))
    assert known is not None
    return known[2]


def test_tills_are_told_of_who_holds_out_and_of_nobody_else(soft: Client, pen: Pen) -> None:
    assert pen.send(soft, hold_out(pen) + honest(pen)).json["quarantined"] == []
    share, deepest = facts_of(soft, pen, CARD)[holding.FACT]
    assert share == holding_law.FIRM and 200 <= deepest < 2500
    assert holding.FACT not in facts_of(soft, pen, HONEST)


def test_the_customers_page_says_why_in_a_sentence(soft: Client, pen: Pen) -> None:
    pen.send(soft, hold_out(pen) + honest(pen))
    path = "/v1/customers/" + customer_token(pen.settings.tenant_key, CARD)
    told = soft.ask("GET", path, **soft.admin).json["holding"]
    assert told["firm"] == holding_law.FIRM and told["odds"] > holding_law.SUSPECTED
    assert f"{told['odds']:.1f} times better" in told["sentence"]
    assert f"{told['deepest'] / 100:.1f} % of gross" in told["sentence"]
    path = path[:-64] + customer_token(pen.settings.tenant_key, HONEST)
    other = soft.ask("GET", path, **soft.admin).json["holding"]
    assert other["firm"] is other["deepest"] is None and other["odds"] < holding_law.SUSPECTED
    assert other["sentence"].startswith("Nothing says")


def test_who_has_only_the_customers_token_is_told_nothing(soft: Client, pen: Pen) -> None:
    pen.send(soft, hold_out(pen))
    path = "/v1/customers/" + customer_token(pen.settings.tenant_key, CARD)
    assert soft.ask("GET", path).json["holding"]["firm"] == holding_law.FIRM
    for authorization in ("", "Bearer wrong"):
        assert soft.ask("GET", path, authorization=authorization).status == 401


def test_a_suspicion_fades_when_a_snapshot_is_built(client: Client, pen: Pen, database: Database) -> None:
    pen.send(client, hold_out(pen))
    model, law = tables.held(HAND_MADE), policy.read(LAW)
    (token,) = held_by(model, LAW, database)
    with database.reading() as connection:
        day = holding_store.stored(connection)[token].day
        ages = [0, 180, 365, 730, 1460, 3650]
        odds, firm = [], []
        for age in ages:
            one = holding_store.suspicion(connection, model, law, token, day + age)
            assert one is not None
            odds.append(one.odds)
            firm.append(one.firm is not None)
            assert firm[-1] == (token in holding_store.suspected(connection, model, law, day + age))
        stands = standing.read(connection)._replace(snapshot_version=9, snapshot_built=(day + 3650) * 86400)
        late = snapshot_store.build(connection, "sample", stands)
        assert late == snapshot_store.build(connection, "sample", stands)
    late += bytes(MAC_BYTES)
    assert odds == sorted(odds, reverse=True) and odds[0] > odds[-1]
    assert firm[0] and not firm[-1]
    known = Snapshot(lambda offset, length: late[offset : offset + length], len(late)).customer(token)
    assert known is not None and holding.FACT not in known[2]


def _until_it_decides_by_what_tills_are_told(client: Client, pen: Pen) -> None:
    """The service takes up a new snapshot a moment after the write."""
    newest = newest_snapshot(client, pen).meta["version"]
    until = time.monotonic() + 120
    while client.ask("POST", "/v1/decisions", {**BASKET, "checkout_id": "early"}).json["snapshot"] != newest:
        assert time.monotonic() < until, "the newest snapshot was not taken up"
        time.sleep(0.02)


def test_the_services_own_decisions_stop_there_too(soft: Client, pen: Pen) -> None:
    pen.send(soft, hold_out(pen))
    share, deepest = facts_of(soft, pen, CARD)[holding.FACT]
    goods = {**BASKET, "lines": [{**BASKET["lines"][0], "quantity": 8}]}  # enough for four rungs
    _until_it_decides_by_what_tills_are_told(soft, pen)
    firm, others = 0, set()
    for number in range(200):
        body = soft.ask("POST", "/v1/decisions", {**goods, "checkout_id": f"visit {number}"}).json
        if experiment.drawn("/holding", f"visit {number}", 1)[0] < share:
            firm += 1
            allowed = [at for at, rung in enumerate(body["ladder"]) if rung["depth"] <= deepest]
            assert len(body["ladder"]) > len(allowed) > 1 and body["plan"] == [0, allowed[-1]]
        else:
            others.add(tuple(body["plan"]))
    assert abs(firm - 190) <= 4 * (200 * 0.95 * 0.05) ** 0.5, "95 of 100 are drawn firm"
    assert others == {(0,)}, "the others get the plan of this belief where a lost customer costs nothing more"


@pytest.mark.parametrize("batch", [1, 5, 100])
def test_however_the_records_come_in_the_log_says_the_same(
    client: Client, pen: Pen, database: Database, batch: int
) -> None:
    lines = [line for pair in zip(hold_out(pen), honest(pen)[:5], strict=True) for line in pair]
    lines = numbered(lines)
    for start in range(0, len(lines), batch):
        assert pen.send(client, lines[start : start + batch]).json["quarantined"] == []
    with database.reading() as connection:
        stored = holding_store.stored(connection)
        log = replaying.replay(connection, replaying.release_store.in_force(connection).model)
    assert len(stored) == 2 and stored == log.holding


def test_a_log_of_an_older_version_is_read_at_the_start(settings: Settings, database: Database) -> None:
    pen = Pen(settings)
    with listening(settings) as port:
        client = Client(port)
        pen.send(client, hold_out(pen))
        client.close()
    with database.writing() as connection:
        before = holding_store.stored(connection)
        connection.execute(text("DELETE FROM holding"))
    with listening(settings):
        pass
    with database.reading() as connection:
        assert holding_store.stored(connection) == before and before


def held_by(release: Model, law: dict[str, Any], database: Database) -> dict[str, holding_store.Suspicion]:
    with database.reading() as connection:
        stored = holding_store.stored(connection)
        today = max(kept.day for kept in stored.values())
        return holding_store.suspected(connection, release, policy.read(law), today)


def test_the_dearer_a_mistake_the_surer_the_till_must_be(
    client: Client, pen: Pen, database: Database
) -> None:
    lines = [line for card in range(40) for line in hold_out(pen, str(card))[: 3 + card % 3]]
    assert pen.send(client, numbered(lines)).json["quarantined"] == []
    model = tables.held(HAND_MADE)
    free, dear = held_by(model, LAW, database), held_by(model, {"lost_sale": 1_000_000}, database)
    assert set(dear) < set(free) and len(free) < 40
    for customer in dear:
        deep, deeper = free[customer].deepest, dear[customer].deepest
        assert deep is not None and deeper is not None and deep < deeper


def test_a_shop_can_do_without(client: Client, pen: Pen, database: Database) -> None:
    pen.send(client, hold_out(pen))
    model = tables.held(HAND_MADE)
    (one,) = held_by(model, LAW, database).values()
    assert one.firm == holding_law.FIRM, "the default share of firm visits is the one of the proof"
    (other,) = held_by(model, {**LAW, "stand_firm": 4000}, database).values()
    assert other.fact == [4000, one.deepest]
    assert held_by(model, {**LAW, "stand_firm": 0}, database) == {}
    (token,) = held_by(model, LAW, database)
    with database.reading() as connection:
        today = holding_store.stored(connection)[token].day
        none = holding_store.suspicion(connection, model, policy.read({"stand_firm": 0}), token, today)
    assert none is not None and none.firm is none.deepest is None


def test_a_customer_who_gives_in_where_nobody_else_would_is_found_sooner(
    client: Client, pen: Pen, database: Database
) -> None:
    pen.send(client, [record(pen, CARD, (0,), 2), record(pen, CARD, (0, 3), None)])
    firm, soft = (0.9, 0.9, 0.9), HAND_MADE.leave_end
    found = [
        held_by(tables.held(HAND_MADE.__class__(**{**vars(HAND_MADE), "leave_end": leave})), LAW, database)
        for leave in (firm, soft)
    ]
    assert len(found[0]) == 1 and not found[1]
