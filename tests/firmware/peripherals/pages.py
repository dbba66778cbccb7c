"""Answers of a till as its tests know them, and a display with a page on it. Runs on both interpreters."""

from firmware.peripherals.font import rows
from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.ssd1306 import DotDisplay
from tests.firmware.fakes.bench import I2C, Bench
from tests.firmware.fakes.lcd import Lcd
from tests.firmware.fakes.oled import Oled

RUNGS = [("Birthday 5%", 130), ("Card", 1000), ("Team 10%", 12345)]
HEALTH = {
    "journal": {"trouble": None, "depth": 12},
    "snapshot": {"version": 1, "age_seconds": 5},
    "link": {"seconds_since_contact": 3, "every": 15, "trouble": None},
}


def offering(label="Birthday 5%", amount=130, pay=2468, currency="EUR", disclosure=None, rung=0) -> dict:
    """A checkout with three rungs in its plan, one of them on offer."""
    return {
        "state": "offering",
        "currency": currency,
        "plan": [0, 1, 2],
        "ladder": [{"label": name, "amount": less} for name, less in RUNGS],
        "goodwill": {"available": 0, "given": 0},
        "pay": pay,
        "offer": {"rung": rung, "label": label, "amount": amount, "pay": pay, "disclosure": disclosure},
    }


class Characters:
    """A 20x4 display on its bus, switched on."""

    def __init__(self, rom: str = "A00"):
        self.bench = Bench()
        self.chip = Lcd(rom)
        self.bus = I2C(self.bench, 100000, {39: self.chip})
        self.display = CharacterDisplay(self.bus, self.bench.sleep_ms, rom=rom)
        self.display.start()

    def showing(self, page) -> list:
        """What stands on the screen, one list of rows for each frame of the page."""
        out = []
        for frame in self.display.prepare(page):
            self.display.show(frame)
            out.append(self.chip.screen())
        return out


class Dots:
    """A 128x64 display on its bus, switched on."""

    def __init__(self):
        self.bench = Bench()
        self.chip = Oled()
        self.bus = I2C(self.bench, 400000, {60: self.chip})
        self.display = DotDisplay(self.bus)
        self.display.start()


BARS = {
    b"\x1f\x1f\x00\x00\x00\x00\x00\x00": "▀",
    b"\x00\x00\x00\x00\x00\x00\x1f\x1f": "▄",
    b"\x1f\x1f\x00\x00\x00\x00\x1f\x1f": "=",
    b"\x1f\x1f\x1f\x1f\x1f\x1f\x1f\x1f": "█",
}


def read(characters):
    """The screen as a person reads it: glyphs by their shape, bars and letters of ours."""
    seen = []
    for row in characters.chip.screen():
        for number, circle in enumerate("⓪①②③④⑤⑥⑦"):
            row = row.replace(circle, meaning(characters.chip.glyph(number)))
        seen.append(row)
    return seen


def meaning(glyph):
    for character in "€₽БГДЖИЙЛПУФЦЧШЩЪЫЭЮЯéèêàçôîâû":
        if rows(character) == glyph:
            return character
    return BARS.get(glyph, "?")
