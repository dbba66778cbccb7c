"""Lives of a device, run under `on_wasm`: a new one that scans its code, days with either display, one left alone."""

import asyncio
import json
import os

from firmware import boot
from firmware.board import host
from firmware.peripherals.keypad import LARGE
from firmware.runtime import running
from tests.core.expect import Chance
from tests.firmware.coverage.on_wasm import end
from tests.firmware.fakes.bench import I2C
from tests.firmware.fakes.oled import Oled
from tests.firmware.peripherals.test_wedge import usage
from tests.firmware.runtime.counter_board import ARTICLE, CARD, Board, Cashier


class Station:
    """`network.WLAN` near an access point that is lost once."""

    def __init__(self):
        self._looks = 0

    def connect(self, ssid, key):
        pass

    def disconnect(self):
        pass

    def isconnected(self):
        self._looks += 1
        return self._looks not in (1, 5, 6)

    def status(self):
        return -2

    def ifconfig(self):
        return ("192.168.0.7", "", "", "")


class Device(Board):
    """The emulated counter, whose restart ends the process."""

    def __init__(self):
        super().__init__()
        self.enrolled = host.enrolled
        self.wifi = Station

    def wifi_secret(self):
        return {"ssid": "shop", "key": "secret"}

    def restart(self):
        end()

    def shown(self):
        return " ".join(" ".join(self.lcd.screen()).split())


class DotDevice(Device):
    """With an OLED, and a scanner that types."""

    def __init__(self):
        super().__init__()
        self.oled = Oled()

    def setting(self, name):
        return {"RUNG_DISPLAY": "oled", "RUNG_SCANNER": "usb"}.get(name) or super().setting(name)

    def i2c(self, hertz):
        return I2C(self.bench, hertz, {60: self.oled})

    async def types(self, cashier, text):
        for character in text:
            modifiers, key = usage(character)
            for report in ((modifiers, 0, key), (0, 0, 0)):
                self.scans.arrives(b"\x57\xab\x01" + bytes(report) + bytes(5))
            await cashier.wait(20)
        await cashier.wait(100)


async def _living(board, story):
    """The device that `boot.py` starts, while ``story(device)`` happens; then until somebody ends it."""
    slot = boot.start(host._data() + "/update", lambda slot: None, lambda: None)
    device = running.Device(board, slot)
    happening = asyncio.create_task(story(device))
    await running.living(device)
    await happening


async def alone():
    """A device without parts, until it ends itself or is ended."""

    class Plain(Device):
        def setting(self, name):
            return host.setting(name)

        def SystemClock(self):
            return host.SystemClock()

        def wifi(self):
            return None

    async def story(device):
        pass

    await _living(Plain(), story)


async def enrolled(code):
    """An article is scanned first, by mistake."""
    board = Device()

    async def story(device):
        while "Scan the code" not in board.shown():
            await asyncio.sleep(0.01)
        board.scans.arrives(ARTICLE.encode() + b"\r" + code.encode() + b"\r")

    await _living(board, story)


async def served(first, last):
    """Customers by scanner and keys; says "done", and serves points of sale from then on."""
    board = Device()

    async def story(device):
        cashier, chance = Cashier(board, device.till), Chance(first)
        await cashier.wait(500)
        while not device.till.health()["snapshot"]["version"]:
            await asyncio.sleep(0.01)
        for _ in range(first, last + 1):
            await cashier.serve(chance)
        await cashier.wait(4000)  # the printer has its time
        print("done", json.dumps([cashier.wrong, len(board.paper.slips), len(board.lcd.faults)]))

    await _living(board, story)


async def served_by_dots(customers):
    """As `served`, with the parts of `DotDevice`."""
    board = DotDevice()

    async def story(device):
        cashier = Cashier(board, device.till)
        await cashier.wait(500)
        for _ in range(customers):
            await board.types(cashier, CARD + "\r")
            await board.types(cashier, ARTICLE + "\r")
            await cashier.type("1999A")
            for key in (LARGE + 1, LARGE + 2, LARGE):
                await cashier.press(key)
            await cashier.type("*0#")
            await cashier.wait(4000)
        print("done", json.dumps([len(board.oled.faults), os.listdir(host._data() + "/till")]))

    await _living(board, story)
