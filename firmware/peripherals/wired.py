"""The drivers on a board's buses and pins, as its configuration says which parts are there.

``board`` is a module of `firmware.board`. Settings, all optional: RUNG_DISPLAY (``lcd-a00``, ``lcd-a02``, ``oled``),
RUNG_DISPLAY_ADDRESS, RUNG_PRINTER_BAUD, RUNG_SCANNER (``serial``, ``usb``), RUNG_SCANNER_BAUD, RUNG_CARDS (what a
shop's own cards begin with, with commas).
"""

from firmware.peripherals.escpos import Printer
from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.keypad import Keypad
from firmware.peripherals.scanner import SerialScanner
from firmware.peripherals.signals import Buzzer, StatusLed
from firmware.peripherals.ssd1306 import DotDisplay
from firmware.peripherals.wedge import TypingScanner

_SCAN = 5  # ms between two looks at the keys


def display(board):
    """The display that is configured; `start` it."""
    kind = board.setting("RUNG_DISPLAY") or "lcd-a00"
    address = int(board.setting("RUNG_DISPLAY_ADDRESS") or (60 if kind == "oled" else 39))
    if kind == "oled":
        return DotDisplay(board.i2c(400000), address)
    return CharacterDisplay(board.i2c(100000), board.sleep_ms, address, "A02" if kind == "lcd-a02" else "A00")


def keypad(board) -> tuple:
    """(the keypad, the timer that scans it, to be kept)."""
    keys = Keypad(board.rows(), board.columns(), board.large_keys())
    return keys, board.every(_SCAN, keys.scan)


def scanner(board):
    """The scanner that is configured."""
    is_usb = board.setting("RUNG_SCANNER") == "usb"
    line = board.scanner_line(int(board.setting("RUNG_SCANNER_BAUD") or (115200 if is_usb else 9600)))
    cards = tuple([one for one in (board.setting("RUNG_CARDS") or "").split(",") if one])
    if is_usb:
        return TypingScanner(line, cards)
    return SerialScanner(line, cards, board.clear_to_send())


def printer(board) -> Printer:
    baud = int(board.setting("RUNG_PRINTER_BAUD") or 19200)
    return Printer(board.printer_line(baud), baud)


def signals(board) -> tuple:
    """(status LED, buzzer)."""
    return StatusLed(board.led()), Buzzer(board.buzzer())
