"""A device speaks TLS with the service that its own authority signed for, and with nobody else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.certificates import DAY, NOW, Authority, Listening

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def ours() -> Authority:
    return Authority("the shop")


def told(folder: Path, authority: bytes, server: Listening, host: str = "127.0.0.1") -> str:
    """What a device says that trusts ``authority``."""
    (folder / "ca.der").write_bytes(authority)
    command = [Path(sys.executable).with_name("micropython"), "-X", "heapsize=512k"]
    command += ["tests/firmware/runtime/tls_on_micropython.py", host, str(server.port), folder / "ca.der"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_service_that_our_authority_signed_for_is_spoken_to(tmp_path, ours, host):
    with Listening(ours.issued(tmp_path, host)) as server:
        assert told(tmp_path, ours.der, server, host) == "status 200 60000"


def test_nobody_else_is(tmp_path, ours):
    with Listening(Authority("another").issued(tmp_path, "127.0.0.1")) as server:
        assert told(tmp_path, ours.der, server).startswith("down ")
    with Listening(Authority("the shop").issued(tmp_path, "127.0.0.1")) as server:
        assert told(tmp_path, ours.der, server).startswith("down "), "the name alone signs nothing"
    with Listening(ours.issued(tmp_path, "another.host")) as server:
        assert told(tmp_path, ours.der, server).startswith("down ")
    with Listening(ours.issued(tmp_path, "127.0.0.1", NOW - 3 * DAY, NOW - 2 * DAY)) as server:
        assert told(tmp_path, ours.der, server).startswith("down "), "it has expired"
    with Listening(ours.issued(tmp_path, "127.0.0.1", NOW + 2 * DAY, NOW + 3 * DAY)) as server:
        assert told(tmp_path, ours.der, server).startswith("down "), "it is of tomorrow"
    with Listening(None) as server:
        assert told(tmp_path, ours.der, server).startswith("down "), "there is no way back to plain text"
