"""Scans from a scanner that is a USB keyboard ("wedge"), by way of a CH9350L, which puts its reports on a serial line.

In its states 2 to 4 that chip sends 57 AB 01 and the eight bytes of a boot report at each change of a key, and other
frames now and then. The scanner types as on an American keyboard, FNC1 as Ctrl+] or F8.
"""

from firmware.peripherals.reading import heard
from firmware.peripherals.scanner import Scanner
from firmware.peripherals.ticks import passed

_HEADER, _REPORT = b"\x57\xab", 1
_REPORT_LENGTH = 8
_FRAME = 20  # ms a frame may take; it needs one
_ALONE = 60  # ms after which a character typed alone was no scanner's

_ENTER, _SEPARATOR, _ROLLOVER = 0x28, 0x41, 1  # usages of a USB keyboard: Enter, F8 for GS, too many keys
_CONTROL, _SHIFT = 0x11, 0x22  # left and right
# What a keyboard with American letters types, by usage from 4 up, and with Shift; then the number pad's from 0x54 up.
_PLAIN = "abcdefghijklmnopqrstuvwxyz1234567890\r\x1b\b\t -=[]\\#;'`,./"
_SHIFTED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\r\x1b\b\t _+{}|~:"~<>?'
_PAD = "/*-+\r1234567890."


class TypingScanner(Scanner):
    """Its keys are not the keypad's: what somebody types on such a keyboard alone means nothing."""

    first_pause = _ALONE

    def __init__(self, uart, cards: tuple = ()):
        super().__init__(cards)
        self._uart = uart
        self._bytes = bytearray(32)
        self._frame = bytearray()
        self._heard = 0
        self._held = b""

    def poll(self, now_ms: int) -> None:
        """Take what has come since the last time."""
        if self._uart.any():
            heard(self._uart, self._bytes, self._hear, now_ms)

    def hold(self, waits: bool) -> None:
        """The chip cannot be asked to wait."""

    def written(self, now_ms: int) -> None:
        """Flash was written: of frames that came meanwhile some may be lost."""
        begun, self._frame = self._last, bytearray()
        self.poll(now_ms)
        if self._line or self._last != begun:
            self.tear(now_ms)
        self._frame, self._held = bytearray(), b""

    def _hear(self, byte: int, now_ms: int) -> None:
        """One byte of a frame; whatever begins otherwise is passed over."""
        if passed(now_ms, self._heard) > _FRAME:
            self._frame = bytearray()
        self._heard = now_ms
        place = len(self._frame)
        if place < 2 and byte != _HEADER[place]:
            self._frame = bytearray()
            return
        self._frame.append(byte)
        if place == 2 and byte != _REPORT:
            self._frame = bytearray()
        elif place == 2 + _REPORT_LENGTH:
            self._report(bytes(self._frame[3:]), now_ms)
            self._frame = bytearray()

    def _report(self, report: bytes, now_ms: int) -> None:
        """Modifiers, nothing, and the usages of at most six keys that are down."""
        keys = report[2:]
        if report[1] or _ROLLOVER in keys:
            return
        for usage in keys:
            if usage and usage not in self._held:
                byte = _typed(usage, report[0])
                if byte:
                    self.take(byte, now_ms)
        self._held = keys


def _typed(usage: int, modifiers: int) -> int:
    """The character of a key as a byte, 0 for a key that types none."""
    letters = _SHIFTED if modifiers & _SHIFT else _PLAIN
    if usage == _SEPARATOR:
        return 29
    if 0x54 <= usage < 0x54 + len(_PAD):
        return ord(_PAD[usage - 0x54])
    byte = ord(letters[usage - 4]) if 4 <= usage < 4 + len(letters) else 0
    if modifiers & _CONTROL:
        return 29 if letters[usage - 4 : usage - 3] == "]" else 0
    return byte if byte >= 32 or usage == _ENTER else 0
