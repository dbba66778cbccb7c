"""The power goes at any moment of a till's day: what a cashier was told to be kept is there, and nothing false is.

The day's real system calls are recorded once, kills and restarts among them; then images of what a disk may hold are
opened by the hundred. ``RUNG_SOAK=1`` makes ten thousand.
"""

import os
import random
from pathlib import Path

import pytest

from pos_client.desktop import FolderStorage
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from tests.fakes import HandClock, MemoryStorage
from tests.power import journal_day, trace
from tests.power.crash import Disk

SOAK = bool(os.environ.get("RUNG_SOAK"))
RECORDS = 600
IMAGES = 10_000 if SOAK else 1000


class Day:
    """A recorded day of a till."""

    def __init__(self, folder: Path, *how: str) -> None:
        FolderStorage(folder)
        program = ["tests.power.journal_day", str(folder), str(RECORDS), *how]
        self.before, self.operations = trace.traced(program, folder, folder.with_suffix(".trace"))
        self.folder = folder

    def images(self, count: int, seed: int):
        """Yields (what was promised, files) for ``count`` cuts."""
        chance, disk = random.Random(seed), Disk(self.before)
        cuts = sorted(chance.randrange(len(self.operations)) for _ in range(count))
        promised = {"kept": 0, "acknowledged": 0, "snapshot": 0}
        for at, operation in enumerate(self.operations):
            while cuts and cuts[0] == at:
                cuts.pop(0)
                yield promised, disk.after_cut(chance)
            if operation[0] == "said":
                what, number = operation[1].split()
                promised[what] = int(number)
            disk.apply(operation)


def trouble(promised: dict[str, int], files: dict[str, bytes]) -> str:
    """What is wrong with an image; nothing, if all is well."""
    storage = MemoryStorage({name: bytearray(content) for name, content in files.items()})
    try:
        journal = Journal(storage, HandClock(), journal_day.SEGMENT, journal_day.KEPT)
        found = _judged(journal, promised) or _goes_on(storage, journal)
        version = _version(SnapshotFile(storage, journal_day.IDENTITY))
        return found or ("" if version >= promised["snapshot"] else "lost: the snapshot")
    except Exception as broken:
        return f"unopenable: {broken!r}"


def _judged(journal: Journal, promised: dict[str, int]) -> str:
    if journal.acknowledged < promised["acknowledged"]:
        return "lost: an acknowledgement"
    served = dict(journal.since(0))
    if any(line != journal_day.record(number) for number, line in served.items()):
        return "a bad record was not seen"
    wanted = range(journal.acknowledged + 1, promised["kept"] + 1)
    missing = [number for number in wanted if number not in served]
    return (
        f"lost: {missing}"
        if missing
        else "lost: a number"
        if journal.next_sequence <= promised["kept"]
        else ""
    )


def _goes_on(storage: MemoryStorage, journal: Journal) -> str:
    """A till that starts from this image keeps its next record."""
    number = journal.next_sequence
    journal.append(journal_day.record(number))
    again = Journal(storage, HandClock(), journal_day.SEGMENT, journal_day.KEPT)
    kept = dict(again.since(again.acknowledged)).get(number)
    return (
        "" if kept == journal_day.record(number) and again.next_sequence == number + 1 else "does not go on"
    )


def _version(snapshots: SnapshotFile) -> int:
    return snapshots.current.version if snapshots.current else 0


@pytest.fixture
def day(tmp_path):
    trace.needed()
    return lambda *how: Day(tmp_path / "till", *how)


@pytest.mark.timeout(3600)
def test_no_cut_of_the_power_takes_a_record_that_was_kept(day):
    whole = day()
    troubles = [trouble(promised, files) for promised, files in whole.images(IMAGES, 1)]
    assert [one for one in troubles if one] == []
    print(f"{IMAGES} crash images of {len(whole.operations)} operations")


def test_the_recorded_operations_lead_to_the_very_files_that_the_day_left(day):
    whole = day()
    disk = Disk(whole.before)
    for operation in whole.operations:
        disk.apply(operation)
    assert disk.whole() == trace.contents(whole.folder)
    kinds = {operation[0] for operation in whole.operations}
    assert kinds >= {"new", "write", "flush", "flush names", "rename", "remove", "said"}


def test_the_images_show_what_a_till_loses_that_does_not_flush(day):
    troubles = [trouble(promised, files) for promised, files in day("careless").images(200, 2)]
    assert sum(one.startswith("lost") for one in troubles) > 100
    assert not any(one.startswith(("a bad", "unopenable")) for one in troubles)
