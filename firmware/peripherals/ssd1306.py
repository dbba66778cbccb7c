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
# Four dots of a column and what eight dots they become in a row of larger letters: twice as large for the upper and the
# lower half, three times for the upper, the middle and the lower third. And from which dot on they are.
_TWICE = b"\x00\x03\x0c\x0f\x30\x33\x3c\x3f\xc0\xc3\xcc\xcf\xf0\xf3\xfc\xff"
_UPPER = b"\x00\x07\x38\x3f\xc0\xc7\xf8\xff\x00\x07\x38\x3f\xc0\xc7\xf8\xff"
_MIDDLE = b"\x00\x01\x0e\x0f\x70\x71\x7e\x7f\x80\x81\x8e\x8f\xf0\xf1\xfe\xff"
_LOWER = b"\x00\x03\x1c\x1f\xe0\xe3\xfc\xff"
_STRETCHED = ((_TWICE, 0), (_TWICE, 4), (), (_UPPER, 0), (_MIDDLE, 2), (_LOWER, 5))
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
        column = self._large(wanted) if wanted and wanted[0] > 1 else self._small(wanted)
        for rest in range(column, _WIDTH + 1):
            self._out[rest] = 0
        self._place[1] = _ROW | row
        self._bus.writeto(self._address, self._place)
        self._bus.writeto(self._address, self._out)

    def _small(self, wanted) -> int:
        """Put letters of their own size; the column behind them. A loop over columns takes longer, a slice memory."""
        out, column = self._out, 1
        for place in range(2, min(len(wanted), 2 + _WIDTH // 6)):
            first = 5 * (wanted[place] - 32)
            out[column] = COLUMNS[first]
            out[column + 1] = COLUMNS[first + 1]
            out[column + 2] = COLUMNS[first + 2]
            out[column + 3] = COLUMNS[first + 3]
            out[column + 4] = COLUMNS[first + 4]
            out[column + 5] = 0
            column += 6
        return column

    def _large(self, wanted) -> int:
        """Put a part of larger letters, one of several rows."""
        out, column, scale = self._out, 1, wanted[0]
        table, shift = _STRETCHED[3 * scale - 6 + wanted[1]]
        for place in range(2, min(len(wanted), 2 + _WIDTH // (6 * scale))):
            first = 5 * (wanted[place] - 32)
            for x in range(first, first + 5):
                dots = table[COLUMNS[x] >> shift & 15]
                for _ in range(scale):
                    out[column] = dots
                    column += 1
            for _ in range(scale):
                out[column] = 0
                column += 1
        return column
