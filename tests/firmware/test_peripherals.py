"""Peripherals on MicroPython: their tests, where code and tests share 3 MB of heap, and a whole day at a counter."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MICROPYTHON = str(Path(sys.executable).with_name("micropython"))
SOAK = bool(os.environ.get("RUNG_SOAK"))


def test_the_tests_of_the_peripherals_pass_on_micropython():
    modules = sorted(
        f"tests.firmware.peripherals.{path.stem}"
        for path in (ROOT / "tests/firmware/peripherals").glob("test_*.py")
    )
    command = [MICROPYTHON, "-X", "heapsize=3M", "tests/core/run_micropython.py", *modules]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(modules) > 1


def test_a_day_with_scanner_keys_display_and_printer_loses_nothing_and_keeps_no_heap(tmp_path):
    checkouts = 10_000 if SOAK else 60
    command = [
        MICROPYTHON,
        "-X",
        "heapsize=400k",
        "tests/firmware/counter_day.py",
        str(checkouts),
        str(tmp_path),
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=7200)
    assert run.returncode == 0, run.stdout + run.stderr
    told = json.loads(run.stdout)
    assert (told["records"], told["scans"], told["wrong"]) == (checkouts, 2 * checkouts, 0)
    assert told["slips"] == told["papers"] > checkouts // 5
    assert told["lost"] == told["faults"] == 0
    assert told["late"] - told["early"] < 2048 + checkouts // 10, told
