"""A real service on a real file, and what speaks to it: a till's pen, a plain HTTP client."""

import asyncio
import atexit
import http.client
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from pos_client.core import basket, checkout, checkout_record, event, shop
from pricing_service import fleet, provisioning, serving, snapshot_store
from pricing_service.app import create
from pricing_service.security import customer_token, device_key, signed_now
from pricing_service.service import Service
from pricing_service.settings import Settings

CARD = "2400000012345"
BASKET = {
    "currency": "EUR",
    "customer": CARD,
    "cashier": "c7",
    "queue": 0,
    "lines": [{"sku": "4006000", "quantity": 2, "unit_price": 1299, "category": "care", "brand": "Lumi"}],
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


IDLE_SECONDS = 3  # the service hangs up after five


class Client:
    """One kept connection to a service."""

    def __init__(self, port: int, admin: str = "") -> None:
        self.port = port
        self._last = time.monotonic()
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.admin = {"authorization": f"Bearer {admin}"} if admin else {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Headers with dashes are written with underscores; a body that is not bytes goes out as JSON.

        Whatever is asked is asked by the administrator, unless ``authorization`` says otherwise.
        """
        named = {**self.admin, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None and not isinstance(body, bytes):
            body, named = json.dumps(body).encode(), {"content-type": "application/json", **named}
        if time.monotonic() - self._last > IDLE_SECONDS:
            self._http.close()  # it is opened anew
        self._http.request(method, path, body, named)
        answer = self._http.getresponse()
        self._last = time.monotonic()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def close(self) -> None:
        self._http.close()


class Pen:
    """Writes a till's records with the core's own code and sends them the way a till does."""

    def __init__(
        self, settings: Settings, device: str = "till-1", epoch: int = 1, meta: dict | None = None
    ) -> None:
        self.settings, self.device, self.epoch = settings, device, epoch
        self.key = device_key(settings.master_key, device, epoch)
        self.sequence = 0
        self.shop = shop.read(meta or sample_meta())

    def write(
        self, reactions: tuple = ("accepted",), outcome: str = "sold", card: str | None = CARD, **more: Any
    ) -> bytes:
        """The sealed record of one checkout with these reactions; ``clock`` is Unix seconds or None."""
        clock, number = more.pop("clock", None), more.pop("number", f"{self.device}-{self.sequence + 1}")
        goods = basket.read({**BASKET, "customer": card, **more})
        token = None
        if card is not None and goods.profile:
            token = customer_token(self.settings.tenant_key, card)
        visit = shop.visit(self.shop, clock or 1_795_000_000, {} if token else None, {}, token, number)
        decision = checkout.Decision(self.shop, goods, visit)
        progress = checkout.begin(decision)
        for reaction in reactions:
            progress = checkout.react(
                decision, progress, checkout.on_offer(decision, progress), reaction, 900
            )
        self.sequence += 1
        stamp = checkout_record.Stamp(self.device, self.epoch, self.sequence, "sample", 1, 5, clock)
        return event.seal(checkout_record.of_checkout(stamp, number, token, decision, progress, outcome))

    def signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        told = signed_now(self.key, self.device, self.epoch, method, path, body)
        return {name.replace("-", "_"): value for name, value in told.items()}

    def send(self, client: Client, lines: list[bytes]) -> Answer:
        body = b"\n".join(lines) + b"\n"
        headers = self.signed("POST", "/v1/events", body)
        return client.ask("POST", "/v1/events", body, content_type="application/x-ndjson", **headers)

    def fetch(self, client: Client, query: str = "", **headers: str) -> Answer:
        path = "/v1/snapshots/latest" + query
        return client.ask("GET", path, **self.signed("GET", path, b""), **headers)


def sample_meta() -> dict[str, Any]:
    """The sample shop as a snapshot's meta, without a model."""
    given = json.loads(provisioning.SHOP.read_text())
    policy = {name: value for name, value in given["policies"][0].items() if name != "id"}
    return {"discounts": given["discounts"], "policy": policy, "version": 1, "built": 1_795_000_000}


def prepared(data: Path, devices: int = 1) -> Settings:
    """A provisioned folder: secrets, schema, sample shop, tills till-1 to till-``devices``."""
    shutil.copytree(_made(devices), data, dirs_exist_ok=True)
    return _settings(data)


@cache
def _made(devices: int) -> Path:
    """A provisioned folder to copy: one is made in a tenth of a second, and copied in no time."""
    data = Path(tempfile.mkdtemp(prefix="rung-prepared-"))
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    database = provisioning.prepare(_settings(data))
    provisioning.load_sample_shop(database)
    with database.writing() as connection:
        for number in range(1, devices + 1):
            fleet.enrol(connection, f"till-{number}", "sample")
    database.close()
    return data


def _settings(data: Path) -> Settings:
    return Settings(data=data, service_port=0, requests_per_second=1_000_000)  # tests ask fast


class _Server(uvicorn.Server):
    """Ends when it is told to, and not two tenths of a second later: the suite starts a thousand."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """For other threads."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        turn = 0
        while not await self.on_tick(turn):
            turn += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        until = time.monotonic() + serving.GRACE_SECONDS
        while (self.server_state.connections or self.server_state.tasks) and time.monotonic() < until:
            await asyncio.sleep(0.001)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


@contextmanager
def listening(settings: Settings, prepare: Callable[[Any], None] = lambda app: None) -> Iterator[int]:
    """The service behind a real socket in a thread of this process; gives its port. ``prepare`` gets its routes.

    To it every shop is small: on a busy machine it would answer with an older snapshot, as it does for a large one.
    """
    sock = serving.listen("127.0.0.1", 0)
    web = create(Service(settings))
    prepare(web.app.app)
    server = _Server(uvicorn.Config(web, **serving.options()))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(snapshot_store, "QUICK_SECONDS", 3600.0)
            thread.start()
            yield sock.getsockname()[1]
    finally:
        server.end()
        thread.join(20)
        sock.close()
