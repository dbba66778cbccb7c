"""Segments of a running service: exact money, only behaviour is read, and every segment has a named owner."""

import csv
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.segment_rules import NAMES
from pos_client.core import event, policy
from pos_client.core.checkout_record import Stamp, of_return
from pricing_service import holding_store, release_store, rule_store
from pricing_service.database import Database
from pricing_service.segment_store import present
from pricing_service.settings import Settings
from tests.service.places import BASKET, Answer, Client, Pen, sample_meta

DAY = 86_400
NOW = int(time.time()) - 3600
LARGE = [{**BASKET["lines"][0], "quantity": 8}]  # enough for four rungs
EAGER, PATIENT = "1" * 12, "2" * 12  # cards


@pytest.fixture
def pen(settings: Settings) -> Pen:
    """A till that climbs as long as it is asked."""
    meta = sample_meta()
    climbs = {**meta["policy"], "plan": "one_by_one", "most_climbs": 31, "till_seconds": 3600}
    return Pen(settings, meta={**meta, "policy": climbs})


def day(ago: int) -> str:
    return str((datetime.now(UTC) - timedelta(ago)).date())


def asked(client: Client, question: str = "") -> dict[str, Any]:
    answer = client.ask("GET", "/v1/segments" + question, **client.admin)
    assert answer.status == 200, answer.body
    return answer.json


def by_name(told: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one for one in told["segments"]}


def sent(pen: Pen, client: Client, *lines: bytes) -> list[dict[str, Any]]:
    answer = pen.send(client, list(lines))
    assert answer.status == 200 and not answer.json["quarantined"], answer.body
    return [event.opened(line) for line in lines]


def a_month(pen: Pen, change: Callable[[dict[str, Any]], Any] = lambda record: None) -> list[bytes]:
    """Ten visits each of one who takes the first offer and one who waits for the last; three without a card."""
    lines = []
    for visit in range(10):
        clock = NOW - visit * 4 * DAY
        lines.append(pen.write(("accepted",), card=EAGER, clock=clock))
        lines.append(pen.write(("asked_more",) * 3 + ("accepted",), card=PATIENT, clock=clock, lines=LARGE))
        if visit < 3:
            lines.append(pen.write(("accepted",), card=None, clock=clock))
    return [_changed(line, change) for line in lines]


def _changed(line: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    record = {name: value for name, value in event.opened(line).items() if name != "hash"}
    change(record)
    return event.seal(record)


def kept(record: dict[str, Any]) -> tuple[int, int]:
    """Turnover and margin of a checkout, reckoned from its prices: the sample shop's margin is that of no policy."""
    if record["outcome"] != "sold":
        return 0, 0
    given = [*record["automatic"], *(one for one in (record["discount"], record["goodwill"]) if one)]
    prices = sum(line["quantity"] * line["unit_price"] for line in record["lines"])
    off = sum(one["amount"] for one in given)
    return prices - off, record.get("margin", prices * 3500 // 10_000 - off)


def test_money_of_the_segments_adds_up_to_that_of_the_records(pen: Pen, client: Client) -> None:
    records = sent(pen, client, *a_month(pen))
    told = asked(client, f"?from={day(27)}&until={day(0)}")
    clocks = {day(ago) for ago in range(28)}
    mine = [record for record in records if record["clock"][:10] in clocks]
    money = [kept(record) for record in mine]
    assert told["whole"]["turnover"] == sum(turnover for turnover, _ in money)
    assert told["whole"]["margin"] == sum(margin for _, margin in money)
    for name in ("customers", "visits", "turnover", "margin", "discount", "returned", "margin_before"):
        assert sum(one[name] for one in told["segments"]) == told["whole"][name]
    assert (told["whole"]["visits"], told["whole"]["customers"]) == (len(mine), 2)
    assert by_name(told)["without-a-card"]["visits"] == 3 and told["currency"] == "EUR"


def test_customers_are_where_their_reactions_put_them(pen: Pen, client: Client) -> None:
    sent(pen, client, *a_month(pen))
    found = by_name(asked(client))
    assert list(found) == list(NAMES)
    counts = {name: one["customers"] for name, one in found.items() if one["customers"]}
    eager = [name for name in ("buys-anyway", "small-gesture") if name in counts]
    patient = [name for name in ("waits-for-the-best", "large-discount") if name in counts]
    assert len(eager) == len(patient) == 1 and sum(counts.values()) == 2
    assert found[eager[0]]["sure"] >= 0.6 and found[eager[0]]["margin"] > 0 < found[patient[0]]["discount"]


def test_whoever_the_tills_take_for_a_hold_out_is_told_as_one(
    pen: Pen, client: Client, database: Database
) -> None:
    """Takes the smallest at one visit and nothing but the largest at the next, again and again."""
    ways = [("accepted",), ("asked_more",) * 3 + ("accepted",)] * 5
    refusing = [
        pen.write(reactions, card=PATIENT, clock=NOW - (9 - visit) * DAY, lines=LARGE)
        for visit, reactions in enumerate(ways)
    ]
    records = sent(pen, client, *refusing)
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        rules = policy.read(rule_store.policy_of(connection, "sample"))
        suspects = holding_store.suspected(connection, model, rules, NOW // DAY)
    found = by_name(asked(client))["holds-out"]
    assert list(suspects) == [records[0]["customer"]] and found["customers"] == 1
    assert found["margin"] == sum(kept(record)[1] for record in records)


def test_only_the_days_asked_for_count_and_as_many_before_are_compared(pen: Pen, client: Client) -> None:
    records = sent(pen, client, *a_month(pen))
    week = {day(ago) for ago in range(7)}
    before = {day(ago) for ago in range(7, 14)}
    told = asked(client, f"?from={day(6)}&until={day(0)}")
    of = {name: [kept(one)[1] for one in records if one["clock"][:10] in days] for name, days in
          (("margin", week), ("margin_before", before))}  # fmt: skip
    assert {name: told["whole"][name] for name in of} == {name: sum(margins) for name, margins in of.items()}
    assert told["before_first_day"] == day(13)
    mistyped = client.ask("GET", f"/v1/segments?form={day(6)}", **client.admin)
    assert (mistyped.status, mistyped.json["code"]) == (400, "unknown-parameter")


def test_what_came_back_is_told_beside_its_segment(pen: Pen, client: Client) -> None:
    line = pen.write(("accepted",), card=EAGER, clock=NOW)
    sold = sent(pen, client, line)[0]
    pen.sequence += 1
    stamp = Stamp(pen.device, pen.epoch, pen.sequence, "sample", 1, 9, NOW)
    sent(pen, client, event.seal(of_return(stamp, sold["checkout_id"], None, [], 777)))
    assert asked(client)["whole"]["returned"] == 777


def test_nothing_about_a_person_changes_a_segment(pen: Pen, client: Client) -> None:
    """Members that tell who somebody is, in records and facts: the report stays the same to the last digit."""
    sent(pen, client, *a_month(pen))
    plain = asked(client)
    private = {"age": 71, "sex": "f", "postcode": "10115", "name": "Ada", "facts": {"age": 71}}

    def personal(record: dict[str, Any]) -> None:
        record.update(private)
        record["lines"] = [{**line, "age": 71, "sex": "f"} for line in record["lines"]]

    other = Pen(pen.settings, "till-2")
    other.shop = pen.shop
    sent(other, client, *a_month(other, personal))
    for card in (EAGER, PATIENT):
        token = event.opened(pen.write(card=card))["customer"]
        told = client.ask(
            "PUT", f"/v1/customers/{token}", {"tier": "gold", "birthday": "05-17"}, **client.admin
        )
        assert told.status == 200
    doubled = asked(client)
    for name, twice in by_name(doubled).items():
        once = by_name(plain)[name]
        assert twice["margin"] == 2 * once["margin"] and twice["visits"] == 2 * once["visits"]
    words = str(doubled).lower()
    assert not any(str(value).lower() in words for value in ("10115", "'ada'", "postcode", "05-17", "gold"))


def test_the_sentence_counts_as_the_table_does(pen: Pen, client: Client) -> None:
    sent(
        pen,
        client,
        pen.write(("accepted",), card=EAGER, clock=NOW),
        pen.write(("left",), "lost", card=PATIENT, clock=NOW),
    )
    told = asked(client)
    unknown = by_name(told)["not-known-yet"]["share"]
    assert f"{100 * (1 - unknown):.0f} % are known well enough" in told["says"]
    assert "It is too early to tell whose margin changed" in told["says"], "nobody came before"


def test_training_and_cancelled_checkouts_are_nobodys(pen: Pen, client: Client) -> None:
    sent(
        pen,
        client,
        pen.write(("accepted",), card=EAGER, clock=NOW, training=True),
        pen.write(("accepted",), "cancelled", card=EAGER, clock=NOW),
    )
    told = asked(client)
    assert told["whole"]["visits"] == 0 and "No customer" in told["says"]


def name(client: Client, segment: str, owner: Any, version: str | None = '"0"', **headers: str) -> Answer:
    match = {} if version is None else {"if_match": version}
    return client.ask(
        "PUT", f"/v1/segments/{segment}/owner", {"owner": owner}, **match, **(headers or client.admin)
    )


def test_an_owner_is_a_named_person_with_a_history(client: Client, database: Database) -> None:
    place = "/v1/segments/small-gesture/owner"
    nobody = client.ask("GET", place, **client.admin)
    assert nobody.json["owner"] is None and nobody.headers["etag"] == '"0"'
    first = name(client, "small-gesture", "Ada Lovelace")
    assert first.status == 200 and first.headers["etag"] == '"1"'
    assert name(client, "small-gesture", "Grace Hopper", '"1"').json["version"] == 2
    assert name(client, "small-gesture", None, '"2"').json["owner"] is None
    told = client.ask("GET", place, **client.admin).json
    assert [one["owner"] for one in told["history"]] == [None, "Grace Hopper", "Ada Lovelace"]
    assert {one["set_by"] for one in told["history"]} == {"admin"}
    with database.reading() as connection:
        assert present(connection)["small-gesture"].version == 3
    assert by_name(asked(client))["small-gesture"]["owner"]["owner"] is None


def test_owners_are_refused_where_something_is_wrong(client: Client) -> None:
    assert name(client, "small-gesture", "Ada", None).status == 428
    assert name(client, "small-gesture", "Ada", '"7"').status == 412
    assert name(client, "over-fifties", "Ada").status == 404
    assert name(client, "small-gesture", "Ada", authorization="Bearer wrong").status == 401
    for wrong in ("", "x" * 101, 7, "line\nbreak"):
        assert name(client, "small-gesture", wrong).status == 400, wrong
    more = client.ask(
        "PUT", "/v1/segments/small-gesture/owner", {"owner": "Ada", "age": 36}, if_match='"0"', **client.admin
    )
    assert more.json["code"] == "unknown-field"
    assert client.ask("GET", "/v1/segments/small-gesture/owner", **client.admin).json["version"] == 0


def test_the_spreadsheet_has_a_line_for_each_segment_and_no_formula(pen: Pen, client: Client) -> None:
    sent(pen, client, *a_month(pen))
    name(client, "buys-anyway", "=HYPERLINK(1)")
    answer = client.ask("GET", "/v1/segments.csv", **client.admin)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["name"] for row in rows] == list(NAMES)
    told = by_name(asked(client))
    assert [int(row["margin"]) for row in rows] == [one["margin"] for one in told.values()]
    assert rows[NAMES.index("buys-anyway")]["owner"] == "'=HYPERLINK(1)"


def test_the_page_shows_what_is_told_and_escapes_who_owns_it(pen: Pen, client: Client) -> None:
    empty = client.ask("GET", "/segments", **client.admin)
    assert empty.status == 200 and b"No customer with a card" in empty.body
    sent(pen, client, *a_month(pen))
    name(client, "small-gesture", "<script>alert(1)</script>")
    page = client.ask("GET", "/segments", **client.admin).body.decode()
    assert "A small gesture is enough" in page and "too few" in page
    assert "<script" not in page and "&lt;script&gt;" in page
    assert client.ask("GET", "/segments", authorization="").status == 303
    assert client.ask("GET", "/v1/segments", authorization="").status == 401
