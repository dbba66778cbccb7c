"""All that a device does with its service, one thing after the other: it has few sockets and little heap."""

import asyncio

from firmware.runtime.updates import Published, installed
from pos_client.schedule import Schedule

_LOOK = 0.25  # seconds between two looks for something to do
_RARELY = 3600000  # milliseconds: what fails every time costs flash and the shop's network each time


class Linking:
    """``device`` has what the parts share; see `running`."""

    def __init__(self, device, sync, reports, idle, restart, feed):
        self._device = device
        self._sync = sync
        self._reports = reports
        self._idle = idle
        self._restart = restart
        self._feed = feed
        self._answer = None  # to which report it was tried to install something
        self._tried = ""  # what that was
        self._schedule = Schedule(device.board.chance)

    async def run(self, beat) -> None:
        """The task of the supervisor: for ever."""
        while True:
            await asyncio.sleep(0 if await self.step(beat) else _LOOK)

    async def step(self, beat) -> bool:
        """What is due now; whether that was something."""
        beat()
        moved = await self._sync.step()
        beat()
        moved = await self._reports.step() or moved
        self._device.clock.heard(self._sync.service.told)
        if self._idle.look() and self._is_wanted():
            await self._update(beat)
        return moved

    def _is_wanted(self) -> bool:
        """Whether the service named another image since the last attempt, which was long enough ago if it failed."""
        standing, target = self._device.standing, self._reports.target
        is_new = self._reports.answers != self._answer and target not in ("", standing.name)
        is_due = target != self._tried or self._device.clock.monotonic_ms() >= self._schedule.due
        return is_new and is_due and not standing.is_trial and not standing.trouble

    async def _update(self, beat) -> None:
        device, name = self._device, self._reports.target
        if name != self._tried:
            self._schedule.succeeded(0, 0)
        self._answer, self._tried = self._reports.answers, name
        device.diary.note("update: " + name)

        def pause() -> None:
            beat()
            self._feed()

        published = Published(self._sync.service, beat)
        now = device.clock.latest()
        refused = await installed(name, device, published, now, pause)
        self._reports.refused = refused
        device.diary.note("update: " + (refused or "installed; it is tried now"))
        if refused:
            self._schedule.failed(device.clock.monotonic_ms(), refused, 0, _RARELY)
            self._reports.soon()
        else:
            self._restart()
