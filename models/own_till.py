"""A till of its own for a replay: `rung till` as a process, a snapshot made here, a folder thrown away after."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from models.release import Release
from models.tables import columns, model
from models.till_api import TillApi, TillGone
from pos_client.core import snapshot

START_SECONDS = 20
COMMAND = "import sys; from pos_client.cli import main; sys.exit(main(['till']))"  # works without an installed script


@contextmanager
def own_till(rules: dict, release: Release) -> Iterator[str]:
    """The address of a till that sells by ``rules`` ({"policy", "discounts"}) while the block runs."""
    with TemporaryDirectory(prefix="rung-") as folder:
        _prepare(Path(folder) / "till", rules, release)
        port = _free_port()
        settings = {"RUNG_DATA": folder, "RUNG_TILL_HOST": "127.0.0.1", "RUNG_TILL_PORT": str(port)}
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND], env={**os.environ, **settings}, stdout=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(process, url)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def _prepare(home: Path, rules: dict, release: Release) -> None:
    """The till's identity, without a service, and its snapshot."""
    key, tenant_key = secrets.token_hex(32), secrets.token_hex(32)
    identity = {"device": "replay", "epoch": 1, "store": "replay", "key": key, "tenant_key": tenant_key}
    meta = {
        "format": snapshot.FORMAT,
        "version": 1,
        "built": int(time.time()),
        "history": "replay",
        "store": "replay",
        "model": model(release),
        "discounts": rules["discounts"],
        "policy": rules["policy"],
        "through": {},
        "budgets": {},
    }
    storage = home / "replay-1"
    storage.mkdir(parents=True)
    (home / "till.json").write_text(json.dumps({**identity, "service": "", "language": "en"}))
    body = snapshot.encode(meta, columns(release), [])
    (storage / "snapshot").write_bytes(snapshot.sign(body, bytes.fromhex(key)))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(process: subprocess.Popen, url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            TillApi(url).health()
            return
        except TillGone:
            time.sleep(0.05)
    raise TillGone("the till for this replay did not start; what it said is above")
