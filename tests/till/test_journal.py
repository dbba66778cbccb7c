"""What a journal promises: what it took it keeps, in order, through power cuts, full media and rotten bytes."""

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.core.record import OutOfTurn
from pos_client.desktop import FolderStorage
from pos_client.journal import Journal
from pos_client.outgoing import pending
from pos_client.ports import StorageFailed
from tests.fakes import HandClock, MemoryStorage, PowerCut

DAY = 86400


def line(number, size=40):
    return b'{"n":' + str(number).encode() + b',"x":"' + b"x" * size + b'"}'


def filled(storage, count, **limits):
    journal = Journal(storage, **limits)
    for number in range(1, count + 1):
        journal.append(line(number))
    return journal


def segments(storage):
    return sorted(name for name in storage.files if name.startswith("journal-"))


def everything(journal):
    return list(journal.since(0))


def numbered(count):
    return [(number, line(number)) for number in range(1, count + 1)]


def test_what_was_appended_is_served_in_order_across_segments_and_restarts():
    storage = MemoryStorage()
    filled(storage, 20, segment_bytes=200)
    journal = Journal(storage.restarted())
    assert len(segments(storage)) > 3
    assert everything(journal) == numbered(20)
    assert journal.next_sequence == 21


def test_a_folder_on_disk_keeps_what_a_restarted_till_reads(tmp_path):
    filled(FolderStorage(tmp_path / "till"), 9, segment_bytes=150)
    assert everything(Journal(FolderStorage(tmp_path / "till"))) == numbered(9)


def test_reading_on_from_any_sequence_gives_the_rest():
    journal = filled(MemoryStorage(), 30, segment_bytes=300)
    for start in (0, 29, 7, 8, 30, 3):
        assert list(journal.since(start)) == numbered(30)[start:]


def test_only_acknowledged_records_stop_being_pending_and_a_restart_remembers_them():
    storage = MemoryStorage()
    journal = filled(storage, 5)
    journal.acknowledge(3)
    journal.acknowledge(2)
    assert pending(Journal(storage.restarted()), 10_000) == numbered(5)[3:]


def test_a_batch_holds_what_fits_and_at_least_one_record():
    journal = filled(MemoryStorage(), 5)
    assert pending(journal, 1) == numbered(1)
    assert pending(journal, len(line(1)) * 2 + 2) == numbered(2)


def test_an_acknowledgement_of_records_never_written_is_refused_and_changes_nothing():
    journal = filled(MemoryStorage(), 3)
    with pytest.raises(OutOfTurn):
        journal.acknowledge(4)
    assert journal.acknowledged == 0


def test_numbering_goes_on_when_every_segment_is_gone():
    storage = MemoryStorage()
    filled(storage, 7).acknowledge(7)
    for name in segments(storage):
        del storage.files[name]
    journal = Journal(storage.restarted())
    journal.append(line(8))
    assert everything(journal) == [(8, line(8))]


def test_a_service_that_forgot_is_sent_the_kept_records_again():
    storage = MemoryStorage()
    journal = filled(storage, 10)
    journal.acknowledge(10)
    journal.rewind(4)
    assert pending(Journal(storage.restarted()), 10_000) == numbered(10)[4:]


@settings(max_examples=150, deadline=None)
@given(
    cut=st.integers(1, 40),
    torn=st.integers(0, 70),
    acknowledged=st.lists(st.integers(0, 12), max_size=3),
)
def test_a_power_cut_at_any_write_loses_nothing_that_was_taken(cut, torn, acknowledged):
    storage = MemoryStorage()
    storage.fail_at, storage.torn = cut, torn
    taken = 0
    try:
        journal = Journal(storage, segment_bytes=150)
        for number in range(1, 13):
            journal.append(line(number))
            taken = number
            if number in acknowledged:
                journal.acknowledge(number)
    except PowerCut:
        pass
    journal = Journal(storage.restarted(), segment_bytes=150)
    kept = journal.next_sequence - 1
    assert kept in (taken, taken + 1)  # the record under way may have reached the medium whole
    journal.append(line(kept + 1))
    assert everything(journal) == numbered(kept + 1)
    assert everything(Journal(storage.restarted())) == numbered(kept + 1)
    assert journal.health()["damaged"] == 0


def test_a_frame_that_was_refused_but_reached_the_medium_gives_way_to_its_successor():
    storage = MemoryStorage()
    journal = filled(storage, 2)
    storage.fail_at, storage.torn, storage.error = storage.operations + 1, 1000, OSError(errno.EIO, "fsync")
    with pytest.raises(StorageFailed):
        journal.append(b'{"n":"refused"}')
    journal.append(line(3))
    assert everything(journal) == numbered(3)
    assert everything(Journal(storage.restarted())) == numbered(3)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 2000), change=st.integers(1, 255), length=st.integers(1, 90))
def test_rotten_bytes_are_never_served_and_never_hide_what_follows_them(at, change, length):
    storage = MemoryStorage()
    filled(storage, 20, segment_bytes=500)
    names = segments(storage)
    medium = storage.files[names[at % (len(names) - 1)]]
    start = at % len(medium)
    for index in range(start, min(start + length, len(medium))):
        medium[index] ^= change
    journal = Journal(storage.restarted())
    served = everything(journal)
    assert set(served) < set(numbered(20))
    assert [number for number, _ in served] == sorted({number for number, _ in served})
    assert len(served) >= 20 - 2 - length // len(line(1))
    assert journal.health()["damaged"] == 20 - len(served)


def test_a_damaged_record_is_pending_as_a_hole_so_that_the_others_can_leave():
    storage = MemoryStorage()
    filled(storage, 4)
    (name,) = segments(storage)
    at = storage.files[name].index(line(2))
    storage.files[name][at + 3] ^= 1
    journal = Journal(storage.restarted())
    assert pending(journal, 10_000) == [(1, line(1)), (2, None), (3, line(3)), (4, line(4))]
    assert journal.health()["damaged"] == 1


def test_damaged_records_are_counted_once_in_whatever_order_they_are_read():
    """A start may begin with the newest ones, and what is sent with the oldest."""
    storage = MemoryStorage()
    filled(storage, 30, segment_bytes=500)
    for number in (5, 6, 12, 21):
        for name in segments(storage):
            at = storage.files[name].find(line(number))
            if at >= 0:
                storage.files[name][at + 3] ^= 1
    journal, counted = Journal(storage.restarted()), []
    for sequence in (20, 25, 11, 5, 11, 0):
        list(journal.since(sequence))
        counted.append(journal.health()["damaged"])
    assert counted == [1, 1, 2, 3, 3, 4]


def test_a_full_medium_refuses_the_record_by_name_and_takes_it_when_there_is_room():
    storage = MemoryStorage()
    journal = filled(storage, 3)
    storage.room = sum(map(len, storage.files.values())) + 10
    for _ in range(3):
        with pytest.raises(StorageFailed) as refused:
            journal.append(line(4))
        assert refused.value.code == "journal-full"
    assert journal.health()["trouble"] == "journal-full"
    storage.room = 1 << 20
    journal.append(line(4))
    assert journal.health()["trouble"] is None
    assert everything(Journal(storage.restarted())) == numbered(4)


def test_on_a_full_medium_acknowledged_segments_make_room_oldest_first():
    storage = MemoryStorage()
    journal = filled(storage, 20, segment_bytes=200)
    journal.acknowledge(15)
    storage.room = sum(map(len, storage.files.values()))
    journal.append(line(21))
    served = everything(journal)
    assert served == numbered(21)[-len(served) :]
    assert len(served) >= 6


def test_a_failing_medium_is_an_error_of_its_own_and_gives_up_no_kept_record():
    storage = MemoryStorage()
    journal = filled(storage, 10, segment_bytes=100)
    journal.acknowledge(10)
    storage.fail_at, storage.error = storage.operations + 1, OSError(errno.EIO, "worn out")
    with pytest.raises(StorageFailed) as refused:
        journal.append(line(11))
    assert refused.value.code == "journal-unwritable"
    assert everything(journal) == numbered(10)


def test_acknowledged_segments_leave_by_age_and_unacknowledged_ones_never():
    storage, clock = MemoryStorage(), HandClock()
    journal = Journal(storage, clock, segment_bytes=100, keep_days=5)
    for number in range(1, 11):
        journal.append(line(number))
        clock.forward(seconds=DAY)
    assert everything(journal) == numbered(10)
    journal.acknowledge(8)
    clock.forward(seconds=30 * DAY)
    for number in range(11, 14):
        journal.append(line(number))
    assert [number for number, _ in everything(journal)] == list(range(9, 14))


def test_acknowledged_segments_leave_by_size_where_the_date_is_unknown():
    storage = MemoryStorage()
    journal = Journal(storage, HandClock(now=None), segment_bytes=100, keep_bytes=500)
    for number in range(1, 41):
        journal.append(line(number))
        journal.acknowledge(number)
    assert sum(map(len, storage.files.values())) < 900
    assert everything(journal)[-1] == (40, line(40))


def test_the_newest_matching_record_is_found_for_a_return():
    journal = filled(MemoryStorage(), 20, segment_bytes=200)
    assert journal.find(lambda kept: b'"n":1' in kept) == line(19)
    assert journal.find(lambda kept: b"nowhere" in kept) is None


def test_a_mark_that_rotted_means_sending_again_not_losing():
    storage = MemoryStorage()
    filled(storage, 3).acknowledge(2)
    storage.files["journal.mark"][5] ^= 1
    assert pending(Journal(storage.restarted()), 10_000) == numbered(3)


def test_a_mark_that_cannot_be_written_lights_a_lamp_and_stops_nothing():
    storage = MemoryStorage()
    journal = filled(storage, 3)
    storage.fail_at, storage.error = storage.operations + 1, OSError(errno.EIO, "worn out")
    journal.acknowledge(2)
    assert journal.health()["trouble"] == "journal-unwritable"
    assert pending(journal, 10_000) == numbered(3)[2:]


def test_health_names_the_oldest_record_that_was_not_sent():
    journal = filled(MemoryStorage(), 5)
    journal.acknowledge(3)
    assert journal.health() == {"depth": 2, "oldest_unsent": 4, "damaged": 0, "trouble": None}
    journal.acknowledge(5)
    assert journal.health() == {"depth": 0, "oldest_unsent": None, "damaged": 0, "trouble": None}
