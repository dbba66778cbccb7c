"""The shop's Wi-Fi: joined, and joined again whenever it is lost."""

import asyncio

_PATIENCE = 20  # seconds an access point has
_LOOK = 1  # seconds between two looks whether it is still there
_KEY = (-3, 15, 202, 204)  # what `status` says of a wrong key, on rp2 and on ESP32
_GONE = (-2, 201, 210, 211, 212)  # and of a network that is not there
_FIRST_WAIT, _LONGEST_WAIT = 1000, 60000  # milliseconds after a failure, then twice that


class Wifi:
    """``station`` is `network.WLAN`; ``secret`` has ``ssid`` and ``key``. ``chance(n)`` keeps a mall's tills from
    coming back in the same second after a power cut. ``lost()`` hears that it went."""

    def __init__(self, station, secret: dict, chance, note, lost, sleep=asyncio.sleep):
        self._station = station
        self._secret = secret
        self._chance = chance
        self._note = note
        self._lost = lost
        self._sleep = sleep
        self._failures = 0
        self._told = ""  # why it could not be joined the last time

    async def run(self, beat) -> None:
        """The task of the supervisor: for ever."""
        while True:
            if await self._joined(beat):
                self._failures, self._told = 0, ""
                await self._stays(beat)
                self._note("wifi: lost")
                self._lost()
            else:
                await self._rest(beat)

    async def _joined(self, beat) -> bool:
        if not self._station.isconnected():
            self._station.connect(self._secret["ssid"], self._secret["key"])
        for _ in range(_PATIENCE):
            beat()
            if self._station.isconnected():
                self._note("wifi: " + self._station.ifconfig()[0])
                return True
            await self._sleep(1)
        self._tell(_why(self._station.status()))
        self._station.disconnect()  # or the next try is refused as one too many
        return False

    def _tell(self, why: str) -> None:
        """Once, however often it is tried: the log has twenty lines."""
        if why != self._told:
            self._told = why
            self._note("wifi: " + self._secret["ssid"] + why)

    async def _stays(self, beat) -> None:
        while self._station.isconnected():
            beat()
            await self._sleep(_LOOK)

    async def _rest(self, beat) -> None:
        longest = min(_LONGEST_WAIT, _FIRST_WAIT << min(self._failures, 10))
        self._failures += 1
        left = longest // 2 + self._chance(longest // 2 + 1)
        while left > 0:
            beat()
            await self._sleep(min(left, 1000) / 1000)
            left -= 1000


def _why(status: int) -> str:
    if status in _KEY:
        return " refuses the key"
    return " is not there" if status in _GONE else " does not answer"
