"""The shop's Wi-Fi: joined, and joined again whenever it is lost."""

import asyncio

_PATIENCE = 20  # seconds an access point has
_LOOK = 1  # seconds between two looks whether it is still there
# What `status` says, on rp2 (CYW43_LINK_...) and on ESP32 (wifi_err_reason_t of ESP-IDF, passed on as it is).
_KEY = (-3, 15, 202, 204)  # of a wrong key: the handshake timed out (15 and 204), or was refused
_GONE = (-2, 201, 212)  # of a network that is not there, or too faint
_OTHER = (210, 211)  # of one that is there, and wants another kind of key or none
_ANEW = 5  # failures in a row after which the radio is switched off and on: one that hangs says nothing of it
_FIRST_WAIT, _LONGEST_WAIT = 1000, 60000  # milliseconds after a failure, then twice that


class Wifi:
    """``station`` is `network.WLAN`, ``anew()`` one whose radio was off; ``secret`` has ``ssid`` and ``key``.
    ``chance(n)`` keeps a mall's tills from coming back in the same second after a power cut. ``lost()`` hears that it
    went."""

    def __init__(self, station, anew, secret: dict, chance, note, lost, sleep=asyncio.sleep):
        self._station = station
        self._anew = anew
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
            self._connect()
        for _ in range(_PATIENCE):
            beat()
            if self._station.isconnected():
                self._note("wifi: " + self._station.ifconfig()[0])
                return True
            await self._sleep(1)
        self._tell(_why(self._station.status()))
        self._station.disconnect()  # or the next try is refused as one too many
        return False

    def _connect(self) -> None:
        try:
            self._station.connect(self._secret["ssid"], self._secret["key"])
        except (
            OSError
        ):  # an ESP32 that lost its network is trying by itself already, and takes no second word
            pass

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
        if self._failures % _ANEW == 0:
            self._station = self._anew()
        left = longest // 2 + self._chance(longest // 2 + 1)
        while left > 0:
            beat()
            await self._sleep(min(left, 1000) / 1000)
            left -= 1000


def _why(status: int) -> str:
    if status in _KEY:
        return " refuses the key"
    if status in _OTHER:
        return " wants another kind of key"
    return " is not there" if status in _GONE else " does not answer"
