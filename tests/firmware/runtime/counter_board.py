"""A whole device at a counter under MicroPython: ``micropython counter_board.py FIRST LAST``.

The board is the host with emulated chips on its pins, in their own time; everything else is what a device runs, its
HTTP server and link included. A cashier scans a card and two articles, types a price, answers the offers by the large
keys and finishes; what is sold is printed. Serves customers FIRST to LAST, prints one JSON object.
"""

import asyncio
import gc
import json
import sys
from time import ticks_add, ticks_ms  # pyright: ignore[reportAttributeAccessIssue]

import micropython

sys.path.insert(0, ".")

from firmware.board import host
from firmware.peripherals.keypad import LARGE, LEGENDS
from firmware.runtime import running
from tests.core.expect import Chance
from tests.firmware.fakes.bench import I2C, Bench
from tests.firmware.fakes.keys import Contacts
from tests.firmware.fakes.lcd import Lcd
from tests.firmware.fakes.paper import Paper
from tests.firmware.fakes.serial import Flash, Uart

CARD, ARTICLE, OTHER = "8018401234500000001231", "4006381333931", "4012345678901"
_MOST = 64  # large keys pressed for one customer: a counter without room for an answer must not wait for ever
SETTINGS = {"RUNG_PARTS": "display,keys,scanner,printer,led,buzzer"}


class Pin:
    """A pin that remembers what it was set to."""

    def __init__(self):
        self.level = 0

    def value(self, level=None):
        if level is not None:
            self.level = level
        return self.level


class Pwm:
    def __init__(self):
        self.tones = 0

    def freq(self, hertz):
        self.tones += 1

    def duty_u16(self, duty):
        pass


class FlashFolder(host.FolderStorage):
    """A folder whose every write stops the processor."""

    def __init__(self, folder, flash):
        super().__init__(folder)
        self._flash = flash

    def _write(self, name, mode, pieces):
        self._flash.write()
        super()._write(name, mode, pieces)

    def _sync_folder(self):
        pass


class Board:
    """`firmware.board.host` with parts on its pins, and the time of a workbench."""

    HOST = host.HOST
    HARDWARE = host.HARDWARE

    def __init__(self):
        self.kept, self.slots, self.release, self.identity = (
            host.kept,
            host.slots,
            host.release,
            host.identity,
        )
        self.secret, self.chance, self.free, self.port = host.secret, host.chance, host.free, host.port
        self.set_clock, self.watchdog = host.set_clock, host.watchdog
        self.wifi, self.code, self.name_server = host.wifi, host.code, host.name_server
        self.bench = Bench()
        self.flash = Flash(self.bench)
        self.scans, self.prints = Uart(self.bench, self.flash, 9600), Uart(self.bench, self.flash, 19200)
        self.lcd, self.paper = Lcd(), Paper(self.bench, self.prints)
        self.wires = {39: self.lcd}
        self.ticks_ms = self.bench.ticks_ms
        self.contacts = Contacts(self.bench, 4)
        self.light, self.buzz = Pin(), Pwm()
        self._scanned = 0

    def SystemClock(self):
        return self

    def monotonic_ms(self):
        return self.bench.ticks_ms()

    def now(self):
        return 1795000000 + self.bench.ticks_ms() // 1000

    def setting(self, name):
        return SETTINGS.get(name) or host.setting(name)

    def storage(self, folder):
        return FlashFolder(host._home() + "/" + folder, self.flash)

    def i2c(self, hertz):
        return I2C(self.bench, hertz, self.wires)

    def rows(self):
        return self.contacts.rows

    def columns(self):
        return self.contacts.columns

    def large_keys(self):
        return self.contacts.large

    def scanner_line(self, baud):
        return self.scans

    def printer_line(self, baud):
        return self.prints

    def clear_to_send(self):
        return None

    def led(self):
        return self.light

    def buzzer(self):
        return self.buzz

    def every(self, milliseconds, callback):
        self._scan, self._every = callback, 1000 * milliseconds
        self.bench.every(self._timer)

    def _timer(self, now):
        if now - self._scanned >= self._every:
            self._scanned = now
            self._scan()

    def sleep_ms(self, milliseconds):
        self.bench.sleep_ms(milliseconds)

    async def pause(self, milliseconds):
        for _ in range(milliseconds):
            self.bench.sleep_ms(1)
        await asyncio.sleep(0)

    def restart(self):
        sys.exit(75)

    def waited(self):
        """What asyncio waits by: the workbench's time, which runs ahead of ours, and ours where everybody waits."""
        return ticks_add(ticks_ms(), self.bench.ticks_ms())


class Cashier:
    def __init__(self, board, till):
        self._board, self._till = board, till
        self.wrong = 0

    async def wait(self, milliseconds):
        end = self._board.bench.ticks_ms() + milliseconds
        while self._board.bench.ticks_ms() < end:
            await asyncio.sleep(0)

    async def press(self, key):
        self._board.contacts.press(key)
        await self.wait(40)
        self._board.contacts.release(key)
        await self.wait(60)

    async def type(self, keys):
        for legend in keys:
            await self.press(LEGENDS.find(legend))

    async def scan(self, text):
        self._board.scans.arrives(text.encode() + b"\r")
        await self.wait(120)

    async def serve(self, chance, is_pulled=False):
        """One customer, by what stands on the counter alone; ``is_pulled``: the display's plug, from offer to slip."""
        await self.scan(CARD)
        await self.scan(ARTICLE)
        if self._board.lcd.screen()[0].startswith(ARTICLE[:8]):  # a price nobody knows yet
            await self.type("1999A")
        await self.scan(OTHER)
        await self.type(str(1000 + chance.below(9000)) + "A" if self._asked() else "")
        before = self._till.current()
        self.wrong += before is None or len(before["ladder"]) == 0
        if is_pulled:
            self._board.wires.clear()
        for _ in range(_MOST):
            if not self._till.current()["offer"] or self._till.current()["state"] == "closed":
                break
            await self.press(LARGE + chance.below(4))
            if self._till.current()["state"] == "top_reached":
                await self.press(LARGE)
        await self.type("#")
        await self.wait(400)
        told = self._till.current()
        self.wrong += told["state"] != "closed" or told["checkout_id"] != before["checkout_id"]
        if is_pulled:
            self._board.wires[39] = self._board.lcd
            await self.wait(2500)
            shown = " ".join(self._board.lcd.screen())
            self.wrong += "sold" not in shown

    def _asked(self):
        return self._board.lcd.screen()[0].startswith(OTHER[:8])


async def day(board, device, first, last):
    cashier, chance = Cashier(board, device.till), Chance(first)
    await cashier.wait(500)
    early, slips = 0, 0
    for number in range(first, last + 1):
        await cashier.serve(chance, number % 8 == 7)
        slips += len(board.paper.slips)
        board.paper.slips = []
        if number == first + 4:
            gc.collect()
            early = gc.mem_alloc()
        print("served", number)
    await cashier.wait(4000)
    gc.collect()
    told = {"wrong": cashier.wrong, "slips": slips + len(board.paper.slips), "tones": board.buzz.tones}
    told["lost"] = board.scans.lost + board.paper.lost
    told["faults"] = len(board.lcd.faults) + len(board.paper.faults)
    told["grown"], told["records"] = gc.mem_alloc() - early, device.till.health()["journal"]["depth"]
    told["crash"], told["screen"] = device.diary.crash, board.lcd.screen()
    gc.collect()
    micropython.mem_info()
    micropython.qstr_info()
    print(json.dumps(told))
    sys.exit(0)


def main(first, last):
    gc.threshold(32768)  # as `firmware.main`
    board = Board()
    asyncio.core.ticks = board.waited  # pyright: ignore[reportAttributeAccessIssue] only MicroPython has it
    device = running.Device(board, "a")

    async def whole():
        working = asyncio.create_task(day(board, device, first, last))
        await running.living(device)
        await working

    asyncio.run(whole())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
