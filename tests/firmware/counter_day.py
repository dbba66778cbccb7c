"""A day at a counter under MicroPython: ``micropython -X heapsize=... tests/firmware/counter_day.py CHECKOUTS FOLDER``.

Scanner, keys, display and printer are emulated chips, the journal lies in FOLDER as on flash that stops the processor.
Every customer shows a card, buys one article, and answers the offers by the large keys; what is sold is printed. Prints
one JSON object: how many of everything there were, bytes in use after 20 checkouts and at the end, the largest
free block then.
"""

import gc
import json
import sys

sys.path.insert(0, ".")

from firmware.board.host import FolderStorage
from firmware.peripherals.desk import FINISH, Desk
from firmware.peripherals.escpos import Printer
from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.keypad import LARGE, NONE, Keypad
from firmware.peripherals.quiet import Quiet, QuietStorage
from firmware.peripherals.scanner import SerialScanner
from pos_client.printing import block, receipt_lines, slip
from tests.core.expect import Chance
from tests.firmware.fakes.bench import I2C, Bench
from tests.firmware.fakes.keys import Contacts
from tests.firmware.fakes.lcd import Lcd
from tests.firmware.fakes.paper import Paper
from tests.firmware.fakes.serial import Flash, Uart
from tests.firmware.peripherals.tills import basket, make_till

CARD, ARTICLE = "8018401234500000001231", "4006381333931"
ASKED_MORE = 1


class FlashStorage(FolderStorage):
    """A folder whose every write stops the processor."""

    def __init__(self, folder, flash):
        super().__init__(folder)
        self._flash = flash

    def append(self, name, pieces):
        self._flash.write()
        super().append(name, pieces)

    def _sync_folder(self):
        pass


class Counter:
    """A till with all its parts, and a cashier."""

    def __init__(self, folder):
        self.bench = Bench()
        flash = Flash(self.bench)
        self.scans, prints = Uart(self.bench, flash, 9600), Uart(self.bench, flash, 19200)
        self.lcd, self.paper = Lcd(), Paper(self.bench, prints)
        self.contacts = Contacts(self.bench)
        self.scanner, self.printer = SerialScanner(self.scans), Printer(prints)
        self.keypad = Keypad(self.contacts.rows, self.contacts.columns, self.contacts.large)
        quiet = Quiet([self.scanner, self.printer], self.bench.ticks_ms, self.bench.sleep_ms)
        self.till = make_till(storage=QuietStorage(FlashStorage(folder, flash), quiet))
        display = CharacterDisplay(I2C(self.bench, 100000, {39: self.lcd}), self.bench.sleep_ms)
        display.start()
        self.desk = Desk(self.till, display, self.bench.ticks_ms)
        self.lost = [flash, prints, self.scans]
        self.read = self.slips = self.wrong = 0

    def wait(self, milliseconds):
        for passed in range(milliseconds):
            self.bench.sleep_ms(1)
            now = self.bench.ticks_ms()
            self.scanner.poll(now)
            self.printer.poll(now)
            if passed % 5 == 0:
                self.keypad.scan()
                key = self.keypad.pressed()
                if key != NONE:
                    self.desk.key(key)
                    self.desk.tell()

    def press(self, key):
        self.contacts.press(key)
        self.wait(20)
        self.contacts.release(key)
        self.wait(40)

    def scanned(self, text):
        self.scans.arrives(text.encode() + b"\r")
        self.wait(40)
        scan = self.scanner.scanned()
        self.read += scan is not None
        return scan and scan.text

    def serve(self, number, chance):
        name = "c" + str(number)
        body = basket(1000 + chance.below(20000))
        body["customer"], body["lines"][0]["sku"] = self.scanned(CARD), self.scanned(ARTICLE)
        self.till.put(name, body)
        self.desk.refresh()
        while self.till.current()["offer"]:
            self.press(LARGE + chance.below(4))
            if self.till.current()["state"] == "top_reached":
                self.press(LARGE)
        self.press(FINISH)
        told = self.till.current()
        self.wrong += told["state"] != "closed" or told["checkout_id"] != name
        lines = receipt_lines("en", told)
        if lines:
            self.slips += self.printer.send(slip(block(lines)))
            self.wait(100)


def used():
    gc.collect()
    return gc.mem_alloc()


def main(checkouts, folder):
    counter, chance = Counter(folder), Chance(1)
    early = papers = 0
    for number in range(checkouts):
        counter.serve(number, chance)
        papers += len(counter.paper.slips)
        counter.paper.slips = []
        if number == 19:
            early = used()
    counter.wait(3000)
    papers += len(counter.paper.slips)
    told = {
        "records": counter.till.health()["journal"]["depth"],
        "scans": counter.read,
        "wrong": counter.wrong,
    }
    told["slips"], told["papers"] = counter.slips, papers
    told["lost"] = counter.scans.lost + counter.paper.lost + counter.scanner.refused
    told["faults"] = len(counter.lcd.faults) + len(counter.paper.faults)
    told["early"], told["late"] = early, used()
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
