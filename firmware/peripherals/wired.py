"""The drivers on a board's buses and pins, as its configuration says which parts are there.

``board`` is a module of `firmware.board`. Settings, all optional: RUNG_DISPLAY (``lcd-a00``, ``lcd-a02``, ``oled``),
RUNG_DISPLAY_ADDRESS, RUNG_PRINTER_BAUD, RUNG_SCANNER_BAUD, RUNG_CARDS (beginnings of a shop's own cards, with commas).
"""

import time

from firmware.peripherals.escpos import Printer
from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.keypad import Keypad
from firmware.peripherals.scanner import SerialScanner
from firmware.peripherals.signals import Buzzer, StatusLed
from firmware.peripherals.ssd1306 import DotDisplay

_SCAN = 5  # ms between two looks at the keys


def display(board):
    """The display that is configured; `start` it."""
    kind = board.setting("RUNG_DISPLAY") or "lcd-a00"
    address = int(board.setting("RUNG_DISPLAY_ADDRESS") or (60 if kind == "oled" else 39))
    if kind == "oled":
        return DotDisplay(board.i2c(400000), address)
    return CharacterDisplay(board.i2c(100000), time.sleep_ms, address, "A02" if kind == "lcd-a02" else "A00")


def keypad(board) -> tuple:
    """(the keypad, the timer that scans it, to be kept)."""
    keys = Keypad(board.rows(), board.columns(), board.large_keys())
    return keys, board.every(_SCAN, keys.scan)


def scanner(board) -> SerialScanner:
    line = board.scanner_line(int(board.setting("RUNG_SCANNER_BAUD") or 9600))
    cards = tuple([one for one in (board.setting("RUNG_CARDS") or "").split(",") if one])
    return SerialScanner(line, cards, board.clear_to_send())


def printer(board) -> Printer:
    baud = int(board.setting("RUNG_PRINTER_BAUD") or 19200)
    return Printer(board.printer_line(baud), baud)


def signals(board) -> tuple:
    """(status LED, buzzer)."""
    return StatusLed(board.led()), Buzzer(board.buzzer())
