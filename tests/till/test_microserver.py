"""A device's HTTP server answers as microdot does: the tests of the API are run over it."""

import subprocess
import sys
from pathlib import Path

from pos_client import web

ROOT = Path(__file__).resolve().parents[2]


def test_the_api_over_a_devices_server_passes_the_tests_of_the_api():
    """In a process of its own, which has no microdot under the till."""
    told = (
        "from tests.till import over_microserver; from pos_client import web; print(web.Request.__module__)"
    )
    plugin = ("-p", "tests.till.over_microserver", "-p", "no:cacheprovider", "-q")
    with_it = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert with_it.stdout.strip() == "firmware.microserver" != web.Request.__module__
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "tests/till/test_server.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
