"""Server-sent events: every open display is told the checkout whenever it may have changed, and the till's health.

A display that reads slowly skips what it missed: it is sent the present state, never a backlog.
"""

import asyncio
import json

BEAT = 5  # seconds between two signs of life: how long a dead connection and a wrong lamp may last
RETRY = b"retry: 1000\n\n"


class Display:
    """One open stream, an asynchronous iterator of event bytes."""

    def __init__(self, streams, checkout, health):
        self._streams = streams
        self._checkout = checkout
        self._health = health
        self._woken = asyncio.Event()
        self._task = (
            None  # that sends it; None before it begins: a HEAD request never gets there, so takes no place
        )

    def __aiter__(self):
        return self

    async def __anext__(self) -> bytes:
        if self._task is None:
            self._task = asyncio.current_task()
            self._streams.enter(self)
            return RETRY + self._told()
        try:
            await asyncio.wait_for(self._woken.wait(), BEAT)
        except asyncio.TimeoutError:
            return _event("health", self._health())
        self._woken.clear()
        return self._told()

    def wake(self) -> None:
        self._woken.set()

    def end(self) -> None:
        """Also where it waits for a reader who went away, which may last for minutes, and holds heap."""
        if self._task:
            self._task.cancel()

    async def aclose(self) -> None:
        """Called by microdot when the connection is gone or the stream has ended."""
        self._streams.leave(self)

    def _told(self) -> bytes:
        return _event("checkout", self._checkout()) + _event("health", self._health())


class Streams:
    """The open displays, at most ``most``: a newcomer takes the place of the oldest.

    A tablet that roamed to another access point leaves a connection behind that stays open for minutes, so refusing
    the newcomer would shut out the one display that somebody looks at.
    """

    def __init__(self, most: int):
        self._most = most
        self._displays = []

    def __len__(self) -> int:
        return len(self._displays)

    def display(self, checkout, health) -> Display:
        """A stream of what ``checkout()`` and ``health()`` answer, to be used as the body of a response."""
        return Display(self, checkout, health)

    def enter(self, display: Display) -> None:
        while len(self._displays) >= self._most:
            self._displays.pop(0).end()
        self._displays.append(display)

    def leave(self, display: Display) -> None:
        if display in self._displays:
            self._displays.remove(display)

    def changed(self) -> None:
        for display in self._displays:
            display.wake()

    def end(self) -> None:
        for display in self._displays:
            display.end()


def _event(name: str, value) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + json.dumps(value).encode() + b"\n\n"
