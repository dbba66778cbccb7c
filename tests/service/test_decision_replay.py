"""Every decision can be made again from its record, byte for byte; what was changed since is told by name."""

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, text

from pos_client.core import event
from pricing_service import decision_replay, erasing
from pricing_service.decision_inputs import Archive
from pricing_service.decision_replay import Replayed
from tests.service.replayed_shop import Shop

CHECKOUTS = 3000 if os.environ.get("RUNG_SOAK") else 600


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that sold hundreds of times by random rules, online every seventh time, changed every fortieth."""
    shop = Shop(tmp_path_factory.mktemp("replay") / "data", 7)
    for number in range(CHECKOUTS):
        if number % 40 == 0:
            shop.change()
        if number and number % 7 == 0:
            shop.online()
        shop.sell(number)
    shop.online()
    yield shop
    shop.service.close()


def replayed(shop: Shop) -> list[Replayed]:
    with shop.service.database.reading() as connection:
        return list(decision_replay.since(connection, 0))


@contextmanager
def tampered(shop: Shop) -> Iterator[Connection]:
    """A connection to the shop's database that changes whatever it likes, and leaves nothing of it."""
    with shop.service.database.engine.connect() as connection:
        yield connection
        connection.rollback()


def one(connection: Connection, sequence: int) -> Replayed:
    return decision_replay.one(connection, Archive(connection), "till-1", 1, sequence)


def lines(connection: Connection) -> dict[int, dict[str, Any]]:
    rows = connection.execute(text("SELECT sequence, line FROM events WHERE line <> x''"))
    return {row.sequence: event.opened(row.line) for row in rows}


def put(connection: Connection, record: dict[str, Any]) -> None:
    """A record with another content, sealed as if a till had written it."""
    line = event.seal({name: value for name, value in record.items() if name != "hash"})
    values = {"line": line, "sequence": record["sequence"]}
    connection.execute(text("UPDATE events SET line = :line WHERE sequence = :sequence"), values)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "plan": lambda plan: plan[:-1],
    "propensity": lambda share: share - 1,
    "arm": lambda arm: arm + "?",
    "margin": lambda margin: margin ^ 1,
    "ladder": lambda ladder: [{**ladder[0], "amount": ladder[0]["amount"] ^ 1}, *ladder[1:]],
    "discount": lambda given: {**given, "amount": given["amount"] + 1},
    "snapshot": lambda version: version + 1_000_000,
    "held": lambda held: True,
    "disclosure": lambda shown: "Nothing to see here.",
    "lines": lambda given: [{**given[0], "unit_price": given[0]["unit_price"] + 1}, *given[1:]],
}


def test_every_decision_comes_out_the_same_byte_for_byte(shop: Shop) -> None:
    told = replayed(shop)
    assert len(told) == shop.closed == CHECKOUTS
    assert [each for each in told if each.verdict != "identical"] == []


@pytest.mark.parametrize("member", CHANGES)
def test_a_record_that_says_otherwise_is_told(shop: Shop, member: str) -> None:
    with tampered(shop) as connection:
        record = next(
            each for each in lines(connection).values() if each["discount"] and len(each["ladder"]) > 1
        )
        assert one(connection, record["sequence"]).verdict == "identical"
        put(connection, {**record, member: CHANGES[member](record[member])})
        told = one(connection, record["sequence"])
        assert told.verdict in ("different", "impossible")
        if member not in ("snapshot", "lines"):  # inputs: what follows from them differs
            assert told.difference and told.difference.member == member
            assert told.difference.again == record[member]


def test_another_rule_in_the_archive_is_told(shop: Shop) -> None:
    """Be it changed as it lies there, or put in its place with a digest that fits."""
    with tampered(shop) as connection:
        row = connection.execute(
            text(
                "SELECT p.version, p.parts, s.digest, s.body FROM published_snapshots p"
                " JOIN snapshot_parts s ON s.digest = json_extract(p.parts, '$.discounts')"
                " WHERE EXISTS (SELECT 1 FROM events WHERE json_extract(CAST(line AS TEXT), '$.snapshot') = p.version"
                " AND json_extract(CAST(line AS TEXT), '$.ladder[0].discounts[0]') NOT LIKE 'pos%') LIMIT 1"
            )
        ).one()
        wanted = [
            number
            for number, record in lines(connection).items()
            if record["snapshot"] == row.version and record["ladder"] and "stated" not in record
        ]
        assert wanted and {one(connection, number).verdict for number in wanted} == {"identical"}
        rules = [rule for rule in json.loads(zlib.decompress(row.body)) if rule["kind"] == "goodwill"]
        body = event.canonical(rules)
        connection.execute(
            text("UPDATE snapshot_parts SET body = :body WHERE digest = :digest"),
            {"body": zlib.compress(body), "digest": row.digest},
        )
        damaged = one(connection, wanted[0])
        assert damaged.verdict == "impossible" and "is not what was published" in damaged.says
        digest = hashlib.sha256(body).hexdigest()
        connection.execute(
            text("INSERT INTO snapshot_parts VALUES (:digest, :body)"),
            {"digest": digest, "body": zlib.compress(body)},
        )
        parts = json.dumps({**json.loads(row.parts), "discounts": digest})
        connection.execute(
            text("UPDATE published_snapshots SET parts = :parts WHERE version = :version"),
            {"parts": parts, "version": row.version},
        )
        for number in wanted:
            told = one(connection, number)
            assert (
                told.verdict == "different"
                and told.difference
                and told.difference.member in ("ladder", "automatic")
            )


def test_another_past_of_a_customer_is_told(shop: Shop) -> None:
    """The belief is what the customer's own records say: change those, and a later plan is not what follows."""
    with tampered(shop) as connection:
        every = sorted(lines(connection).items())
        for _, record in every[: len(every) // 2]:
            if record["customer"] and record["offers"] and record["offers"][-1]["reaction"] == "accepted":
                refused = {**record["offers"][-1], "reaction": "left"}
                put(connection, {**record, "offers": [*record["offers"][:-1], refused], "outcome": "lost"})
        told = [
            one(connection, number)
            for number, record in every
            if record["customer"] and len(record["plan"]) > 1
        ]
        assert sum(each.verdict == "different" for each in told) > 5


def test_who_was_erased_cannot_be_replayed_and_that_is_said(shop: Shop) -> None:
    with tampered(shop) as connection:
        sequence, token = next(
            (n, each["customer"]) for n, each in lines(connection).items() if each["customer"]
        )
        erasing.erase(connection, shop.settings.secrets, token)
        told = one(connection, sequence)
        assert (told.verdict, told.says) == ("erased", "The customer was erased: it cannot be replayed.")
        others = [each.verdict for each in decision_replay.since(connection, 0, every=5)]
        assert set(others) == {"identical", "erased"}


def test_a_snapshot_that_was_lost_is_named(shop: Shop) -> None:
    with tampered(shop) as connection:
        record = next(each for each in lines(connection).values() if each["snapshot"])
        connection.execute(text("DELETE FROM published_snapshots"))
        told = one(connection, record["sequence"])
        assert told.verdict == "impossible"
        assert told.says.startswith(f"Snapshot {record['snapshot']} of store sample is not in the archive")


def test_a_decision_from_before_an_upgrade_is_not_told_as_a_loss(shop: Shop) -> None:
    with tampered(shop) as connection:
        record = next(each for each in lines(connection).values() if each["snapshot"])
        first = record["snapshot"] + 1
        connection.execute(text("DELETE FROM published_snapshots WHERE version < :first"), {"first": first})
        told = one(connection, record["sequence"])
        assert told.verdict == "impossible" and "restore" not in told.says
        assert f"before this service kept them (the first kept is {first})" in told.says
    for member, verdict in (("limits", "different"), ("snapshot", "impossible")):
        with tampered(shop) as connection:
            put(connection, {name: record[name] for name in record if name != member})
            older = one(connection, record["sequence"])
            assert older.verdict == verdict and older.says.startswith(f"The record has no `{member}`")


def test_no_such_record(shop: Shop) -> None:
    with tampered(shop) as connection:
        assert one(connection, 10**9).verdict == "unknown"
