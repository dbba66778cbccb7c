"""A counter at which nobody stands, under MicroPython: prints the bytes that 200 looks at its lines allocate."""

import asyncio
import gc
import sys

sys.path.insert(0, ".")

from firmware.board import host
from firmware.runtime.counter import Counter

PARTS = {"RUNG_PARTS": "display,keys,scanner,printer,led,buzzer"}
HEALTH = {"journal": {"trouble": None, "depth": 0}, "snapshot": {"version": 1, "age_seconds": 1}}
HEALTH["open_checkouts"], HEALTH["link"] = 0, None
_LOOKS, _EARLY = 200, 20


class Line:
    """Any pin, bus, PWM or UART: nothing comes, all is taken."""

    def value(self, level=1):
        return level

    def writeto(self, address, data):
        return len(data)

    def any(self):
        return 0

    def freq(self, hertz):
        pass

    def duty_u16(self, duty):
        pass


class Board:
    """Lines, and the host's time; its pauses are counted, and nothing is collected between two of them."""

    def __init__(self):
        line = Line()
        self.setting = PARTS.get
        self.i2c = self.scanner_line = self.printer_line = lambda rate: line
        self.rows = self.columns = self.large_keys = lambda: (line,) * 4
        self.clear_to_send = self.led = self.buzzer = lambda: line
        self.every = lambda milliseconds, callback: callback
        self.sleep_ms, self.ticks_ms = host.sleep_ms, host.ticks_ms
        self._looks = self._before = 0

    def pause(self, milliseconds):
        self._looks += 1
        if self._looks == _EARLY:
            gc.collect()
            gc.disable()
            self._before = gc.mem_alloc()
        if self._looks == _EARLY + _LOOKS:
            print(gc.mem_alloc() - self._before)
            sys.exit()
        return host.pause(1)


class Till:
    """Nobody buys anything."""

    boot, language = 1, "en"

    def current(self):
        return None

    def shown_ms(self):
        return 0

    def health(self):
        return HEALTH


counter = Counter(Board(), print)
counter.attend(Till(), lambda: None)
counter._step = lambda now: None  # four times a second, and it asks the till
asyncio.run(counter.run(lambda: None))
