"""A character display of 20 by 4: HD44780 behind a PCF8574, the usual backpack with I2C (address 39 or 63).

The expander's pins are P0 RS, P1 RW, P2 E, P3 backlight, P4 to P7 the upper half of the data bus. At 100 kHz, the most
a PCF8574 takes, one byte needs 90 us, longer than the display needs for anything but clearing itself: nothing is waited
for and nothing is read back.
"""

from firmware.peripherals.figure_20x4 import COLUMNS, ROWS, frames

_COMMAND, _DATA, _ENABLE, _LIGHT = 0, 1, 4, 8
_ROW_STARTS = b"\x80\xc0\x94\xd4"  # "set DDRAM address" for each row
_GLYPHS = 0x40  # "set CGRAM address"
_START = (
    b"\x28\x08\x01\x06\x0c"  # four bits and two rows; off; clear; write to the right; on without a cursor
)


class CharacterDisplay:
    """``bus`` is an I2C with ``writeto``, ``sleep_ms`` waits; ``rom`` is the display's: "A00" or "A02".

    Every method raises OSError when the display does not answer; `start` brings it back.
    """

    def __init__(self, bus, sleep_ms, address: int = 39, rom: str = "A00"):
        self._bus = bus
        self._sleep_ms = sleep_ms
        self._address = address
        self._rom = rom
        self._cells = bytearray(COLUMNS * ROWS)
        self._glyphs = bytearray(64)
        self._out = bytearray(4 * (COLUMNS + 1))
        whole = memoryview(self._out)
        self._parts = [
            whole[: 4 * length] for length in range(COLUMNS + 2)
        ]  # made once: `show` allocates nothing

    def start(self) -> None:
        """From whatever state the display is in, also half of a byte, to four bits and an empty screen."""
        self._sleep_ms(50)
        for nibble, wait in ((0x30, 5), (0x30, 1), (0x30, 1), (0x20, 1)):
            self._out[0], self._out[1] = nibble | _LIGHT | _ENABLE, nibble | _LIGHT
            self._bus.writeto(self._address, self._parts[1][:2])
            self._sleep_ms(wait)
        for command in _START:
            self._put(0, command, _COMMAND)
            self._send(1)
            self._sleep_ms(2)
        for place in range(len(self._cells)):
            self._cells[place] = 32
        for place in range(len(self._glyphs)):
            self._glyphs[place] = 255  # no glyph looks so: all are sent the first time

    def prepare(self, page) -> list:
        """The page as frames for `show`; what is too long for one goes on in the next."""
        return frames(page, self._rom)

    def show(self, frame) -> None:
        """Write what differs from what is shown. Allocates nothing."""
        for glyph in range(8):
            self._show_glyph(glyph, frame.glyphs)
        for row in range(ROWS):
            self._show_row(row, frame.cells)

    def _show_glyph(self, glyph: int, wanted) -> None:
        start = 8 * glyph
        differs = False
        for place in range(start, min(start + 8, len(wanted))):
            differs = differs or self._glyphs[place] != wanted[place]
        if differs:
            self._put(0, _GLYPHS | start, _COMMAND)
            for line in range(8):
                self._put(line + 1, wanted[start + line], _DATA)
                self._glyphs[start + line] = wanted[start + line]
            self._send(9)

    def _show_row(self, row: int, wanted) -> None:
        start = COLUMNS * row
        first, last = COLUMNS, -1
        for column in range(COLUMNS):
            if self._cells[start + column] != wanted[start + column]:
                first = min(first, column)
                last = column
        if last < 0:
            return
        self._put(0, _ROW_STARTS[row] + first, _COMMAND)
        for column in range(first, last + 1):
            self._put(column - first + 1, wanted[start + column], _DATA)
            self._cells[start + column] = wanted[start + column]
        self._send(last - first + 2)

    def _put(self, place: int, byte: int, register: int) -> None:
        """Byte number ``place`` of the next `_send`: two halves, each taken when E falls."""
        upper = (byte & 0xF0) | register | _LIGHT
        lower = (byte << 4 & 0xF0) | register | _LIGHT
        place *= 4
        self._out[place], self._out[place + 1] = upper | _ENABLE, upper
        self._out[place + 2], self._out[place + 3] = lower | _ENABLE, lower

    def _send(self, count: int) -> None:
        self._bus.writeto(self._address, self._parts[count])
