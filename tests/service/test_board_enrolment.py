"""A board under MicroPython that was given a one-time code becomes a till of a live service."""

import json
import subprocess
import sys
from pathlib import Path

import microdot

from tests.service.conftest import Client
from tests.service.test_enrolments import asked

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from firmware.board import host; from firmware.runtime import running; running.run(host, 'a')"
RESTART = 75


def test_a_board_redeems_its_code_keeps_what_it_got_and_starts_anew(client: Client, tmp_path: Path) -> None:
    (tmp_path / "till").mkdir()
    (tmp_path / "till" / "code").write_text(asked(client))
    places = ":".join([".frozen", str(ROOT), str(Path(str(microdot.__file__)).parents[1])])
    service = f"http://127.0.0.1:{client.port}"
    settings = {"RUNG_DATA": str(tmp_path), "RUNG_TILL_PORT": "0", "RUNG_SERVICE": service}
    command = [Path(sys.executable).with_name("micropython"), "-X", "heapsize=2M", "-c", PROGRAM]
    run = subprocess.run(
        command, env={"MICROPYPATH": places, **settings}, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == RESTART, run.stdout + run.stderr
    identity = json.loads((tmp_path / "till" / "till.json").read_text())
    assert identity["service"] == service and identity["epoch"] > 0 and len(identity["key"]) == 64
    assert not (tmp_path / "till" / "code").exists()
    assert not (tmp_path / "update" / "enrolling").exists()
