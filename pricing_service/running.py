"""`rung run`: a service, its worker and a till with the sample shop on one machine, made ready on the first start."""

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

from pos_client.claim import hold
from pricing_service import ballast, provisioning
from pricing_service.settings import Settings, port_taken

DEVICE = "till-1"
START_SECONDS = 60
STOP_SECONDS = 15
EARLY_SECONDS = 5  # a process that ends sooner than this
TRIES = 5  # so often in a row is given up
SPARED = {"worker": "Tills sell on without it; fits and releases wait until `rung worker` runs."}
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


class Child:
    """A process that is started again when it ends: none may take another with it.

    Service and till are no use without each other here; a shop sells without its worker (`SPARED`).
    """

    def __init__(self, command: str, settings: Settings) -> None:
        ports = {"RUNG_SERVICE_PORT": str(settings.service_port), "RUNG_TILL_PORT": str(settings.till_port)}
        self.command = command
        self._environment = {**os.environ, **ports, "RUNG_DATA": str(settings.data)}
        self._early = 0
        self._given_up = False
        self.start()

    def start(self) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen([sys.executable, "-c", RUNG, self.command], env=self._environment)

    def keep(self, out: Console) -> None:
        """Start it again if it ended; if it cannot stay up it is left down, or raises SystemExit if not `SPARED`."""
        if self._given_up or self.process.poll() is None:
            return
        self._early = self._early + 1 if time.monotonic() - self._began < EARLY_SECONDS else 0
        if self._early >= TRIES:
            told = f"`rung {self.command}` ends again and again; what it said is above."
            if self.command not in SPARED:
                raise SystemExit(told)
            self._given_up = True
            return out.print(f"{told} {SPARED[self.command]}")
        out.print(f"`rung {self.command}` ended; it is started again.")
        self.start()

    def stop(self) -> None:
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(settings: Settings, out: Console) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises SystemExit or `Unusable` with words a person can act on."""
    settings = settings.model_copy(update={"data": settings.data.resolve(), "service_host": "127.0.0.1"})
    with hold(settings.data, "run"):
        _require_free(settings.service_port, "RUNG_SERVICE_PORT")
        _require_free(settings.till_port, "RUNG_TILL_PORT")
        _make_ready(settings)
        _keep_running(settings, out)


def _keep_running(settings: Settings, out: Console) -> None:
    children: list[Child] = []
    for ending in (signal.SIGTERM, signal.SIGINT):
        # SIGINT too: a shell starts what runs in the background deaf to it.
        signal.signal(ending, _interrupt)
    try:
        children.append(Child("serve", settings))
        _wait_for(children[0], f"http://127.0.0.1:{settings.service_port}/readyz")
        children.append(Child("worker", settings))
        children.append(Child("till", settings))
        health = f"http://127.0.0.1:{settings.till_port}/v1/health"
        _wait_for(children[2], health, lambda told: told["snapshot"]["version"] > 0)
        _welcome(settings, out)
        while True:
            time.sleep(0.2)
            for child in children:
                child.keep(out)
    except KeyboardInterrupt:
        out.print("Stopping.")
    finally:
        _stop(children)


def _make_ready(settings: Settings) -> None:
    """Before anything is written, nobody else may be writing; then service and till claim the folder themselves."""
    with (
        hold(settings.data, "serve"),
        hold(settings.data, "till"),
        ballast.dropped(settings.data),
        closing(provisioning.prepare(settings)) as database,
    ):
        provisioning.load_sample_shop(database)
        provisioning.provision_till(database, settings, DEVICE, settings.store)


def _require_free(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SystemExit(port_taken(port, name)) from error


def _wait_for(child: Child, url: str, ready: Callable[[Any], bool] = lambda told: True) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if child.process.poll() is not None:
            raise SystemExit(f"`rung {child.command}` did not start; what it said is above.")
        with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if ready(json.load(answer)):
                return
        time.sleep(0.05)
    raise SystemExit(f"`rung {child.command}` was not ready at {url} within {START_SECONDS} seconds.")


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
    out.print("Ctrl-C stops all; everything is kept.")


def _stop(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    for child in children:
        child.stop()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
