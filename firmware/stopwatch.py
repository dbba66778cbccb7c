"""What `rung bench device` runs on MicroPython: prints what parts of a till's work take, in loops, as JSON.

    micropython -c "import program; program.main(CASE.json, SNAPSHOT, FOLDER)"

`firmware.build.program` compiles it with the till's code as a board has it.
The case holds a till's identity, the time, and baskets by name; the snapshot is the till's, the folder takes its
journal. A loop is a hundred thousand rounds of ``s += i & 7``; figures are millionths of it. A tenth of it runs right
before each work, and the quickest of `ROUNDS` of either count: what the interpreter needs, not what else the machine
did, and both of the same moments. The time of a bus is not waited for but counted, in bits.
"""

import gc
import json
import os
import time

from firmware.board.host import FolderStorage
from firmware.peripherals.desk import Desk
from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.keypad import NONE, Keypad
from firmware.peripherals.ssd1306 import DotDisplay
from pos_client.core import basket, checkout
from pos_client.core.snapshot import Snapshot
from pos_client.journal import Journal
from pos_client.till import Till

ROUNDS = 25
TENTH = 10000  # of a loop's rounds
SCANS = 20  # of a keypad, one of which is too short to be timed
BUSES = {"lcd": 100000, "oled": 400000}  # hertz


def tenth() -> int:
    total = 0
    for i in range(TENTH):
        total += i & 7
    return total


class Clock:
    """A till's clock that stands at one date."""

    def __init__(self, now: int):
        self._now = now

    def monotonic_ms(self):
        return time.ticks_ms()

    def now(self) -> int:
        return self._now


class Bus:
    """An I2C on which everybody listens; ``bits`` is how many went over it."""

    def __init__(self):
        self.bits = 0

    def writeto(self, address: int, data) -> int:
        self.bits += 9 * (len(data) + 1) + 2  # a start, a stop, and for each byte an acknowledgement
        return len(data)


class Contact:
    """A key or a line of the matrix: 1 as long as nobody presses."""

    def __init__(self):
        self.level = 1

    def value(self, level=None) -> int:
        return self.level


class Stopwatch:
    """The quickest time of a work, and of the loop right before it."""

    def __init__(self):
        self._loop = self._work = 1 << 30

    def clock(self, work, before=None) -> None:
        gc.collect()
        if before:
            before()
        began = time.ticks_us()
        tenth()
        between = time.ticks_us()
        work()
        ended = time.ticks_us()
        self._loop = min(self._loop, time.ticks_diff(between, began))
        self._work = min(self._work, time.ticks_diff(ended, between))

    def read(self) -> int:
        """Millionths of a loop."""
        return self._work * 100000 // self._loop


def usual(work, between=None) -> int:
    """Millionths of a loop that ``work()`` takes; ``between()`` is called after each and does not count.

    Each time it is done once before: a collection has emptied a PC's caches, and a board has none.
    """
    watch = Stopwatch()

    def again():
        work()
        if between:
            between()

    for _ in range(ROUNDS):
        watch.clock(work, again)
        if between:
            between()
    return watch.read()


class Counter:
    """A till, and a cashier who serves one customer after the other."""

    def __init__(self, case: dict, snapshot: str, folder: str):
        file = open(snapshot, "rb")

        def read(offset: int, length: int) -> bytes:
            file.seek(offset)
            return file.read(length)

        rules = Snapshot(read, os.stat(snapshot)[6])
        self.till = Till(case["identity"], Clock(case["now"]), Journal(FolderStorage(folder)), 1, rules)
        self._number = 0

    def comes(self, body: dict) -> dict:
        """A basket is put on the counter: the till's answer."""
        self._number += 1
        return self.till.put("b" + str(self._number), body)

    def goes(self) -> None:
        """The checkout ends, whatever became of it."""
        self.till.close("b" + str(self._number), {"outcome": "cancelled"})

    def decided(self, body: dict) -> tuple:
        """Functions that decide about a basket which was read: from rules to first offer, and the plan alone."""
        goods = basket.read(body)
        present = self.till._present
        visit = present.visit(goods, "b", [], self.till._clock.now(), 0)

        def decide():
            return checkout.begin(checkout.Decision(present.shop, goods, visit))

        decision = checkout.Decision(present.shop, goods, visit)

        def plan():
            return decision._made(decision.outlook())

        return decide, plan


def measured(counter: Counter, body: dict) -> dict:
    """From a basket to its offer: all of it, and the decision alone."""
    told = counter.comes(body)
    counter.goes()
    took = {"rungs": len(told["ladder"]), "plan": len(told["plan"])}
    decide, plan = counter.decided(body)
    took["decision"], took["planning"] = usual(decide), usual(plan)
    took["put"] = usual(lambda: counter.comes(body), counter.goes)
    return took


def keyed(counter: Counter, body: dict, kind: str) -> dict:
    """Of the slowest large key: the code from its contact to the display, the microseconds of the bus, and the code
    that takes it to the till."""
    bus = Bus()
    display = CharacterDisplay(bus, lambda milliseconds: None) if kind == "lcd" else DotDisplay(bus)
    lines, large = tuple([Contact() for _ in range(4)]), tuple([Contact() for _ in range(4)])
    keys = Keypad(lines, lines, large)
    slowest = {"code": 0, "bus": 0, "told": 0}
    for number in range(4):
        code, told = Stopwatch(), Stopwatch()
        for _ in range(ROUNDS):
            counter.comes(body)
            display.start()
            desk = Desk(counter.till, display, time.ticks_ms)
            bus.bits = 0
            code.clock(_press(keys, large[number], desk))
            slowest["bus"] = max(slowest["bus"], bus.bits * 1000000 // BUSES[kind])
            told.clock(desk.tell)
            _release(keys, large[number])
            counter.goes()
        slowest["code"] = max(slowest["code"], code.read())
        slowest["told"] = max(slowest["told"], told.read())
    return slowest


def idle_scans():
    """A function that looks at a keypad `SCANS` times while nobody presses a key."""
    contacts = tuple([Contact() for _ in range(4)])
    keys = Keypad(contacts, contacts, contacts)

    def scans():
        for _ in range(SCANS):
            keys.scan()

    return scans


def _press(keys: Keypad, contact: Contact, desk: Desk):
    """A function that does what happens from a key's contact to the display."""

    def answered():
        keys.scan()
        keys.scan()
        desk.key(keys.pressed())

    contact.level = 0
    return answered


def _release(keys: Keypad, contact: Contact) -> None:
    contact.level = 1
    for _ in range(8):
        keys.scan()
    if keys.pressed() != NONE:
        raise ValueError("a key that nobody pressed")


def main(case_file: str, snapshot: str, folder: str) -> None:
    with open(case_file) as file:
        case = json.load(file)
    counter = Counter(case, snapshot, folder)
    baskets, keys = {}, {}
    for name in sorted(case["baskets"]):
        baskets[name] = measured(counter, case["baskets"][name])
    for kind in sorted(BUSES):
        keys[kind] = keyed(counter, case["baskets"][case["asked"]], kind)
    print(json.dumps({"baskets": baskets, "keys": keys, "scan": usual(idle_scans()) // SCANS}))
