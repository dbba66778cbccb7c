"""Scans from a scanner on a serial line. A scan is never a key of the keypad.

A scanner should name symbologies ("AIM identifier"), send FNC1 as GS, end with Enter, and expand UPC-E.
"""

from firmware.peripherals.gs1 import Misread, read
from firmware.peripherals.reading import heard
from firmware.peripherals.ticks import passed

_LONGEST = 128  # bytes of one scan
_SHORTEST = 3  # less is a key that somebody tried
_PAUSE = 300  # ms within a scan; what is older belongs to another one
_AFTER = 50  # ms of silence until a scanner has said all
_ENDLESS = 2000  # ms of talk that is no scan any more, but a broken scanner
_MOST = 8  # scans that wait


class Scanner:
    """Bytes in, scans out; ``cards`` as in `gs1.read`.

    ``refused`` counts what was misread: retail IT sees a bad scanner before the cashiers complain.
    """

    first_pause = _PAUSE  # ms between the first byte and the second

    def __init__(self, cards: tuple = ()):
        self.refused = 0
        self._cards = cards
        self._line = bytearray()
        self._scans = []
        self._begun = self._last = -_ENDLESS
        self._is_torn = False

    def take(self, byte: int, now_ms: int) -> None:
        """The next byte of a scan; carriage return or line feed end it."""
        pause = self.first_pause if len(self._line) == 1 else _PAUSE
        if passed(now_ms, self._last) > pause:
            self.refused += self._is_torn  # its end was lost as well
            self._line, self._is_torn, self._begun = bytearray(), False, now_ms
        self._last = now_ms
        if byte not in (10, 13):
            self._is_torn = self._is_torn or len(self._line) == _LONGEST
            if not self._is_torn:
                self._line.append(byte)
        elif self._line or self._is_torn:
            self._end()

    def scanned(self):
        """The next `gs1.Scan`, or None."""
        return self._scans.pop(0) if self._scans else None

    def talking(self, now_ms: int) -> bool:
        """Whether more bytes may come at any moment; one that never ends is broken, and holds up nothing."""
        return passed(now_ms, self._last) < _AFTER and passed(now_ms, self._begun) < _ENDLESS

    def tear(self, now_ms: int) -> None:
        """Bytes of the scan under way may be lost: what comes of it is not believed."""
        if passed(now_ms, self._last) > _PAUSE:
            self._line, self._begun = bytearray(), now_ms
        self._last, self._is_torn = now_ms, True

    def _end(self) -> None:
        line, is_torn = bytes(self._line), self._is_torn
        self._line, self._is_torn = bytearray(), False
        if len(line) < _SHORTEST and not is_torn:
            return
        try:
            scans = [] if is_torn else read("".join([chr(byte) for byte in line]), self._cards)
        except Misread:
            scans = []
        self.refused += not scans
        self._scans = (self._scans + scans)[-_MOST:]


class SerialScanner(Scanner):
    """A scanner on ``uart``. ``clear``, if there is such a pin, is its CTS: high asks it to wait."""

    def __init__(self, uart, cards: tuple = (), clear=None):
        super().__init__(cards)
        self._uart = uart
        self._clear = clear
        self._bytes = bytearray(32)
        self.hold(False)

    def poll(self, now_ms: int) -> None:
        """Take what has come since the last time."""
        if self._uart.any():
            heard(self._uart, self._bytes, self.take, now_ms)

    def hold(self, waits: bool) -> None:
        """Ask the scanner to wait, or to go on."""
        if self._clear is not None:
            self._clear.value(1 if waits else 0)

    def written(self, now_ms: int) -> None:
        """Flash was written: what came meanwhile may have holes."""
        if self._uart.any() or self._line:
            self.tear(now_ms)
