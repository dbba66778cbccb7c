"""A device with all its parts under MicroPython: customers served by keys, scanner and printer, the power pulled."""

import json
import os
import subprocess
import sys
from pathlib import Path

from pos_client.core.event import opened
from pos_client.desktop import FolderStorage
from pos_client.small_journal import SmallJournal
from tests.firmware.runtime.headquarters import IDENTITY, Headquarters
from tests.till.processes import asked, free_port

ROOT = Path(__file__).resolve().parents[3]
SOAK = bool(os.environ.get("RUNG_SOAK"))


class Counter:
    """The emulated device over one folder."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        files = folder / "till" / "till-1-2"
        files.mkdir(parents=True)
        (folder / "till" / "till.json").write_text(json.dumps({**IDENTITY, "service": ""}))
        snapshot = Headquarters().snapshot
        assert snapshot
        (files / "snapshot").write_bytes(snapshot[0])

    def begun(self, first: int, last: int) -> subprocess.Popen:
        import microdot

        site = Path(str(microdot.__file__)).parents[1]
        places = ":".join([".frozen", str(ROOT), str(site)])
        environment = {"MICROPYPATH": places, "RUNG_DATA": str(self.folder), "RUNG_TILL_PORT": str(self.port)}
        micropython = str(Path(sys.executable).with_name("micropython"))
        program = ("-X", "heapsize=2M", "tests/firmware/runtime/counter_board.py", str(first), str(last))
        return subprocess.Popen(
            [micropython, *program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )

    def records(self) -> list[dict]:
        storage = FolderStorage(self.folder / "till" / "till-1-2")
        return [opened(line) for _, line in SmallJournal(storage).since(0)]


def heard(process: subprocess.Popen, words: str) -> str:
    """The line that begins with these words; what came before it is of no interest."""
    assert process.stdout
    for line in process.stdout:
        if line.startswith(words):
            return line
    raise AssertionError(f"it never said {words}")


def test_a_day_by_keys_scanner_and_printer_with_the_power_pulled_loses_no_sale(tmp_path):
    last = 400 if SOAK else 12
    counter = Counter(tmp_path / "board")
    process = counter.begun(1, last)
    heard(process, "served 4")
    status, health = asked(counter.port, "GET", "/v1/health")
    assert (status, health["device"]) == (200, "till-1"), "the page and the API are served beside"
    process.kill()  # in the middle of the next customer, or of a record
    process.wait()
    before = counter.records()
    again = counter.begun(5, last)
    told = json.loads(heard(again, "{"))
    assert again.wait() == 0
    assert (told["wrong"], told["lost"], told["faults"], told["crash"]) == (0, 0, 0, "")
    assert told["slips"] > 0 and told["tones"] > 4 * (last - 4)
    assert told["grown"] < 4096
    records = counter.records()
    assert records[: len(before)] == before and len(before) >= 4
    assert [record["sequence"] for record in records] == list(range(1, told["records"] + 1))
    assert len(records) == len(before) + last - 4
    assert {record["boot"] for record in records} == {1, 2}
    assert all(len(record["lines"]) == 2 and record["customer"] for record in records)
    assert {record["outcome"] for record in records} == {"sold", "lost"}


def test_a_counter_at_which_nobody_stands_allocates_nothing_two_hundred_times_a_second():
    """A collection of the heap comes when it is full, and the key that is pressed then waits for it."""
    environment = {"MICROPYPATH": f".frozen:{ROOT}"}
    micropython = str(Path(sys.executable).with_name("micropython"))
    program = ("-X", "heapsize=4M", "tests/firmware/runtime/idle_counter.py")
    run = subprocess.run(
        [micropython, *program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.stdout.split() == ["0"], run.stdout + run.stderr
