"""The power goes at every operation of a device's flash, before it and in its middle: nothing that was kept is lost.

Files are littlefs's, as on a device, the flash is in RAM. ``RUNG_SOAK=1`` cuts a day of 600 records with both usual
sizes of a page, and 10,000 times twice.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOAK = bool(os.environ.get("RUNG_SOAK"))
RECORDS, BEFORE = (600, 0) if SOAK else (40, 60)
DOUBLE = 10_000 if SOAK else 40


def on_micropython(script: str, *arguments: str) -> str:
    """What a script of this folder says last."""
    micropython = str(Path(sys.executable).with_name("micropython"))
    command = [micropython, "-X", "heapsize=64M", "tests/power/" + script, *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10800)
    assert run.returncode == 0, run.stdout[-1000:] + run.stderr[-1000:]
    return run.stdout


def cut(tmp_path: Path, page: int, double: int, records: int, before: int, fault: str = "") -> dict:
    """The last line of all; a file that is open when the power goes may complain before it."""
    arguments = [str(records), str(page), str(double), str(tmp_path / "trace"), str(before)]
    said = on_micropython("flash_day.py", *arguments, *[fault] * bool(fault))
    return json.loads(said.splitlines()[-1])


@pytest.mark.timeout(14400)
@pytest.mark.parametrize("page", [256, 32] if SOAK else [256])
def test_a_cut_at_every_operation_of_the_flash_loses_nothing_that_was_kept(tmp_path, page):
    """Records, sums and compact snapshots; and what is counted of allowances and budgets is what a recount says."""
    told = cut(tmp_path, page, DOUBLE, RECORDS, BEFORE)
    assert told["troubles"] == {} and told["double troubles"] == {}
    assert told["double cuts"] == DOUBLE
    assert told["cuts"] == 2 * (told["programs"] + told["erases"])
    assert min(told["within"].get(name, 0) for name in ("tail", "journal", "sums", "snapshot", "boot")) > 0
    print(f"page of {page} bytes: {told}")


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("careless", "lost: a record"),
        ("early", "miscounted"),
        ("checked early", ""),
        ("twice", "miscounted"),
        ("stale", "miscounted"),
    ],
)
def test_the_cuts_show_what_is_wrong_with_a_till_that(fault, seen, tmp_path):
    """See `flash_faults`; the one that looks whether its sums are true makes up for keeping them too early."""
    told = cut(tmp_path, 256, 0, 16, 84, fault)
    assert (max(told["troubles"], key=told["troubles"].get) if told["troubles"] else "") == seen
    assert told["within"]["sums"] > 0
    print(f"{fault}: {told}")


def test_a_record_costs_a_device_a_fifth_of_an_erase():
    """Of 600 that are acknowledged one by one, all that the journal does for them counted."""
    rows = [line.split("|") for line in on_micropython("flash_cost.py").splitlines()]
    erases = {(row[1].strip(), row[2].strip()): row[3].strip() for row in rows}
    assert float(erases["a record, its acknowledgement and sums", "256"]) <= 0.2
    assert float(erases["a record as a till PC keeps it", "256"]) > 1


def test_an_esp32_mounts_its_files_so_that_a_record_costs_it_no_more():
    erases = json.loads(on_micropython("flash_esp32.py"))
    assert erases["board"] <= 0.2 < 0.5 < erases["port"]
