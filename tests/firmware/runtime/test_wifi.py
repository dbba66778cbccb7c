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


class Shop:
    def __init__(self, chance=lambda below: 0):
        self.time = HandTime()
        self.station = Station(self.time)
        self.said: list[str] = []
        self.beats: list[int] = []
        self.lost = 0
        self.wifi = Wifi(
            self.station,
            {"ssid": "shop", "key": "secret"},
            chance,
            self.said.append,
            self.loses,
            self.time.sleep,
        )

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
