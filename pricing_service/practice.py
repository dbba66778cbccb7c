"""A shop to practise on: a service and its worker of one's own, with a log that simulated customers filled.

    with practice.shop(Path(folder), played) as (api, database):
        ...

For the notebook in docs, for trying things out, for tests. Nothing of it survives but the folder.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import batched
from pathlib import Path
from urllib.request import Request, urlopen

import xarray as xr

from models import simulated_records
from models.service_api import ServiceApi, ServiceGone
from pricing_service import fleet, provisioning
from pricing_service.running import RUNG
from pricing_service.security import device_key, signed_now
from pricing_service.settings import Settings

DEVICE, STORE = "practice", "sample"
BATCH = 2000
START_SECONDS = 60
STOP_SECONDS = 15
EVENTS = "/v1/events"


@contextmanager
def shop(folder: Path, played: xr.Dataset) -> Iterator[tuple[ServiceApi, Path]]:
    """The service's API and its database while the block runs; ``played`` is what simulated customers did."""
    settings = Settings(data=folder, service_port=_free_port())
    with closing(provisioning.prepare(settings)) as database:
        provisioning.load_sample_shop(database)
        with database.writing() as connection:
            epoch = fleet.enrol(connection, DEVICE, STORE).epoch
    api = ServiceApi(f"http://127.0.0.1:{settings.service_port}", settings.admin_token)
    with _process("serve", settings) as service:
        _wait_for(service, api)
        _hand_in(settings, api.url, epoch, played)
        with _process("worker", settings):
            yield api, settings.database


@contextmanager
def _process(command: str, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """`rung COMMAND` while the block runs; what it says goes to a file in the folder."""
    given = {"RUNG_DATA": str(settings.data), "RUNG_SERVICE_PORT": str(settings.service_port)}
    with (settings.data / f"{command}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", RUNG, command], env={**os.environ, **given}, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(process: subprocess.Popen[bytes], api: ServiceApi) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            api.get("/livez")
            return
        except ServiceGone:
            time.sleep(0.05)
    raise ServiceGone(f"the service at {api.url} did not start; serve.log in its folder says why")


def _hand_in(settings: Settings, url: str, epoch: int, played: xr.Dataset) -> None:
    """Send the records the way a till does: in batches, signed."""
    key = device_key(settings.master_key, DEVICE, epoch)
    today = int(time.time()) // 86400
    for batch in batched(simulated_records.lines(played, DEVICE, epoch, STORE, today), BATCH):
        body = b"\n".join(batch)
        headers = {
            "Content-Type": "application/x-ndjson",
            **signed_now(key, DEVICE, epoch, "POST", EVENTS, body),
        }
        with urlopen(Request(url + EVENTS, body, headers), timeout=START_SECONDS) as answer:
            answer.read()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
