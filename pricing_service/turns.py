"""Tills take turns: when many come back at once, few are inside at a time and the others wait, unread.

So a decision or a person's page never queues behind all of them. A turn ends with the answer, or after a while: who
does not finish a request must not keep the others out.
"""

import asyncio
from collections import deque

from starlette.types import ASGIApp, Receive, Scope, Send

from pricing_service import metrics
from pricing_service.errors import Problem

OF_TILLS = frozenset(("/v1/events", "/v1/snapshots/latest", "/v1/enrolments/renewals"))
INSIDE = 2
MOST_WAITING = 2000  # a request has 64 KiB of its body in memory while it waits, the rest is not read
TURN_SECONDS = 0.5
COME_BACK = {"retry-after": "10", "connection": "close"}


class Turns:
    """``app``, where requests of tills wait for their turn. For one event loop."""

    def __init__(self, app: ASGIApp, inside: int = INSIDE, most_waiting: int = MOST_WAITING) -> None:
        self.app, self._free, self._most_waiting = app, inside, most_waiting
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in OF_TILLS:
            return await self.app(scope, receive, send)
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
