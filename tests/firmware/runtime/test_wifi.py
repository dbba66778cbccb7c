"""Wi-Fi that comes and goes: joined again, ever more patiently, never by all at once."""

import asyncio
from itertools import pairwise

from firmware.runtime.wifi import Wifi
from tests.firmware.runtime.hand_time import HandTime


class Station:
    """`network.WLAN` near an access point that can be switched off; ``tries`` are the seconds of each `connect`."""

    def __init__(self, time: HandTime):
        self._time = time
        self.is_there = True
        self.trouble = -2
        self.tries: list[int] = []
        self._joined = False

    def connect(self, ssid, key):
        assert (ssid, key) == ("shop", "secret")
        self.tries.append(self._time.monotonic_ms() // 1000)
        self._joined = True

    def disconnect(self):
        self._joined = False

    def isconnected(self):
        return self._joined and self.is_there

    def status(self):
        return 3 if self.isconnected() else self.trouble

    def ifconfig(self):
        return ("192.168.0.7", "", "", "")


class EagerStation(Station):
    """That of an ESP32: what it lost it tries to join again by itself, three times, and will not be told meanwhile.
    Why it failed it says only afterwards (`network_wlan.c` of MicroPython)."""

    ATTEMPT = 3000  # milliseconds
    _since = None

    def connect(self, ssid, key):
        if self._is_trying():
            raise OSError("Wifi Internal Error")
        super().connect(ssid, key)
        self._since = self._time.monotonic_ms()

    def isconnected(self):
        if super().isconnected():
            self._since = None
        elif self._joined and self._since is None:
            self._since = self._time.monotonic_ms()
        return super().isconnected()

    def _is_trying(self):
        return self._joined and self._since is not None and self._tried() < 3 * self.ATTEMPT

    def _tried(self):
        return self._time.monotonic_ms() - (self._since or 0)

    def status(self):
        return 1001 if self._is_trying() else super().status()


class Shop:
    def __init__(self, chance=lambda below: 0, kind=Station):
        self.time = HandTime()
        self.station = kind(self.time)
        self.switched = 0
        self.said: list[str] = []
        self.beats: list[int] = []
        self.lost = 0
        self.wifi = Wifi(
            self.station,
            self.switches,
            {"ssid": "shop", "key": "secret"},
            chance,
            self.said.append,
            self.loses,
            self.time.sleep,
        )

    def switches(self):
        self.switched += 1
        self.station.disconnect()
        return self.station

    def loses(self):
        self.lost += 1

    def play(self, story):
        async def whole():
            running = asyncio.create_task(self.wifi.run(lambda: self.beats.append(self.time.monotonic_ms())))
            await story()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(whole())


def test_it_is_joined_once_and_joined_again_when_it_was_lost():
    shop = Shop()

    async def story():
        await shop.time.passes(1000)
        assert shop.station.tries == [0] and shop.said == ["wifi: 192.168.0.7"] and not shop.lost
        shop.station.is_there = False
        await shop.time.passes(100)
        shop.station.is_there = True
        await shop.time.passes(100)
        assert shop.station.isconnected() and shop.said[-1] == "wifi: 192.168.0.7" and shop.lost == 1

    shop.play(story)


def test_without_an_access_point_it_waits_longer_each_time_up_to_a_minute():
    shop = Shop(lambda below: below - 1)
    shop.station.is_there = False
    shop.play(lambda: shop.time.passes(1200))
    gaps = [later - earlier for earlier, later in pairwise(shop.station.tries)]
    assert gaps[:3] == [21, 22, 24] and max(gaps) == gaps[-1] == 80  # 20 of them are the try itself


def test_it_says_once_why_it_cannot_be_joined_and_again_when_that_changes():
    shop = Shop()

    async def story():
        shop.station.is_there = False
        await shop.time.passes(300)
        assert shop.said == ["wifi: shop is not there"]
        shop.station.trouble = -3
        await shop.time.passes(300)
        assert shop.said[1:] == ["wifi: shop refuses the key"]
        shop.station.trouble = 1
        await shop.time.passes(300)
        assert shop.said[2:] == ["wifi: shop does not answer"]

    shop.play(story)


def test_the_supervisor_hears_of_it_every_second_whatever_happens():
    shop = Shop()
    shop.station.is_there = False
    shop.play(lambda: shop.time.passes(600))
    assert max(b - a for a, b in pairwise(shop.beats)) <= 1000


def test_tills_do_not_come_back_in_the_same_second():
    waits = set()
    for number in range(20):
        shop = Shop(lambda below, number=number: below * number // 20)
        shop.station.is_there = False
        shop.play(lambda shop=shop: shop.time.passes(300))
        waits.add(shop.station.tries[6])
    assert len(waits) > 10


def test_a_station_that_tries_again_by_itself_is_let_and_says_in_the_end_why_it_failed():
    shop = Shop(kind=EagerStation)

    async def story():
        await shop.time.passes(60)
        shop.station.is_there = False
        await shop.time.passes(5)
        shop.station.is_there = True
        await shop.time.passes(5)
        assert shop.said == ["wifi: 192.168.0.7", "wifi: lost", "wifi: 192.168.0.7"]
        shop.station.is_there, shop.station.trouble = False, 15
        await shop.time.passes(120)
        assert shop.said[3:] == ["wifi: lost", "wifi: shop refuses the key"]

    shop.play(story)


def test_codes_of_an_esp32_are_told_apart():
    told = {}
    for code in (15, 202, 204, 201, 212, 210, 211, 200, 203, 205):
        shop = Shop(kind=EagerStation)
        shop.station.is_there, shop.station.trouble = False, code
        shop.play(lambda shop=shop: shop.time.passes(30))
        told.setdefault(shop.said[0].removeprefix("wifi: shop "), []).append(code)
    assert told == {
        "refuses the key": [15, 202, 204],
        "is not there": [201, 212],
        "wants another kind of key": [210, 211],
        "does not answer": [200, 203, 205],
    }


def test_a_radio_that_never_gets_in_is_switched_off_and_on_now_and_then():
    shop = Shop()

    async def story():
        shop.station.is_there = False
        await shop.time.passes(90)
        assert shop.switched == 0
        await shop.time.passes(600)
        assert 1 <= shop.switched <= 3
        shop.station.is_there = True
        await shop.time.passes(100)
        assert shop.station.isconnected()
        before = shop.switched
        await shop.time.passes(1000)
        assert shop.switched == before

    shop.play(story)
