"""The outermost layer of the web process: request ids, body limits, counts, headers, and errors nobody foresaw.

One plain ASGI callable, because it runs on every request and a decision takes a fraction of a millisecond.
"""

import secrets
import time
from itertools import count

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pricing_service import metrics
from pricing_service.errors import Problem, answer

CSP = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", CSP.encode()),
]
log = structlog.get_logger("rung.service")


class Edge:
    """Wraps the application; ``most_body`` is the largest request body in bytes."""

    def __init__(self, app: ASGIApp, most_body: int) -> None:
        self.app = app
        self.most_body = most_body
        self._prefix = secrets.token_hex(
            4
        )  # ids differ between restarts without a random number on every request
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request_id = scope["request_id"] = f"{self._prefix}-{next(self._numbers):08x}"
        began = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *HEADERS, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            if _announced(scope) > self.most_body:
                raise self._too_large()
            await self.app(scope, self._limited(receive), sending)
        except Problem as problem:
            if status:
                raise
            await answer(problem, request_id)(scope, receive, sending)
        except Exception as trouble:
            log.exception(
                "unforeseen", request_id=request_id, path=scope["path"], error=type(trouble).__name__
            )
            if status:
                raise
            problem = Problem(
                500, "internal-error", "Something unforeseen; the request id leads to the log line."
            )
            await answer(problem, request_id)(scope, receive, sending)
        metrics.observe(scope, status, time.perf_counter() - began)

    def _limited(self, receive: Receive) -> Receive:
        left = self.most_body

        async def receiving() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise self._too_large()
            return message

        return receiving

    def _too_large(self) -> Problem:
        detail = f"A body may have {self.most_body} bytes; send less at once."
        return Problem(413, "body-too-large", detail, {"connection": "close"})


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
