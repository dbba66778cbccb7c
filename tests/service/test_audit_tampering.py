"""Whoever changes the trail, its anchors or the log is found, wherever they change it and whatever they make anew."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from pos_client.core import event
from pricing_service import audit_anchors, audit_store, audit_verifying, erased_rows, event_store, log_seal
from pricing_service.audit_findings import Verdict
from pricing_service.database import Database
from pricing_service.intake import Batch
from pricing_service.records import read
from pricing_service.service import Service
from pricing_service.settings import Settings
from tests.service.places import Pen, prepared

ATTEMPTS = 10_000 if os.environ.get("RUNG_SOAK") else 2000
Attack = Callable[["Copy", random.Random], None]
ENTRY = ("position", "at", "actor", "action", "subject", "detail", "hash")
ROW = ("position", *log_seal.COVERED, "kind", "checkout_id", "customer", "line", "seal")


def taken(service: Service, pen: Pen, count: int) -> None:
    lines = [pen.write(card=f"card {number % 5}") for number in range(count)]
    batch = Batch(pen.device, pen.epoch, [read(line, pen.device, pen.epoch) for line in lines])
    service.write(event_store.accept(batch))


def healthy(settings: Settings) -> None:
    """Some thirty entries, twenty records of two tills, three of them erased, and the anchors of three starts."""
    pens = [Pen(settings, "till-1"), Pen(settings, "till-2")]
    for _ in range(2):
        service = Service(settings)
        for turn in range(5):
            taken(service, pens[turn % 2], 2)
            service.note("ann", "replace-discount", f"name=d{turn}", "request=1")
            service.note('"b\\o\n"', "get-customer", audit_store.customer(settings.audit_key, "t"), "é 🛒")
        service.close()
    service = Service(settings)
    service.write(lambda connection: emptied(connection, [3, 4, 17]))
    service.close()


def emptied(connection: Connection, positions: list[int]) -> None:
    for position in positions:
        connection.exec_driver_sql(
            "UPDATE events SET kind = 'erased', checkout_id = '', customer = NULL, line = x'' WHERE position = ?",
            (position,),
        )
    erased_rows.note(connection, positions)


class Copy:
    """A copy of the database and of the anchors that an attack may change."""

    def __init__(self, database: bytes, anchors: bytes, key: bytes, folder: Path) -> None:
        not_wal = b"\x01\x01"  # in memory there is no second file
        self._database = database[:18] + not_wal + database[20:]
        self._anchors, self.key = anchors, key
        self.path = folder / "anchors.jsonl"
        self._engine = create_engine("sqlite://", poolclass=StaticPool)
        self._connection = self._engine.connect()
        self.raw: Any = self._connection.connection.driver_connection

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def renew(self) -> None:
        self._connection.rollback()
        self.raw.deserialize(self._database)
        self.raw.executescript("DROP TRIGGER audit_refuses_update; DROP TRIGGER audit_refuses_delete")
        self.path.write_bytes(self._anchors)

    def verdict(self) -> Verdict:
        self.raw.commit()
        return audit_verifying.verify(self._connection, self.path, self.key)

    def state(self) -> Any:
        return self.entries(), self.rows(), self.path.read_bytes()

    def entries(self) -> list[list[Any]]:
        return [
            list(row) for row in self.raw.execute(f"SELECT {', '.join(ENTRY)} FROM audit ORDER BY position")
        ]

    def rows(self) -> list[list[Any]]:
        return [
            list(row) for row in self.raw.execute(f"SELECT {', '.join(ROW)} FROM events ORDER BY position")
        ]

    def put_entries(self, entries: list[list[Any]], chained: bool) -> None:
        """In place of all entries; ``chained``: the hashes made anew, as who knows the code would."""
        previous = audit_store.BEGIN
        for entry in entries if chained else ():
            entry[6] = previous = audit_store.hash_of(tuple(entry[:6]), previous)
        self.raw.execute("DELETE FROM audit")
        self.raw.executemany(f"INSERT INTO audit ({', '.join(ENTRY)}) VALUES (?,?,?,?,?,?,?)", entries)

    def put_rows(self, rows: list[list[Any]], chained: bool) -> None:
        previous = log_seal.BEGIN
        for row in rows if chained else ():
            row[12] = previous = log_seal.of(previous, *row[:8])
        self.raw.execute("DELETE FROM events")
        marks = ",".join("?" * len(ROW))
        self.raw.executemany(f"INSERT INTO events ({', '.join(ROW)}) VALUES ({marks})", rows)

    def lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines(keepends=True)

    def put_lines(self, lines: list[bytes]) -> None:
        self.path.write_bytes(b"".join(lines))


def other(value: Any, chance: random.Random) -> Any:
    """Something like ``value``, but not it."""
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 86400])
    if isinstance(value, bytes):
        at = chance.randrange(len(value)) if value else 0
        return (
            value[:at] + bytes([(value[at] if value else 7) ^ (1 << chance.randrange(8))]) + value[at + 1 :]
        )
    return (value[:-1] + ("x" if value[-1:] != "x" else "y")) if value else "x"


def changed(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    row = chance.choice(rows)
    column = chance.randrange(1, len(row))
    row[column] = other(row[column], chance)
    return rows


def without(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    at = chance.randrange(len(rows))
    del rows[at : at + chance.randrange(1, 4)]
    return rows


def cut(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    return rows[: -chance.randrange(1, len(rows))]


def swapped(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    """Two rows change places: all but their positions."""
    a, b = sorted(chance.sample(range(len(rows)), 2))
    if rows[a][1:-1] == rows[b][1:-1]:
        a, b = 0, len(rows) - 1
    rows[a][1:], rows[b][1:] = rows[b][1:], rows[a][1:]
    return rows


def shuffled(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    """Some rows in a row, in another order."""
    at = chance.randrange(len(rows) - 4)
    told = [row[1:] for row in rows[at : at + 4]]
    turned = told[1:] + told[:1]
    for row, new in zip(rows[at : at + 4], turned, strict=True):
        row[1:] = new
    return rows


def inserted(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    """One more row, a copy of another: the rows behind it move on."""
    at = chance.randrange(len(rows) + 1)
    rows.insert(at, list(chance.choice(rows)))
    for position, row in enumerate(rows, 1):
        row[0] = position
    return rows


def closed_up(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    """Rows taken out, and the others numbered as if they had never been."""
    for position, row in enumerate(without(rows, chance), 1):
        row[0] = position
    return rows


CHANGES = (changed, without, cut, swapped, shuffled, inserted, closed_up)


def on_trail(copy: Copy, chance: random.Random) -> None:
    copy.put_entries(chance.choice(CHANGES)(copy.entries(), chance), chained=chance.random() < 0.6)


def on_log(copy: Copy, chance: random.Random) -> None:
    rows = chance.choice(CHANGES)(copy.rows(), chance)
    for number, row in enumerate(rows):  # the identity of a record is unique: the attacker keeps it so
        if row[1:4] in [each[1:4] for each in rows[:number]]:
            row[3] = 1000 + number
    copy.put_rows(rows, chained=chance.random() < 0.6)


def on_content(copy: Copy, chance: random.Random) -> None:
    """A record with another content, sealed as records are, and the chain made anew behind it."""
    rows = copy.rows()
    row = chance.choice([row for row in rows if row[11]])
    record = event.opened(row[11])
    record.pop("hash")
    record["cashier"] = "somebody else"
    row[11] = event.seal(record)
    if chance.random() < 0.7:
        row[4] = event.opened(row[11])["hash"]
    copy.put_rows(rows, chained=chance.random() < 0.7)


def on_erasure(copy: Copy, chance: random.Random) -> None:
    """A record emptied that nobody erased, or one that was erased and is filled again."""
    rows = copy.rows()
    if chance.random() < 0.5:
        row = chance.choice([row for row in rows if row[11]])
        row[8:12] = ["erased", "", None, b""]
    else:
        row = chance.choice([row for row in rows if not row[11]])
        row[8:12] = ["checkout", "1", None, b'{"kind":"checkout"}']
    copy.put_rows(rows, chained=chance.random() < 0.5)


def on_anchors(copy: Copy, chance: random.Random) -> None:
    lines = copy.lines()
    at = chance.randrange(len(lines))
    attack = chance.randrange(6)
    if attack == 0:
        changed_line = other(lines[at], chance)
        lines[at] = changed_line
    elif attack == 1:
        del lines[at : at + chance.randrange(1, 4)]
    elif attack == 2:
        del lines[at:]
    elif attack == 3:
        to = (at + chance.randrange(1, len(lines))) % len(lines)
        lines[at], lines[to] = lines[to], lines[at]
    elif attack == 4:
        lines.insert(at, chance.choice(lines))
    else:
        told = audit_anchors.read(lines[-1], copy.key)
        forged = audit_anchors.line(
            b"a guess", "kept", told.at, told.entry, told.record, (0, 0), told.previous
        )
        lines[at] = forged
    copy.put_lines(lines)


def on_anchored_trail(copy: Copy, chance: random.Random) -> None:
    """The trail changed and chained anew, and all anchors from there on taken away."""
    entries = copy.entries()
    at = chance.randrange(len(entries))
    entries[at][5] += " or not"
    copy.put_entries(entries, chained=True)
    seen = [audit_anchors.read(line, copy.key).entry.position for line in copy.lines()]
    copy.put_lines([line for line, position in zip(copy.lines(), seen, strict=True) if position <= at])


ATTACKS: tuple[Attack, ...] = (
    on_trail,
    on_log,
    on_content,
    on_erasure,
    on_anchors,
    on_anchored_trail,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = prepared(tmp_path_factory.mktemp("audit") / "data", devices=2)
    healthy(settings)
    return settings


@pytest.fixture
def copy(shop: Settings, tmp_path: Path) -> Iterator[Copy]:
    database = Database(shop.database)
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
        held: Any = connection.connection.driver_connection
        copy = Copy(held.serialize(), shop.audit_anchors.read_bytes(), shop.audit_key, tmp_path)
    database.close()
    yield copy
    copy.close()


def test_what_nobody_touched_is_whole(copy: Copy) -> None:
    copy.renew()
    verdict = copy.verdict()
    assert verdict.whole, verdict.findings
    assert (verdict.records, verdict.erased, verdict.notes) == (20, 3, [])
    assert verdict.entries > 20 and verdict.sentence().startswith(f"Whole: {verdict.entries} entries")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_every_change_is_found(copy: Copy, attack: Attack) -> None:
    copy.renew()
    before, changes, number, missed = copy.state(), 0, 0, []
    while changes < ATTEMPTS // len(ATTACKS):
        number += 1
        copy.renew()
        attack(copy, random.Random(f"{attack.__name__} {number}"))
        if copy.state() == before:  # a hash that was changed and made anew is no change
            continue
        changes += 1
        if copy.verdict().whole:
            missed.append(number)
    assert missed == []
