"""The outermost layer of the web process: request ids, body limits, counts, headers, and errors nobody foresaw.

One plain ASGI callable, because it runs on every request and a decision takes a fraction of a millisecond. What is in
``direct`` is answered from here, without the framework between.
"""

import secrets
import time
from itertools import count

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pricing_service import metrics
from pricing_service.errors import answer, hung_up, note, problem_of
from pricing_service.problem import Problem

MOST_DIRECT = 512 << 10  # bytes; the largest basket the core takes has some 150,000
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self'"
)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", CSP.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),  # unless a route says otherwise
]
OVER_TLS = [*HEADERS, (b"strict-transport-security", b"max-age=31536000; includeSubDomains")]


class Edge:
    """``app`` with its edge. ``most_body``: bytes of the largest request. ``direct``: (method, path) -> application.

    What is answered directly is read on the event loop, where everybody waits for it: its limit is `MOST_DIRECT`.
    """

    def __init__(self, app: ASGIApp, most_body: int, direct: dict[tuple[str, str], ASGIApp]) -> None:
        self.app, self._most_body, self._direct = app, most_body, direct
        self._prefix = secrets.token_hex(4)  # ids differ between restarts, without chance on every request
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began = time.perf_counter()
        request_id = scope["request_id"] = f"{self._prefix}-{next(self._numbers):08x}"
        direct = self._direct.get((scope["method"], scope["path"]))
        most = self._most_body if direct is None else min(MOST_DIRECT, self._most_body)
        headers = OVER_TLS if scope.get("scheme") == "https" else HEADERS  # a proxy in front says so
        exchange = _Exchange(request_id, receive, send, most, headers)
        try:
            exchange.check_announced(scope)
            await (direct or self.app)(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            scope["gone"] = True
        except Exception as trouble:
            await exchange.drain()
            if not exchange.status:
                problem = problem_of(trouble, request_id)
                scope["problem"] = problem.code
                await answer(problem, request_id)(scope, receive, exchange.send)
            elif not exchange.whole:  # too late to say anything: the connection breaks
                raise
        if scope.get("gone"):
            return hung_up(scope)
        if exchange.status >= 400:
            note(scope, exchange.status)
        metrics.observe(scope, exchange.status, time.perf_counter() - began)


class _Exchange:
    """One request and its answer on their way through the edge."""

    __slots__ = (
        "_headers",
        "_left",
        "_most",
        "_receive",
        "_request_id",
        "_send",
        "_unread",
        "status",
        "whole",
    )

    def __init__(
        self, request_id: str, receive: Receive, send: Send, most: int, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self._request_id, self._receive, self._send, self._headers = request_id, receive, send, headers
        self._most = self._left = most
        self._unread = True
        self.status = 0
        self.whole = False

    def check_announced(self, scope: Scope) -> None:
        """Refuse a body that says it is too large before a byte of it is read."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._most:
                raise self._too_large()

    async def receive(self) -> Message:
        message = await self._receive()
        self._unread = message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise self._too_large()
        return message

    async def drain(self) -> None:
        """Take in the rest of a body, up to as much again: who still sends does not hear the answer."""
        left = self._most
        while self._unread and left > 0:
            message = await self._receive()
            self._unread = message.get("more_body", False)
            left -= len(message.get("body", b""))

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name for name, _ in message["headers"]}  # a report brings its own content-security-policy
            ours = [header for header in self._headers if header[0] not in own]
            message["headers"] = [*message["headers"], *ours, (b"x-request-id", self._request_id.encode())]
        await self._send(message)
        self.whole = message["type"] == "http.response.body" and not message.get("more_body", False)

    def _too_large(self) -> Problem:
        detail = f"A body may have {self._most} bytes; send less at once."
        return Problem(413, "body-too-large", detail, {"connection": "close"})
