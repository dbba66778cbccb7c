"""The service's whole web application without a socket: requests go in as ASGI messages, answers come out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import anyio.to_thread
import structlog

from pricing_service import app
from pricing_service.edge import Edge
from pricing_service.service import Service
from tests.simulator.memory import Cut

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Asked:
    """One request of a till."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def signature(self) -> str:
        return self.headers.get("Signature", "")


class Web:
    """The application around one started service, as the edge of a web process sees requests."""

    def __init__(self, service: Service) -> None:
        framework = _framework()
        framework.state.service = service
        self._edge = Edge(framework, service.settings.most_body, {})

    async def answer(self, asked: Asked) -> Answer:
        """Status, headers by lower-case name, body."""
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": asked.body, "more_body": False}

        async def send(message: Any) -> None:
            told.append(message)

        await self._edge(_scope(asked), receive, send)
        headers = {name.decode(): value.decode() for name, value in told[0]["headers"]}
        return told[0]["status"], headers, b"".join(part.get("body", b"") for part in told[1:])


def _scope(asked: Asked) -> dict[str, Any]:
    path, _, query = asked.target.partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in asked.headers.items()]
    headers.append((b"content-length", str(len(asked.body)).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": asked.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("till", 1),
        "server": ("service", 80),
    }


@cache
def _framework() -> Any:
    """Building it takes a third of a second; only the service behind it changes."""
    return app.framework()


@contextmanager
def without_threads() -> Iterator[None]:
    """Routes that would run in the thread pool run where they are called."""

    async def run_sync(job, *given, **_options):
        return job(*given)

    real = anyio.to_thread.run_sync
    anyio.to_thread.run_sync = run_sync
    try:
        yield
    finally:
        anyio.to_thread.run_sync = real


class Unforeseen:
    """In the place of the log: what the service calls unforeseen is kept, the rest is nobody's business."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __call__(self, _logger: Any, _method: str, told: Any) -> Any:
        trouble = told.get("exc_info")
        if isinstance(trouble, BaseException) and not isinstance(trouble, Cut):
            self.found.append(f"the service did not foresee {trouble!r}")
        raise structlog.DropEvent


UNFORESEEN = Unforeseen()


@contextmanager
def listened() -> Iterator[None]:
    """What the service would log goes to `UNFORESEEN`."""
    before = structlog.get_config()
    structlog.configure(processors=[UNFORESEEN], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)
