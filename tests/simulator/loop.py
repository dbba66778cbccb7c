"""Simulated time: what happens next, and coroutines that wait for it. No threads, no sockets, no real clock."""

from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from heapq import heappop, heappush
from typing import Any

BEGAN = 1_795_000_000  # Unix seconds at which every history begins


class Waiting:
    """What a coroutine awaits; whoever knows the answer calls `wake` or `fail`, and only the first call counts."""

    def __init__(self) -> None:
        self.done = False
        self._value: Any = None
        self._trouble: BaseException | None = None
        self._resume: Callable[[], None] | None = None

    def wake(self, value: Any = None) -> None:
        self._end(value, None)

    def fail(self, trouble: BaseException) -> None:
        self._end(None, trouble)

    def then(self, resume: Callable[[], None]) -> None:
        """Call ``resume`` when it is over; at once where it is."""
        self._resume = resume
        if self.done:
            resume()

    def _end(self, value: Any, trouble: BaseException | None) -> None:
        if self.done:
            return
        self.done, self._value, self._trouble = True, value, trouble
        if self._resume:
            self._resume()

    def __await__(self) -> Generator["Waiting", None, Any]:
        if not self.done:
            yield self
        if self._trouble:
            raise self._trouble
        return self._value


class Loop:
    """Events in the order of their simulated time; at the same time, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.now = 0  # milliseconds
        self._order = 0
        self._events: list[tuple[int, int, Callable[[], None]]] = []

    def after(self, milliseconds: int, action: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._events, (self.now + milliseconds, self._order, action))

    def run(self, until: int) -> None:
        """Everything up to the millisecond ``until``."""
        while self._events and self._events[0][0] <= until:
            self.now, _, action = heappop(self._events)
            action()
        self.now = max(self.now, until)


class Task:
    """A coroutine under way. ``ended(value, trouble)`` hears of its end unless it was cancelled before."""

    def __init__(
        self,
        coroutine: Coroutine[Waiting, None, Any],
        ended: Callable[[Any, BaseException | None], None],
    ) -> None:
        self._coroutine = coroutine
        self._context = copy_context()
        self._ended = ended
        self.alive = True
        self._advance()

    def cancel(self) -> None:
        """The machine it ran on is gone: nothing of it happens any more."""
        if self.alive:
            self.alive = False
            self._coroutine.close()

    def _advance(self) -> None:
        if not self.alive:
            return
        try:
            waiting = self._context.run(self._coroutine.send, None)
        except StopIteration as stop:
            self._finish(stop.value, None)
        except BaseException as trouble:
            self._finish(None, trouble)
        else:
            waiting.then(self._advance)

    def _finish(self, value: Any, trouble: BaseException | None) -> None:
        self.alive = False
        self._ended(value, trouble)
