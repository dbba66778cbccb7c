"""A graphic display of 128 by 64 dots: SSD1306 on I2C (address 60 or 61).

No picture is kept: a row is drawn while it is sent, in the chip's own order of bytes (eight dots below each other, the
upper one lowest), which is also that of the font.
"""

from firmware.peripherals.figure_128x64 import ROWS, frames
from firmware.peripherals.font import COLUMNS

_WIDTH = 128
_START = (
    b"\x00"  # commands follow
    b"\xae\xd5\x80\xa8\x3f\xd3\x00\x40"  # off; clock; 64 lines, shown from the first
    b"\x8d\x14\x20\x02"  # charge pump; written row by row
    b"\xa1\xc8\xda\x12\x81\x8f\xd9\xf1\xdb\x40"  # wired upside down; contrast; charge; level
    b"\xa4\xa6\x2e"  # what the memory holds, not inverted, not scrolling
)
_ON = b"\x00\xaf"
_ROW = 0xB0  # "set page", then the column in two halves


class DotDisplay:
    """``bus`` is an I2C with ``writeto``. Every method raises OSError when the display does not answer; `start` brings
    it back."""

    def __init__(self, bus, address: int = 60):
        self._bus = bus
        self._address = address
        self._shown = [None] * ROWS
        self._place = bytearray(b"\x00\xb0\x00\x10")
        self._out = bytearray(1 + _WIDTH)
        self._out[0] = 0x40  # data follows

    def start(self) -> None:
        """An empty screen, whatever the display showed before."""
        self._bus.writeto(self._address, _START)
        for row in range(ROWS):
            self._shown[row] = None
            self._draw(row, b"")
        self._bus.writeto(self._address, _ON)

    def light(self, on: bool) -> None:
        """The display's own light, which is all there is to see of it."""
        self._bus.writeto(self._address, _ON if on else b"\x00\xae")

    def prepare(self, page) -> list:
        """The page as frames for `show`; what is too long for one goes on in the next."""
        return frames(page)

    def show(self, frame) -> None:
        """Draw the rows that differ from those shown. Allocates nothing."""
        for row in range(ROWS):
            if self._shown[row] != frame[row]:
                self._shown[row] = None  # until it is there
                self._draw(row, frame[row])
                self._shown[row] = frame[row]

    def _draw(self, row: int, wanted) -> None:
        """One row: a byte for its scale, one for the part of large letters it holds, then the letters."""
        column = 1
        for place in range(2, len(wanted)):
            column = self._draw_letter(5 * (wanted[place] - 32), column, wanted[0], wanted[1])
        for rest in range(column, _WIDTH + 1):
            self._out[rest] = 0
        self._place[1] = _ROW | row
        self._bus.writeto(self._address, self._place)
        self._bus.writeto(self._address, self._out)

    def _draw_letter(self, first: int, column: int, scale: int, part: int) -> int:
        """Put a letter and the gap behind it from ``column`` on; the column after it."""
        for x in range(6):
            dots = _stretched(COLUMNS[first + x], scale, part) if x < 5 else 0
            for _ in range(scale):
                if column <= _WIDTH:
                    self._out[column] = dots
                    column += 1
        return column


def _stretched(dots: int, scale: int, part: int) -> int:
    """Eight dots of a column that is ``scale`` times as high, the ``part``-th from above."""
    if scale == 1:
        return dots
    out = 0
    for y in range(8):
        out |= (dots >> (8 * part + y) // scale & 1) << y
    return out
