"""The journal of a small machine promises what a till PC's does, packed and in small files: cuts, rot, full flash."""

import errno
import functools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client import sales
from pos_client.core.event import opened, seal
from pos_client.core.record import OutOfTurn
from pos_client.emptying import Emptying
from pos_client.journal import Journal
from pos_client.outgoing import alone, pending
from pos_client.ports import StorageFailed
from pos_client.small_journal import SmallJournal
from pos_client.tail import block
from pricing_service import tombstones
from tests.fakes import HandClock, MemoryStorage, PowerCut
from tests.till.test_packing import RECORD

DAY = 86400


@functools.cache
def record(number: int) -> dict:
    """Checkouts of one to six lines, of customers who come again, with words that nobody used before."""
    chance = random.Random(number)
    lines = [
        {
            "brand": chance.choice(("Lumi", "Veld", f"A brand that is new this season, {number // 90}")),
            "category": "care",
            "quantity": chance.randint(1, 3),
            "sku": str(chance.randrange(10**12, 10**13)),
            "unit_price": chance.randrange(99, 5000),
        }
        for _ in range(chance.randint(1, 6))
    ]
    told = {
        "sequence": number,
        "checkout_id": f"visit-{number}",
        "customer": token(number % 7),
        "lines": lines,
    }
    return {**RECORD, **told, "monotonic_ms": 40_000 * number, "gross": chance.randrange(100, 30_000)}


def token(number: int) -> str:
    return f"{number:064x}"


@functools.cache
def line(number: int) -> bytes:
    return seal(record(number))


def numbered(first: int, last: int) -> list:
    return [(number, line(number)) for number in range(first, last + 1)]


def filled(storage, count: int, **limits) -> SmallJournal:
    journal = SmallJournal(storage, **limits)
    for number in range(journal.next_sequence, count + 1):
        journal.append(record(number))
    return journal


def named(storage, prefix: str) -> list:
    return sorted(name for name in storage.files if name.startswith(prefix))


def test_records_come_back_byte_for_byte_from_segments_and_tail_also_after_restarts():
    storage = MemoryStorage()
    for count in (1, 3, 40, 41, 130):
        journal = filled(storage.restarted(), count, segment_bytes=8000)
        assert list(journal.since(0)) == numbered(1, count)
        assert list(SmallJournal(storage.restarted()).since(count // 2)) == numbered(count // 2 + 1, count)
    assert len(named(storage, "journal-0")) > 2 and len(named(storage, "tail-")) > 3
    assert all(len(storage.files[name]) <= 448 for name in named(storage, "tail-"))
    assert len(named(storage, "book-")) == 4


def test_a_record_takes_less_than_a_sixth_of_its_line():
    storage = MemoryStorage()
    filled(storage, 300)
    assert sum(map(len, storage.files.values())) < sum(len(told) for _, told in numbered(1, 300)) / 6


def test_a_segment_ends_where_littlefs_needs_another_block():
    storage = MemoryStorage()
    filled(storage, 100)
    size = sum(len(storage.files[name]) for name in named(storage, "journal-0"))
    at = 0
    while at < size:
        at = block(at)[1]
    assert at == size
    assert [block(at)[1] - at for at in (0, 4095, 4096, 8187, 8188, 12276)] == [4096, 1, 4092, 1, 4088, 4092]
    assert [block(at)[0] for at in (0, 4095, 4096, 8187, 8188, 12276)] == [0, 0, 4096, 4096, 8188, 12276]


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(1, 150), st.integers(0, 4000)), min_size=1, max_size=4),
    acknowledged=st.lists(st.integers(0, 60), max_size=3),
)
def test_power_cuts_at_any_write_lose_nothing_that_was_taken(cuts, acknowledged):
    medium = MemoryStorage()
    taken = 0
    for cut, torn in cuts:
        storage = medium.restarted()
        storage.fail_at, storage.torn = cut, torn
        try:
            journal = SmallJournal(storage, segment_bytes=6000)
            assert journal.next_sequence in (
                taken + 1,
                taken + 2,
            )  # one under way may have reached the medium
            for number in range(journal.next_sequence, journal.next_sequence + 60):
                journal.append(record(number))
                taken = number
                if number in acknowledged:
                    journal.acknowledge(number)
        except PowerCut:
            pass
    journal = SmallJournal(medium.restarted(), segment_bytes=6000)
    assert journal.next_sequence in (taken + 1, taken + 2)
    assert list(journal.since(0)) == numbered(1, journal.next_sequence - 1)
    filled(medium.restarted(), journal.next_sequence + 30)
    assert list(SmallJournal(medium.restarted()).since(0)) == numbered(1, journal.next_sequence + 30)
    assert journal.health()["damaged"] == 0


@settings(max_examples=25, deadline=None)
@given(fails=st.integers(1, 120), happened=st.booleans(), count=st.integers(1, 30))
def test_a_write_that_fails_keeps_nothing_and_the_next_record_takes_its_number(fails, happened, count):
    """Whether or not the bytes reached the medium all the same, before the error."""
    storage = MemoryStorage()
    storage.fail_at, storage.torn = storage.operations + fails, 5000 if happened else 0
    storage.error = OSError(errno.EIO, "flash")
    journal = SmallJournal(storage)
    refused = 0
    for _ in range(100):
        try:
            journal.append(record(journal.next_sequence))
        except StorageFailed:
            refused += 1
    assert refused <= 1
    assert list(journal.since(0)) == numbered(1, 100 - refused)
    assert list(SmallJournal(storage.restarted()).since(0)) == numbered(1, 100 - refused)


@settings(max_examples=25, deadline=None)
@given(
    file=st.integers(0, 1000), at=st.integers(0, 5000), change=st.integers(1, 255), length=st.integers(1, 40)
)
def test_rotten_bytes_are_never_served_and_hide_nothing_else(file, at, change, length):
    """One book may rot altogether: there is another copy."""
    storage = MemoryStorage()
    filled(storage, 90, segment_bytes=6000)
    names = [name for name in sorted(storage.files) if name != "journal.mark"]
    medium = storage.files[names[file % len(names)]]
    start = at % len(medium)
    for index in range(start, min(start + length, len(medium))):
        medium[index] ^= change
    journal = SmallJournal(storage.restarted(), segment_bytes=6000)
    served = list(journal.since(0))
    assert set(served) <= set(numbered(1, 90))
    assert [number for number, _ in served] == sorted({number for number, _ in served})
    assert len(served) >= 90 - 2 - length // 100


def test_without_both_copies_of_a_book_its_records_are_damaged_and_the_till_goes_on():
    storage = MemoryStorage()
    filled(storage, 5)
    for name in named(storage, "book-"):
        storage.files[name][30] ^= 1
    journal = filled(storage.restarted(), 9)
    assert list(journal.since(0)) == numbered(6, 9)
    assert [told for _, told in pending(journal, 1 << 20)][:6] == [None] * 5 + [seal(record(6))]


def test_records_leave_in_batches_or_alone_in_pieces_that_a_device_has_room_for():
    journal = filled(MemoryStorage(), 30)
    assert pending(journal, 1 << 20) == numbered(1, 30)
    journal.acknowledge(7)
    number, pieces = alone(journal)
    assert (number, b"".join(pieces)) == numbered(8, 8)[0]
    assert max(map(len, pieces)) <= 256 and len(pieces) < 20


def test_a_restart_knows_of_acknowledgements_up_to_the_last_few_and_never_of_more():
    storage = MemoryStorage()
    journal = filled(storage, 100)
    for number in range(1, 91):
        journal.acknowledge(number)
    assert 90 - 32 < SmallJournal(storage.restarted()).acknowledged <= 90
    journal.rewind(20)
    assert SmallJournal(storage.restarted()).acknowledged == 20
    with pytest.raises(OutOfTurn):
        journal.acknowledge(101)


def test_what_was_acknowledged_leaves_by_age_and_by_size_and_books_nobody_needs_leave_with_it():
    storage, clock = MemoryStorage(), HandClock()
    journal = filled(storage, 150, clock=clock, segment_bytes=4000, keep_bytes=12_000)
    assert journal.oldest() == 1
    journal.acknowledge(140)
    books = named(storage, "book-")
    for number in range(151, 400):
        journal.append(record(number))
        journal.acknowledge(number - 1)
    assert journal.oldest() > 200
    assert named(storage, "book-")[0] > books[0]
    again = SmallJournal(storage.restarted())
    assert list(again.since(0)) == numbered(journal.oldest(), 399)
    assert again.acknowledged >= again.oldest() - 1
    clock.forward(20 * DAY)
    filled(storage.restarted(), 700, clock=clock, segment_bytes=4000)
    assert SmallJournal(storage.restarted()).oldest() > 390 - 32 - 30


def test_on_full_flash_what_was_acknowledged_makes_room_and_then_records_are_refused_by_name():
    storage = MemoryStorage()
    journal = filled(storage, 200, segment_bytes=4000)
    journal.acknowledge(120)
    storage.room = sum(map(len, storage.files.values())) + 3000
    with pytest.raises(StorageFailed) as refused:
        for number in range(201, 900):
            journal.append(record(number))
    assert refused.value.code == "journal-full"
    kept = journal.next_sequence - 1
    assert kept > 230 and journal.oldest() > 60
    assert list(journal.since(120)) == numbered(121, kept)
    storage.room = 1 << 20
    filled(storage.restarted(), kept + 30)
    assert list(SmallJournal(storage.restarted()).since(120)) == numbered(121, kept + 30)


def test_records_of_days_alone_make_room_for_a_snapshot_as_soon_as_the_service_has_them():
    journal = filled(MemoryStorage(), 300, segment_bytes=4000, keep_bytes=12_000)
    storage = journal._storage
    storage.room = sum(map(len, storage.files.values())) + 1000  # for the mark
    for number in range(1, 301):
        journal.acknowledge(number)
    assert sum(len(storage.files[name]) for name in named(storage, "journal-")) < 12_000 + 4096
    assert storage.free() > 20_000
    assert list(SmallJournal(storage).since(0)) == numbered(journal.oldest(), 300)
    assert journal.oldest() > 150


def test_a_sale_and_what_came_back_of_it_are_found_by_the_id_of_the_checkout():
    storage = MemoryStorage()
    journal = filled(storage, 60)
    back = {"kind": "return", "checkout_id": "visit-9", "return_id": "r", "sequence": 61, "customer": None}
    journal.append(back)
    journal.append(record(62))
    sale = sales.find(journal, "visit-9")
    assert sale["sequence"] == 9
    assert sales.returned(journal, sale) == [opened(seal(back))]
    assert [one["sequence"] for one in sales.after(journal, 57)] == [58, 59, 60, 62]


@pytest.mark.parametrize("torn", [0, 200])
def test_records_of_erased_customers_are_emptied_wherever_they_wait_and_whenever_power_goes(torn):
    begun = MemoryStorage()
    filled(begun, 40, segment_bytes=6000).acknowledge(40)
    tags, number, cut = tombstones.tag(token(3)), 0, True
    while cut:
        number += 1
        storage = MemoryStorage({name: bytearray(file) for name, file in begun.files.items()})
        storage.fail_at, storage.torn, cut = number, torn, False
        try:
            looked_through(storage, tags)
        except PowerCut:
            cut = True
        journal = looked_through(storage.restarted(), tags)
        left = list(journal.since(0))
        assert [sequence for sequence, _ in left] == list(range(1, 41))
        for sequence, told in left:
            if sequence % 7 == 3:
                assert opened(told)["was"] == opened(line(sequence))["hash"]
            else:
                assert told == line(sequence)
        gone = bytes.fromhex(token(3))
        assert not any(gone in file for file in storage.files.values())
    assert number > 10


def looked_through(storage, tags: str) -> SmallJournal:
    journal = SmallJournal(storage, segment_bytes=6000)
    journal.acknowledge(40)
    emptying = Emptying(storage, journal)
    while emptying.step(tags, 40):
        pass
    return journal


def test_what_a_version_before_left_unpacked_is_read_and_gone_on_with():
    storage = MemoryStorage()
    before = Journal(storage, segment_bytes=5000)
    for number in range(1, 12):
        before.append(record(number))
    before.acknowledge(4)
    journal = filled(storage.restarted(), 50)
    assert journal.acknowledged == 4
    assert list(journal.since(0)) == numbered(1, 50)
    assert list(SmallJournal(storage.restarted()).since(0)) == numbered(1, 50)


def test_what_was_gathered_is_read_and_gone_on_with_by_a_till_pc():
    storage = MemoryStorage()
    journal = filled(storage, 60)
    journal.acknowledge(40)
    journal.gather()
    journal.append(record(61))
    journal.gather()
    assert named(storage, "tail-") == []
    on_pc = Journal(storage.restarted())
    assert on_pc.acknowledged == 40
    on_pc.append(record(62))
    assert list(Journal(storage.restarted()).since(0)) == numbered(1, 62)


def test_what_a_replacement_left_behind_is_no_slot_and_no_book():
    storage = MemoryStorage()
    filled(storage, 9)
    storage.files["tail-01.tmp"] = bytearray(b"half")
    storage.files["book-00002.tmp"] = bytearray(b"half")
    journal = filled(storage.restarted(), 40)
    assert list(journal.since(0)) == numbered(1, 40)


def test_a_line_that_is_no_record_is_kept_as_it_is():
    storage = MemoryStorage()
    journal = SmallJournal(storage)
    long = {"text": "x" * 70_000}  # too long to be packed
    for one in (b'{"n":1}', [b'{"n"', b":2}"], long):
        journal.append(one)
    kept = [told for _, told in SmallJournal(storage.restarted()).since(0)]
    assert kept == [b'{"n":1}', b'{"n":2}', seal(long)]
