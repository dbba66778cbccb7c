"""The N-th thing a till asks of its storage fails, for every N: it sells on, loses nothing it told, and recovers."""

import errno
import os

import pytest

from pos_client import desktop
from pos_client.core.event import opened
from pos_client.journal import Journal
from pos_client.ports import StorageFailed
from tests.fakes import MemoryStorage
from tests.power.faulty_os import FaultyOs
from tests.power.faulty_storage import FaultyStorage
from tests.power.faulty_till import Day
from tests.till.signed_service import Service

SOAK = bool(os.environ.get("RUNG_SOAK"))
KINDS = {
    "one error": {"number": errno.EIO},
    "five errors in a row": {"number": errno.EIO, "lasting": 5},
    "a full disk, half a record written": {"number": errno.ENOSPC, "lasting": 8, "torn": 90},
    "a disk that is gone until the evening": {"number": errno.EIO, "lasting": 1 << 30},
    "a disk that is full until the evening": {"number": errno.ENOSPC, "lasting": 1 << 30, "torn": 40},
}


def recovers(day: Day, obey) -> None:
    """In the evening the medium obeys again: with the next sale all is as it should be, without a restart."""
    obey()
    day.sell("evening")
    day.publish(3)
    day.sync()
    health = day.health()
    assert day.told["evening"] is not None
    assert (health["journal"]["depth"], health["journal"]["trouble"]) == (0, None), str(health)
    assert health["snapshot"]["version"] == 3
    assert health["link"]["trouble"] is None and health["link"]["snapshot_trouble"] is None, health
    everything_arrived(day)


def everything_arrived(day: Day) -> None:
    """Each record a cashier was told of is at the service, once, under the number that was told."""
    arrived = [opened(line) for line in day.service.lines]
    assert [record["sequence"] for record in arrived] == list(range(1, len(arrived) + 1))
    numbers = {
        record["checkout_id"]: record["sequence"] for record in arrived if record["kind"] == "checkout"
    }
    back = {record["return_id"]: record["sequence"] for record in arrived if record["kind"] == "return"}
    for name, told in day.told.items():
        if told is not None:
            assert {**numbers, **back}[name] == told["sequence"], name


def test_a_day_without_a_fault_is_right(monkeypatch):
    day = Day(FaultyStorage(MemoryStorage()), Service(), monkeypatch)
    day.work()
    assert all(day.told.values()) and "back-a" in day.told
    recovers(day, lambda: None)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_asked_of_the_storage_may_fail(monkeypatch, kind):
    calls = 1 << 30
    for number in range(1, 2000, 1 if SOAK else 5):
        if number > calls:
            break
        storage = FaultyStorage(MemoryStorage(), fail_at=number, **KINDS[kind])
        day = Day(storage, Service(), monkeypatch)
        day.work()
        calls = storage.calls
        recovers(day, storage.obey)
    print(f"{kind}: each of {calls} calls")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_whatever_is_asked_of_a_real_folder_may_fail(monkeypatch, tmp_path, number):
    at, calls = 0, 1 << 30
    while at <= calls:
        at += 1 if SOAK else 7
        system = FaultyOs(fail_at=at, error=OSError(number, "injected"), lasting=3)
        with monkeypatch.context() as patched:
            patched.setattr(desktop, "os", system)
            day = Day(desktop.FolderStorage(tmp_path / str(at)), Service(), monkeypatch)
            day.work()
            calls = system.calls
            system.fail_at = 0
            recovers(day, lambda: None)
    print(f"{errno.errorcode[number]}: each of {calls} calls of the system")


def test_a_segment_whose_flush_failed_is_never_written_to_again(monkeypatch, tmp_path):
    for at in range(1, 40):
        system = FaultyOs(fail_at=at, error=OSError(errno.EIO, "injected"))
        monkeypatch.setattr(desktop, "os", system)
        folder = tmp_path / str(at)
        journal, sizes = Journal(desktop.FolderStorage(folder)), {}
        for number in range(1, 8):
            try:
                journal.append(b'{"n":%d}' % number)
            except StorageFailed:
                sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        for name, size in sizes.items():
            if name.startswith("journal-") and (folder / name).exists():
                assert (folder / name).stat().st_size == size
