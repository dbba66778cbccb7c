"""The built device with all its parts, chips and lines emulated, in a heap as small as a board's: it fits, and does not
grow. On 64 bits every word is twice a board's (docs/device.md)."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmware import build, emulate
from tests.firmware import of_32_bits
from tests.firmware.runtime.test_counter import Counter

ROOT = Path(__file__).resolve().parents[3]
CUSTOMERS = 10000 if os.environ.get("RUNG_SOAK") else 24
EMULATED = "core.expect firmware.fakes.bench firmware.fakes.keys firmware.fakes.lcd firmware.fakes.paper"
_DAY = "import rung; rung.main(1, {customers})"
_RUN = """
import pathlib, sys
from firmware.emulate import run
run(pathlib.Path(sys.argv[1]), sys.argv[2], "-X", "heapsize=" + sys.argv[3])
"""


@pytest.fixture(scope="module")
def counter_flash(tmp_path_factory):
    names = [f"tests.{name}" for name in [*EMULATED.split(), "firmware.fakes.serial"]]
    sources = {name: ROOT / (name.replace(".", "/") + ".py") for name in names}
    sources["firmware.main"] = ROOT / "tests" / "firmware" / "runtime" / "counter_board.py"
    whole = {**build._sources(), **sources}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(build, "_sources", lambda: dict(whole))
        return build.build(tmp_path_factory.mktemp("counter") / "build")


def day(folder: Path, flash: Path, heap: str, customers: int, micropython: str = "") -> dict:
    """What the board told in the end, with ``free`` bytes and the ``largest`` piece of them."""
    counter = Counter(folder)
    environment = {**os.environ, "RUNG_DATA": str(counter.folder), "RUNG_TILL_PORT": str(counter.port)}
    program = _DAY.format(customers=customers)
    command = [sys.executable, "-c", _RUN, str(flash), program, heap]
    if micropython:
        command = emulate.command(micropython, flash, program, "-X", "heapsize=" + heap)
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    (told["free"],) = map(int, re.findall(r"free: (\d+)", ran.stdout))
    block = 32 if not micropython else 16  # bytes: four words
    told["largest"] = block * int(re.findall(r"max free sz: (\d+)", ran.stdout)[-1])
    (names,) = map(int, re.findall(r"n_qstr=(\d+)", ran.stdout))
    assert names <= 600  # above 620 their table takes 7 KB more; letters of other languages are names too
    room = f"{told['free']} bytes free, {told['largest']} in one piece"
    print(f"heap {heap}: {customers} customers, {room}, {told['grown']} more than after five, {names} names")
    assert (told["wrong"], told["lost"], told["faults"], told["crash"]) == (0, 0, 0, ""), told
    assert told["records"] == customers and told["slips"] > 0
    return told


@pytest.mark.timeout(7200 if os.environ.get("RUNG_SOAK") else 300)
def test_a_day_at_the_counter_fits_into_the_heap_and_leaves_it_as_it_was(tmp_path, counter_flash):
    told = day(tmp_path / "board", counter_flash, "184k", CUSTOMERS)
    assert told["grown"] < 8192, told  # what was sold is counted in blocks, up to a limit
    assert told["largest"] >= 32 * 1024, told


@pytest.mark.timeout(7200 if os.environ.get("RUNG_SOAK") else 300)
def test_a_day_on_32_bits_fits_into_128_kb_and_leaves_32_kb_in_one_piece(tmp_path, counter_flash):
    told = day(tmp_path / "board", counter_flash, "128k", CUSTOMERS, of_32_bits.needed())
    assert told["grown"] < (4096 if CUSTOMERS < 1000 else 5120), told  # 2.3 KB of 24, 4.3 of 10,000
    assert told["largest"] >= 32 * 1024, told
