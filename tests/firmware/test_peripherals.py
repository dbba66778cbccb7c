"""The tests of the peripherals pass on MicroPython as well, where code and tests share 2 MB of heap."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MICROPYTHON = str(Path(sys.executable).with_name("micropython"))


def test_the_tests_of_the_peripherals_pass_on_micropython():
    modules = sorted(
        f"tests.firmware.peripherals.{path.stem}"
        for path in (ROOT / "tests/firmware/peripherals").glob("test_*.py")
    )
    command = [MICROPYTHON, "-X", "heapsize=2M", "tests/core/run_micropython.py", *modules]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(modules) > 1
