"""The power goes at any moment of a service's day: what a till heard to be kept is in the log, whole and counted once.

The day's real system calls are recorded once; the images of what a disk may then hold are made and opened by the
hundred. ``RUNG_SOAK=1`` makes ten thousand.
"""

import os
import random
from pathlib import Path

import pytest
from sqlalchemy import text

from pricing_service import release_store, replaying
from pricing_service.database import Database
from tests.power import service_day, trace
from tests.power.crash import Disk
from tests.service.guarded import settle

SOAK = bool(os.environ.get("RUNG_SOAK"))
BATCHES = 60 if SOAK else 27
IMAGES = 10_000 if SOAK else 100
REPLAYS = 100 if SOAK else 10  # one image of so many is compared with a replay, the slow part
FILES = ("rung.db", "rung.db-wal", "rung.db-journal")  # not -shm: memory, which a cut empties
LINES = text("SELECT line FROM events WHERE device = :device ORDER BY sequence")
ACKNOWLEDGED = text("SELECT acknowledged FROM devices WHERE device = :device")


class Day:
    """A recorded day: what lay on the disk before it, what was done, what the tills had to send."""

    def __init__(self, folder: Path, synchronous: str, batches: int) -> None:
        self.sent = service_day.prepare(folder, batches)
        program = ["tests.power.service_day", str(folder), str(batches), synchronous]
        self.before, self.operations = trace.traced(program, folder, folder.with_suffix(".trace"), FILES)
        self._folder = folder
        self._right: dict[tuple[int, ...], replaying.Derived] = {}
        self._judgements = 0

    def is_faithful(self) -> bool:
        """Whether the operations lead to the very files that the day left."""
        disk = Disk(self.before)
        for operation in self.operations:
            disk.apply(operation)
        return disk.whole() == trace.contents(self._folder, FILES)

    def images(self, count: int, seed: int):
        """Yields (what each till had heard, files) for ``count`` cuts, spread over the whole day."""
        chance, disk = random.Random(seed), Disk(self.before)
        cuts = sorted(chance.randrange(len(self.operations)) for _ in range(count))
        heard = dict.fromkeys(self.sent, 0)
        for at, operation in enumerate(self.operations):
            while cuts and cuts[0] == at:
                cuts.pop(0)
                yield heard, disk.after_cut(chance)
            if operation[0] == "said":
                till, number = operation[1].split()
                heard[till] = int(number)
            disk.apply(operation)

    def trouble(self, folder: Path, heard: dict[str, int], files: dict[str, bytes]) -> str:
        """What is wrong with an image; nothing, if all is well."""
        for name, content in files.items():
            (folder / name).write_bytes(content)
        database = Database(folder / "rung.db")
        try:
            settle(database)
            with database.reading() as connection:
                return self._judged(connection, heard)
        except Exception as broken:
            return f"unopenable: {broken}"
        finally:
            database.close()
            for path in folder.iterdir():
                path.unlink()

    def _judged(self, connection, heard: dict[str, int]) -> str:
        if connection.execute(text("PRAGMA integrity_check")).scalar_one() != "ok":
            return "damaged"
        kept = {till: list(connection.execute(LINES, {"device": till}).scalars()) for till in self.sent}
        for till, lines in kept.items():
            if lines != self.sent[till][: len(lines)]:
                return "a bad record was not seen"
            if len(lines) < heard[till]:
                return f"lost: {till} heard {heard[till]}, {len(lines)} are there"
            if connection.execute(ACKNOWLEDGED, {"device": till}).scalar_one() != len(lines):
                return "the acknowledgement is of other records than the log"
        self._judgements += 1
        is_derived = self._judgements % REPLAYS or self._is_derived(connection, kept)
        return "" if is_derived else "beliefs are not what the log says"

    def _is_derived(self, connection, kept: dict[str, list[bytes]]) -> bool:
        """The same records have come in the same order whenever as many are there."""
        counts = tuple(len(lines) for lines in kept.values())
        if counts not in self._right:
            self._right[counts] = replaying.replay(connection, release_store.in_force(connection).model)
        return replaying.stored(connection) == self._right[counts]


@pytest.fixture
def traced_day(tmp_path):
    trace.needed()
    return lambda synchronous, batches: Day(tmp_path / synchronous, synchronous, batches)


@pytest.fixture
def room(tmp_path):
    folder = tmp_path / "image"
    folder.mkdir()
    return folder


@pytest.mark.timeout(3600)
def test_no_cut_of_the_power_takes_a_record_that_a_till_heard_to_be_kept(traced_day, room):
    day = traced_day("FULL", BATCHES)
    assert day.is_faithful()
    kinds = [operation[0] for operation in day.operations]
    assert (
        kinds.count("flush") > BATCHES and kinds.count("remove") >= 1
    )  # checkpoints, and an old log removed
    troubles = [day.trouble(room, heard, files) for heard, files in day.images(IMAGES, 1)]
    assert troubles == [""] * IMAGES
    print(f"{IMAGES} crash images of {len(day.operations)} operations")


def test_the_images_show_what_a_lighter_setting_loses(traced_day, room):
    day = traced_day("NORMAL", 12)
    troubles = [day.trouble(room, heard, files) for heard, files in day.images(40, 2)]
    lost = [trouble for trouble in troubles if trouble.startswith("lost")]
    assert len(lost) > 8
    assert all(trouble.startswith("lost") for trouble in troubles if trouble)
