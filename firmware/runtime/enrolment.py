"""A board becomes a till: the one-time code it was given is exchanged for an identity."""

import asyncio

from pos_client import link
from pos_client.core.record import Refused
from pos_client.enrolling import redeem
from pos_client.link import LinkDown
from pos_client.signed_link import address
from pos_client.turn import Turn

_PROOF = "enrolling"  # the file with what this machine proves itself by, should an answer be lost
_LOOK = 0.25  # seconds


class Enrolment:
    """``device`` is `running.Device`; the code and the service's address are the board's to know."""

    def __init__(self, device):
        self._device = device
        self._host, self._port = address(device.service)
        self._turn = Turn(device.board.chance, self._tell)

    async def run(self, beat) -> None:
        """The task of the supervisor, until the service took the code: then the device starts anew, as that till."""
        device = self._device
        while True:
            beat()
            if device.clock.monotonic_ms() >= self._turn.due:
                try:
                    self._keep(
                        await redeem(
                            device.way or link, self._host, self._port, device.board.code(), self._proof()
                        )
                    )
                except LinkDown as down:
                    self._turn.failed(device.clock.monotonic_ms(), str(down))
                except Refused as refused:
                    self._turn.failed(device.clock.monotonic_ms(), refused.code)
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
