"""A till forgets customers who were erased: what it hands in again says which record was there, and nothing else."""

import asyncio
import hashlib
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pos_client import desktop, starting
from pos_client.core import event
from pos_client.emptying import Emptying
from pos_client.journal import Journal
from pos_client.outgoing import pending
from pricing_service import provisioning, tombstones
from pricing_service.database import Database
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.fakes import MemoryStorage, PowerCut
from tests.service.places import BASKET, Client, listening, prepared
from tests.service.test_privacy import rows

LIMITS = starting.Limits(65536, 1, 10, 10, 512, 65536, 2000, 1 << 23, 1 << 28)
CARD = "2400099887766"
OTHER = "2400011112222"
GOODS = [{"sku": "SKU-7c1f", "quantity": 1, "unit_price": 1299}]


def token(name: int) -> str:
    return hashlib.sha256(b"%d" % name).hexdigest()


def record(sequence: int, customer: str | None) -> bytes:
    told = {"kind": "checkout", "device": "till-1", "epoch": 1, "sequence": sequence, "customer": customer}
    return event.seal({**told, "checkout_id": f"visit-{sequence}", "lines": [{"sku": "SKU-7c1f"}] * 3})


def journal_of(storage: MemoryStorage, count: int) -> Journal:
    """Records of three customers and of nobody, by turns, over several segments."""
    journal = Journal(storage, segment_bytes=1500)
    for sequence in range(1, count + 1):
        journal.append(record(sequence, token(sequence % 4) if sequence % 4 else None))
    return journal


def instead(sequence: int) -> bytes:
    """What is left of a record of customer 1."""
    was = event.opened(record(sequence, token(1)))["hash"]
    told = {"kind": "erased", "device": "till-1", "epoch": 1, "sequence": sequence, "was": was}
    return event.seal(told)


def expected(count: int, emptied: int) -> list[tuple[int, bytes]]:
    """The journal once customer 1 is erased in records up to ``emptied``."""
    return [
        (
            one,
            instead(one)
            if one % 4 == 1 and one <= emptied
            else record(one, token(one % 4) if one % 4 else None),
        )
        for one in range(1, count + 1)
    ]


def look_through(emptying: Emptying, tags: str, through: int) -> None:
    while emptying.step(tags, through):
        pass


def bytes_of(storage: MemoryStorage) -> bytes:
    return b"".join(bytes(file) for file in storage.files.values())


TAGS = tombstones.tag(token(9)) + tombstones.tag(token(1))


def test_acknowledged_records_of_erased_customers_are_emptied_and_all_others_stay_as_they_are() -> None:
    storage = MemoryStorage()
    journal = journal_of(storage, 40)
    journal.acknowledge(30)
    look_through(emptying := Emptying(storage, journal), TAGS, 30)
    assert list(journal.since(0)) == expected(40, 30)
    assert [sequence for sequence, _ in pending(journal, 1 << 20)] == list(range(31, 41))
    journal.acknowledge(40)
    look_through(emptying, TAGS, 38)  # the snapshot does not count the last two yet
    assert list(journal.since(0)) == expected(40, 38)
    journal.append(record(41, token(1)))
    journal.acknowledge(41)
    look_through(emptying, TAGS, 41)
    assert list(journal.since(0)) == expected(41, 41)
    assert token(1).encode() not in bytes_of(storage)
    assert list(Journal(storage.restarted()).since(0)) == expected(41, 41)


def test_a_tag_that_is_read_across_two_others_erases_nobody() -> None:
    storage = MemoryStorage()
    journal = journal_of(storage, 20)
    journal.acknowledge(20)
    before, tag = dict(storage.files), tombstones.tag(token(1))
    across = "0" * 5 + tag + "0" * (len(tag) - 5)
    look_through(emptying := Emptying(storage, journal), across, 20)
    assert storage.files == before
    look_through(emptying, across + tag, 20)
    assert list(journal.since(0)) == expected(20, 20)


def test_a_till_that_knows_of_no_erasure_touches_nothing() -> None:
    storage = MemoryStorage()
    journal = journal_of(storage, 20)
    journal.acknowledge(20)
    before, operations = dict(storage.files), storage.operations
    emptying = Emptying(storage, journal)
    look_through(emptying, "", 20)
    look_through(emptying, tombstones.tag(token(9)), 20)
    assert (storage.files, storage.operations) == (before, operations)


@pytest.mark.parametrize("torn", [0, 30])
def test_power_that_goes_at_any_write_leaves_every_record_whole_and_the_rest_is_done_after_the_start(
    torn: int,
) -> None:
    begun = MemoryStorage()
    journal_of(begun, 24).acknowledge(24)
    medium = {name: bytes(file) for name, file in begun.files.items()}
    cut, number = True, 0
    while cut:
        number += 1
        storage = MemoryStorage({name: bytearray(file) for name, file in medium.items()})
        storage.fail_at, storage.torn = number, torn
        cut = False
        try:
            look_through(Emptying(storage, Journal(storage)), TAGS, 24)
        except PowerCut:
            cut = True
        again = storage.restarted()
        journal = Journal(again)
        whole, emptied = expected(24, 0), expected(24, 24)
        left = list(journal.since(0))
        assert len(left) == 24
        assert all(one in (before, after) for one, before, after in zip(left, whole, emptied, strict=True))
        look_through(Emptying(again, journal), TAGS, 24)
        assert list(journal.since(0)) == emptied
        assert token(1).encode() not in bytes_of(again)
    assert number > 20


def test_a_medium_without_room_keeps_what_it_has_and_is_tried_again() -> None:
    storage = MemoryStorage()
    journal = journal_of(storage, 12)
    journal.acknowledge(12)
    storage.room = sum(len(file) for file in storage.files.values()) + 100
    emptying = Emptying(storage, journal)
    assert not emptying.step(TAGS, 12)
    assert list(journal.since(0)) == expected(12, 0)
    assert len(bytes_of(storage)) <= storage.room - 100  # selling needs the room
    storage.room = 1 << 20
    for _ in range(300):
        emptying.step(TAGS, 12)
    assert list(journal.since(0)) == expected(12, 12)


class RealTill:
    """A whole till in a folder, worked by its own calls and stepped by hand."""

    def __init__(self, settings: Settings, folder: Path, port: int) -> None:
        with closing(Database(settings.database)) as database:
            self.identity = provisioning.enrol(
                database, settings, "till-9", "sample", "en", f"http://127.0.0.1:{port}"
            )
        self.folder = folder
        storage, clock = desktop.FolderStorage(folder), desktop.SystemClock()
        _, self.sync = starting.assembled(self.identity, storage, clock, random.Random(1).randrange, LIMITS)
        self.till = self.sync.holds.__self__
        self.sync.every = 100

    def sells(self, card: str, number: str) -> None:
        self.till.put(number, {**BASKET, "customer": card, "lines": GOODS})
        self.till.close(number, {"outcome": "sold"})

    def meets(self, until: Callable[[], bool]) -> None:
        """Go on with the service until it is so; for ever, where it never is."""

        async def go() -> None:
            while not until():
                if not await self.sync.step():
                    await asyncio.sleep(0.005)

        asyncio.run(go())

    def has_handed_in(self) -> bool:
        return self.sync._journal.health()["depth"] == 0

    def bytes(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.iterdir())


def test_nothing_of_an_erased_customer_is_left_at_a_till_and_a_restored_service_learns_nothing_from_it(
    tmp_path: Path,
) -> None:
    settings = prepared(tmp_path / "data")
    token = customer_token(settings.tenant_key, CARD)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        till = RealTill(settings, tmp_path / "till", port)
        for number in range(12):
            till.sells(CARD if number % 2 else OTHER, f"{'mine' if number % 2 else 'other'}-{number}")
        till.till.give_back("mine-1", {})
        till.meets(till.has_handed_in)
        assert rows(settings, "SELECT COUNT(*) FROM events") == [(13,)]
        assert [word in till.bytes() for word in (token.encode(), b"mine-", b"other-")] == [True] * 3
        assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
        till.meets(lambda: token.encode() not in till.bytes())
        assert [word in till.bytes() for word in (token.encode(), b"mine-", b"other-")] == [
            False,
            False,
            True,
        ]
        hashes = rows(settings, "SELECT sequence, hash FROM events ORDER BY sequence")
        till.sync._journal.rewind(0)  # all of it is asked for again
        till.meets(till.has_handed_in)
        assert rows(settings, "SELECT sequence, hash FROM events ORDER BY sequence") == hashes
        with closing(Database(settings.database)) as database, database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM events WHERE sequence > 4")
            connection.exec_driver_sql("UPDATE devices SET acknowledged = 4 WHERE device = 'till-9'")
        till.sync._journal.rewind(4)
        till.meets(till.has_handed_in)
        assert rows(settings, "SELECT sequence, hash FROM events ORDER BY sequence") == hashes
        assert rows(settings, "SELECT COUNT(*) FROM quarantine") == [(0,)]
        assert rows(settings, "SELECT COUNT(*) FROM beliefs WHERE customer = ?", token) == [(0,)]
        till.till.put("after", {**BASKET, "customer": CARD, "lines": GOODS})  # it sells on
        client.close()
