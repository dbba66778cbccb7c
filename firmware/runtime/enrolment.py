"""A board becomes a till: the one-time code it was given, or that is scanned at its counter, is exchanged for an
identity."""

import asyncio

from pos_client import link
from pos_client.core import code
from pos_client.core.record import Refused
from pos_client.enrolling import redeem
from pos_client.link import LinkDown
from pos_client.schedule import Schedule
from pos_client.signed_link import address

_PROOF = "enrolling"  # the file with what this machine proves itself by, should an answer be lost
_LOOK = 0.25  # seconds
_WISH = "Scan the code of this till"


class Enrolment:
    """``device`` is `running.Device`; the service's address is the board's to know, and the code, or a scanner's.

    Until then it stands in the place of `OwnBasket`: ``asks`` is what the display says.
    """

    def __init__(self, device):
        self._device = device
        self._host, self._port = address(device.service)
        self._schedule = Schedule(device.board.chance, self._tell)
        self._typed = device.board.code()
        self._is_asking = bool(device.counter) and device.counter.lend(self)
        self.asks = "Enrolling" if self._typed else _WISH

    def key(self, number: int) -> bool:
        """Nothing is sold before; a code is too long for keys."""
        return False

    def scan(self, scan) -> bool:
        """A `gs1.Scan`. Raises `Invalid` for what is no code."""
        code.read(scan.text)
        self._typed, self._schedule.due, self.asks = scan.text, 0, "Enrolling"
        return False

    async def run(self, beat) -> None:
        """The task of the supervisor, until the service took the code: then the device starts anew, as that till."""
        clock = self._device.clock
        while True:
            beat()
            if self._typed and clock.monotonic_ms() >= self._schedule.due:
                try:
                    self._keep(
                        await redeem(
                            self._device.way or link, self._host, self._port, self._typed, self._proof()
                        )
                    )
                except LinkDown as down:
                    self._schedule.failed(clock.monotonic_ms(), str(down))
                    self.asks = "No answer from " + self._host
                except Refused as refused:
                    self._schedule.failed(clock.monotonic_ms(), refused.code)
                    if self._is_asking:
                        self._typed, self.asks = "", refused.code + ": " + _WISH
            await asyncio.sleep(_LOOK)

    def _keep(self, identity: dict) -> None:
        identity["service"] = self._device.service
        self._device.board.enrolled(identity)
        self._device.kept.remove(_PROOF)
        self._device.board.restart()

    def _proof(self) -> str:
        kept = self._device.kept
        if _PROOF not in kept.names():
            kept.replace(_PROOF, self._device.board.secret()[:32].encode())
        return kept.read(_PROOF).decode()

    def _tell(self, trouble) -> None:
        self._device.diary.note("enrolment: " + str(trouble))
