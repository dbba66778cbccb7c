"""`rung run`: a service and a till with the sample shop on one machine, made ready on the first start."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType
from typing import Any

from rich.console import Console

from pricing_service import provisioning
from pricing_service.settings import Settings

DEVICE = "till-1"
START_SECONDS = 60
STOP_SECONDS = 15
RUNG = (
    "import sys; from pos_client.cli import main; sys.exit(main())"  # works wherever this interpreter works
)

BASKET = {
    "currency": "EUR",
    "customer": "2400000012345",
    "cashier": "c7",
    "queue": 0,
    "lines": [{"sku": "4006000", "quantity": 2, "unit_price": 1299, "category": "care", "brand": "Lumi"}],
}


def run(settings: Settings, out: Console) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises SystemExit with words a person can act on."""
    settings = settings.model_copy(update={"data": settings.data.resolve(), "service_host": "127.0.0.1"})
    for port, name in ((settings.service_port, "RUNG_SERVICE_PORT"), (settings.till_port, "RUNG_TILL_PORT")):
        _require_free(port, name)
    _make_ready(settings)
    children: list[subprocess.Popen] = []
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        children.append(_start("serve", settings))
        _wait_for(children[0], f"http://127.0.0.1:{settings.service_port}/readyz", "service")
        children.append(_start("till", settings))
        health = f"http://127.0.0.1:{settings.till_port}/v1/health"
        _wait_for(children[1], health, "till", lambda told: told["snapshot"]["version"] > 0)
        _welcome(settings, out)
        _watch(children)
    except KeyboardInterrupt:
        out.print("Stopping.")
    finally:
        _stop(children)


def _make_ready(settings: Settings) -> None:
    with closing(provisioning.prepare(settings)) as database:
        provisioning.load_sample_shop(database)
        provisioning.provision_till(database, settings, DEVICE, settings.store)


def _start(command: str, settings: Settings) -> subprocess.Popen:
    ports = {"RUNG_SERVICE_PORT": str(settings.service_port), "RUNG_TILL_PORT": str(settings.till_port)}
    environment = {**os.environ, **ports, "RUNG_DATA": str(settings.data)}
    return subprocess.Popen([sys.executable, "-c", RUNG, command], env=environment)


def _require_free(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} is taken: stop what uses it, or set {name} to another one."
            ) from error


def _wait_for(
    child: subprocess.Popen, url: str, name: str, ready: Callable[[Any], bool] = lambda told: True
) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if child.poll() is not None:
            raise SystemExit(f"The {name} did not start; what it said is above.")
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if ready(json.load(answer)):
                return
        time.sleep(0.05)
    raise SystemExit(f"The {name} was not ready at {url} within {START_SECONDS} seconds.")


def _welcome(settings: Settings, out: Console) -> None:
    till = f"http://127.0.0.1:{settings.till_port}"
    service = f"http://127.0.0.1:{settings.service_port}"
    out.print(f"[bold]Till[/bold]     {till}/")
    out.print(f"[bold]Service[/bold]  {service}/docs")
    out.print("A first basket, then look at the till:")
    out.print(
        f"curl -X PUT {till}/v1/checkouts/first -H 'Content-Type: application/json' -d '{json.dumps(BASKET)}'",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    out.print("Ctrl-C stops both; everything is kept.")


def _watch(children: list[subprocess.Popen]) -> None:
    while all(child.poll() is None for child in children):
        time.sleep(0.2)
    raise SystemExit("One of the two ended by itself; what it said is above.")


def _stop(children: list[subprocess.Popen]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
