"""A device asks for compact snapshots, but not while the version before may have to read what it leaves."""

import json
import subprocess
import sys
from pathlib import Path

import microdot
import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (
    "from firmware.board import host; from firmware.runtime.running import Device;"
    "print('reads', Device(host, 'a').sync.reads)"
)
CONFIRMED, ELSEWHERE, HERE = (
    {"confirmed": ["a", 6], "trial": None},
    {"confirmed": ["a", 6], "trial": ["b", 7]},
    {"confirmed": ["b", 6], "trial": ["a", 7]},
)


@pytest.mark.parametrize(
    ("pointer", "reads"), [(CONFIRMED, "&reads=3"), (ELSEWHERE, "&reads=3"), (HERE, ""), (None, "&reads=3")]
)
def test_what_a_device_says_that_it_reads(pointer, reads, tmp_path):
    """The trial of the other slot is over, if slot a runs."""
    for name in ("till", "update"):
        (tmp_path / name).mkdir()
    if pointer:
        (tmp_path / "update" / "pointer").write_text(json.dumps(pointer))
    places = ":".join([".frozen", str(ROOT), str(Path(str(microdot.__file__)).parents[1])])
    command = [Path(sys.executable).with_name("micropython"), "-X", "heapsize=2M", "-c", PROGRAM]
    environment = {"MICROPYPATH": places, "RUNG_DATA": str(tmp_path)}
    run = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert run.stdout.splitlines()[-1].split() == ["reads", *reads.split()], run.stdout + run.stderr
