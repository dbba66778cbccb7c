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
RECORDS = 600 if SOAK else 30
DOUBLE = 10_000 if SOAK else 40


def on_micropython(script: str, *arguments: str) -> str:
    """What a script of this folder says last."""
    micropython = str(Path(sys.executable).with_name("micropython"))
    command = [micropython, "-X", "heapsize=64M", "tests/power/" + script, *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3600)
    assert run.returncode == 0, run.stdout[-1000:] + run.stderr[-1000:]
    return run.stdout


def cut(tmp_path: Path, records: int, page: int, *how: str) -> dict:
    """The last line of all; a file that is open when the power goes may complain before it."""
    arguments = [str(records), str(page), str(DOUBLE), str(tmp_path / "trace"), *how]
    return json.loads(on_micropython("flash_day.py", *arguments).splitlines()[-1])


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("page", [256, 32] if SOAK else [256])
def test_a_cut_at_every_operation_of_the_flash_loses_nothing_that_was_kept(tmp_path, page):
    told = cut(tmp_path, RECORDS, page)
    assert told["troubles"] == {} and told["double troubles"] == {}
    assert told["double cuts"] == DOUBLE
    assert told["cuts"] == 2 * (told["programs"] + told["erases"])
    print(f"page of {page} bytes: {told}")


def test_the_cuts_show_what_a_till_loses_that_flushes_late(tmp_path):
    told = cut(tmp_path, 30, 256, "careless")
    assert list(told["troubles"]) == ["lost: a record"]
    assert told["troubles"]["lost: a record"] > told["cuts"] / 2


def test_a_record_costs_a_device_a_fifth_of_an_erase():
    """Of 600 that are acknowledged one by one, all that the journal does for them counted."""
    rows = [line.split("|") for line in on_micropython("flash_cost.py").splitlines()]
    erases = {(row[1].strip(), row[2].strip()): row[3].strip() for row in rows}
    assert float(erases["a record, its acknowledgement and sums", "256"]) <= 0.2
    assert float(erases["a record as a till PC keeps it", "256"]) > 1


def test_an_esp32_mounts_its_files_so_that_a_record_costs_it_no_more():
    erases = json.loads(on_micropython("flash_esp32.py"))
    assert erases["board"] <= 0.2 < 0.5 < erases["port"]
