"""Time that passes when a test says so, for coroutines that sleep."""

import asyncio

from tests.fakes import HandClock


class HandTime(HandClock):
    """A `Clock`, and `sleep` by it."""

    def __init__(self, now=1_795_000_000):
        super().__init__(now)
        self._sleepers: list[tuple[int, asyncio.Event]] = []

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self.monotonic_ms() + int(1000 * seconds), woken))
        await woken.wait()

    async def passes(self, seconds: float) -> None:
        """Everybody whose time comes goes on, in its order."""
        end = self.monotonic_ms() + int(1000 * seconds)
        await self._settle()
        while self._sleepers and min(self._sleepers, key=_moment)[0] <= end:
            first = min(self._sleepers, key=_moment)
            self._sleepers.remove(first)
            self.forward(milliseconds=max(0, first[0] - self.monotonic_ms()))
            first[1].set()
            await self._settle()
        self.forward(milliseconds=end - self.monotonic_ms())

    async def _settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


def _moment(sleeper: tuple[int, asyncio.Event]) -> int:
    return sleeper[0]
