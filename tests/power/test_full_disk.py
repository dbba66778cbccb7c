"""A till and a service on a file system without a free byte; see `full_day`."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOUNT = 'mount -t tmpfs -o size=4m rung "$0" && exec "$@"'


def test_on_a_disk_without_a_free_byte_selling_and_deciding_go_on(tmp_path):
    inside = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, str(tmp_path)]
    try:
        allowed = subprocess.run([*inside, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("this system lets no test mount a file system of its own")
    command = [*inside, sys.executable, "-m", "tests.power.full_day", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
