"""Tills take turns: when many come back at once, few are inside at a time and the others wait, unread.

So a decision or a person's page never queues behind all of them. A turn ends with the answer, or after a while: who
does not finish a request must not keep the others out. Who did not sign it gets no turn and is not read.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pricing_service import metrics
from pricing_service.problem import Problem

OF_TILLS = frozenset(("/v1/events", "/v1/snapshots/latest", "/v1/enrolments/renewals"))
INSIDE = 2
MOST_WAITING = 2000  # a request has 64 KiB of its body in memory while it waits, the rest is not read
TURN_SECONDS = 0.5
COME_BACK = {"retry-after": "10", "connection": "close"}


class Turns:
    """``app``, where requests of tills wait for their turn; ``is_signed`` says of which ones the headers are. For one
    event loop."""

    def __init__(
        self,
        app: ASGIApp,
        is_signed: Callable[[Scope], bool],
        inside: int = INSIDE,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.app, self._is_signed = app, is_signed
        self._free, self._most_waiting = inside, most_waiting
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in OF_TILLS:
            return await self.app(scope, receive, send)
        if not self._is_signed(scope):
            return await self.app(scope, _nothing, send)
        await self._enter()
        turn = _Turn(self)
        try:
            await self.app(scope, receive, send)
        finally:
            turn.end()

    async def _enter(self) -> None:
        if self._free:
            self._free -= 1
            return
        if len(self._waiting) >= self._most_waiting:
            metrics.turned_away.inc()
            raise Problem(503, "too-many-tills", "Too many tills at once; come back in a while.", COME_BACK)
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        metrics.tills_waiting.set(len(self._waiting))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # its turn had just come
                self.leave()
            raise

    def leave(self) -> None:
        """Let the next one in."""
        while self._waiting:
            following = self._waiting.popleft()
            metrics.tills_waiting.set(len(self._waiting))
            if not following.done():  # else its request was cancelled
                following.set_result(None)
                return
        self._free += 1


async def _nothing() -> Message:
    """In the place of a body, for who is refused whatever it is; an empty object, so that the form is not why."""
    return {"type": "http.request", "body": b"{}", "more_body": False}


class _Turn:
    """Ends once."""

    def __init__(self, turns: Turns) -> None:
        self._turns: Turns | None = turns
        self._late = asyncio.get_running_loop().call_later(TURN_SECONDS, self.end)

    def end(self) -> None:
        self._late.cancel()
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.leave()
