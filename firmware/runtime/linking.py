"""All that a device does with its service, one thing after the other: it has few sockets and little heap."""

import asyncio

from firmware.runtime.updates import Published, installed

_LOOK = 0.25  # seconds between two looks for something to do


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

    async def run(self, beat) -> None:
        """The task of the supervisor: for ever."""
        while True:
            beat()
            moved = await self._sync.step()
            beat()
            moved = await self._reports.step() or moved
            self._device.clock.heard(self._sync.service.told)
            if self._idle.look() and self._is_wanted():
                await self._update(beat)
            await asyncio.sleep(0 if moved else _LOOK)

    def _is_wanted(self) -> bool:
        """Whether the service named another image since the last attempt."""
        standing, target = self._device.standing, self._reports.target
        is_new = self._reports.answers != self._answer and target not in ("", standing.name)
        return is_new and not standing.is_trial and not standing.trouble

    async def _update(self, beat) -> None:
        device, name = self._device, self._reports.target
        self._answer = self._reports.answers
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
            self._reports.soon()
        else:
            self._restart()
