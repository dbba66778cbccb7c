"""A board under MicroPython that was given a one-time code, or scans it, becomes a till of a live service."""

import json
import subprocess
import sys
from pathlib import Path

import microdot

from pos_client.core import code
from tests.service.conftest import Client
from tests.service.test_enrolments import asked

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from firmware.board import host; from firmware.runtime import running; running.run(host, 'a')"
RESTART = 75


def started(folder: Path, client: Client, *program: str) -> subprocess.CompletedProcess[str]:
    """A board without an identity, until it ends."""
    places = ":".join([".frozen", str(ROOT), str(Path(str(microdot.__file__)).parents[1])])
    service = f"http://127.0.0.1:{client.port}"
    settings = {"RUNG_DATA": str(folder), "RUNG_TILL_PORT": "0", "RUNG_SERVICE": service}
    command = [Path(sys.executable).with_name("micropython"), "-X", "heapsize=2M", *program]
    environment = {"MICROPYPATH": places, **settings}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=500)


def test_a_board_redeems_its_code_keeps_what_it_got_and_starts_anew(client: Client, tmp_path: Path) -> None:
    (tmp_path / "till").mkdir()
    (tmp_path / "till" / "code").write_text(asked(client))
    run = started(tmp_path, client, "-c", PROGRAM)
    assert run.returncode == RESTART, run.stdout + run.stderr
    identity = json.loads((tmp_path / "till" / "till.json").read_text())
    assert identity["service"] == f"http://127.0.0.1:{client.port}"
    assert identity["epoch"] > 0 and len(identity["key"]) == 64
    assert not (tmp_path / "till" / "code").exists()
    assert not (tmp_path / "update" / "enrolling").exists()


def test_a_code_is_scanned_at_the_counter_and_another_one_if_it_is_not_taken(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "till").mkdir()
    good = asked(client)
    foreign = code.written(bytes(code.ID_BYTES), bytes(code.SECRET_BYTES))
    run = started(
        tmp_path, client, "tests/firmware/runtime/scanned_enrolment.py", foreign, good.replace("-", "")
    )
    assert run.returncode == RESTART, run.stdout + run.stderr
    shown = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('"')]
    assert shown[0].startswith("Scan the code of this till") and shown[1].startswith("unknown-device")
    assert json.loads((tmp_path / "till" / "till.json").read_text())["epoch"] > 0
