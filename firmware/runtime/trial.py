"""A new image's trial: it confirms itself only once all that a till needs works, the service's word included."""

import asyncio

from firmware.update import updating

_ALONE = 2  # times as long for a service that does not answer at all: a shop's router may be what is broken


class Trial:
    """``checks`` are (name, function) that hold at once or never. One that fails starts the device anew: two more
    starts may do better, then the old image is back. ``patience``: milliseconds from the start until a service that
    answers has to be content."""

    def __init__(self, device, reports, idle, checks: list, patience: int):
        self._standing = device.standing
        self._storage = device.kept
        self._clock = device.clock
        self._restart = device.board.restart
        self._reports = reports
        self._idle = idle
        self._checks = checks
        self._patience = patience
        self._begun = self._clock.monotonic_ms()

    def begin(self) -> None:
        """Try what this device can say of itself; `run` waits for the service."""
        if self._standing.is_trial and self._tested(self._checks, False):
            self._restart()

    async def run(self, beat) -> None:
        """The task of the supervisor: for ever."""
        while True:
            beat()
            self.step()
            await asyncio.sleep(1)

    def step(self) -> None:
        """Confirm, wait on, or give up: not while a customer pays."""
        is_idle = self._idle.look()
        if not self._standing.is_trial:
            return
        if self._reports.answers and self._reports.target == self._standing.name:
            if self._tested(self._checks, True):
                self._restart()
            self._standing.read(self._storage)
            self._reports.soon()
        elif self._clock.monotonic_ms() - self._begun > self._most() and is_idle:
            self._tested([("server", lambda: False)], True)
            self._restart()

    def _most(self) -> int:
        return self._patience if self._reports.answers else _ALONE * self._patience

    def _tested(self, checks: list, confirms: bool) -> str:
        return tested(self._storage, self._standing.running, checks, confirms)


def tested(storage, running: str, checks: list, confirms: bool) -> str:
    """The name of the check that failed; "" confirms the image if it is to. Loaded for a trial alone."""
    return updating.self_test(storage, running, checks, confirms)
