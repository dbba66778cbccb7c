"""The built device with all its parts, chips and lines emulated, in 190 KB of heap: it fits, and does not grow."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmware import build
from tests.firmware.runtime.test_counter import Counter

ROOT = Path(__file__).resolve().parents[3]
CUSTOMERS = 10000 if os.environ.get("RUNG_SOAK") else 24
EMULATED = "core.expect firmware.fakes.bench firmware.fakes.keys firmware.fakes.lcd firmware.fakes.paper"
_RUN = """
import pathlib, sys
from firmware.emulate import run
run(pathlib.Path(sys.argv[1]), "import rung; rung.main(1, " + sys.argv[2] + ")", "-X", "heapsize=190k")
"""


@pytest.mark.timeout(7200 if os.environ.get("RUNG_SOAK") else 300)
def test_a_day_at_the_counter_fits_into_the_heap_and_leaves_it_as_it_was(tmp_path, monkeypatch):
    names = [f"tests.{name}" for name in [*EMULATED.split(), "firmware.fakes.serial"]]
    sources = {name: ROOT / (name.replace(".", "/") + ".py") for name in names}
    sources["firmware.main"] = ROOT / "tests" / "firmware" / "runtime" / "counter_board.py"
    whole = {**build._sources(), **sources}
    monkeypatch.setattr(build, "_sources", lambda: dict(whole))
    flash = build.build(tmp_path / "build")
    counter = Counter(tmp_path / "board")
    environment = {**os.environ, "RUNG_DATA": str(counter.folder), "RUNG_TILL_PORT": str(counter.port)}
    command = [sys.executable, "-c", _RUN, str(flash), str(CUSTOMERS)]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert (told["wrong"], told["lost"], told["faults"], told["crash"]) == (0, 0, 0, "")
    assert told["records"] == CUSTOMERS and told["slips"] > 0
    assert told["grown"] < 8192, told  # what was sold is counted in blocks, up to a limit
    (free,) = re.findall(r"free: (\d+)", ran.stdout)
    assert int(free) > 32 * 1024, ran.stdout[-1000:]
