"""A receipt printer on a serial line. The bytes are those a PC prints: `pos_client.printing.slip`.

Before each slip the printer is asked how it is; it says when it wants a pause (XOFF) and when to go on (XON).
"""

from firmware.peripherals.reading import heard
from firmware.peripherals.ticks import passed

_PIECE = 32  # bytes at a time, so that nobody waits for a printer
_MOST = 4  # slips that wait
_ASK = b"\x10\x04\x02"  # DLE EOT 2: why it does not print
_STATUS, _STATUS_MASK = 0x12, 0x93  # how every such answer looks
_TROUBLES = ((0x20, "paper-out"), (0x04, "cover-open"), (0x40, "printer-error"))
_XON, _XOFF = 0x11, 0x13
_SILENCE = 500  # ms until a printer that does not answer is not there
_PATIENCE = 3000  # ms until one in trouble, or paused, is asked again
_LONGEST_PAUSE = 30000  # ms until one that answers and is still paused has lost its XON on the way


class Printer:
    """``uart`` runs at ``baud``. ``trouble`` is None, ``printer-silent`` or what the printer says of itself."""

    def __init__(self, uart, baud: int = 19200):
        self.trouble = None
        self._uart = uart
        self._baud = baud
        self._slips = []
        self._place = 0  # in the first slip
        self._asked = self._ask_at = None  # ms
        self._paused_at = None  # ms
        self._is_held = False
        self._written = self._busy = 0  # ms at which something was sent, and for how many ms it goes out
        self._bytes = bytearray(8)

    def send(self, slip: bytes) -> bool:
        """Print this after what waits; False where too much waits already."""
        if len(self._slips) == _MOST:
            return False
        self._slips.append(slip)
        if len(self._slips) == 1 and self.trouble is None:
            self._ask_at = None
        return True

    def poll(self, now_ms: int) -> None:
        """Hear the printer and send the next piece, if there is one."""
        if self._uart.any():
            heard(self._uart, self._bytes, self._heard, now_ms)
        if not self._slips or self._is_sending(now_ms):
            return
        if self._asked is not None:
            if passed(now_ms, self._asked) > _SILENCE:
                self._is_in_trouble("printer-silent", now_ms)
        elif self._is_held:
            return
        elif self._must_ask(now_ms):
            self._write(_ASK, now_ms)
            self._asked = now_ms
        elif self._is_going():
            self._send_piece(now_ms)

    def talking(self, now_ms: int) -> bool:
        """Whether it prints, or owes an answer: what it says now must not be lost."""
        if self._asked is not None or self._is_sending(now_ms):
            return True
        return bool(self._slips and self._is_going()) and not self._is_held

    def hold(self, waits: bool) -> None:
        """Begin no other piece of a slip, and ask nothing: who waits for silence waits for a piece, not for slips. A
        printer speaks only when spoken to, but for a pause, and that fits into the UART."""
        self._is_held = waits

    def written(self, now_ms: int) -> None:
        """Nothing was under way: see `talking`."""

    def _is_sending(self, now_ms: int) -> bool:
        return passed(now_ms, self._written) < self._busy

    def _is_going(self) -> bool:
        return self._ask_at is not None and self.trouble is None and self._paused_at is None

    def _must_ask(self, now_ms: int) -> bool:
        """Before a slip, and while it should go on and does not."""
        if self._ask_at is None:
            return True
        is_stuck = self.trouble is not None or self._paused_at is not None
        return is_stuck and passed(now_ms, self._ask_at) >= _PATIENCE

    def _send_piece(self, now_ms: int) -> None:
        slip = self._slips[0]
        self._place += self._write(slip[self._place : self._place + _PIECE], now_ms)
        if self._place >= len(slip):
            self._slips.pop(0)
            self._place, self._ask_at = 0, None

    def _write(self, data: bytes, now_ms: int) -> int:
        taken = self._uart.write(data) or 0
        self._written, self._busy = now_ms, taken * 10000 // self._baud + 1
        return taken

    def _heard(self, byte: int, now_ms: int) -> None:
        if byte in (_XON, _XOFF):
            self._paused_at = now_ms if byte == _XOFF else None
            self._ask_at = now_ms
        elif byte & _STATUS_MASK == _STATUS and self._asked is not None:
            troubles = [name for bit, name in _TROUBLES if byte & bit]
            if troubles:
                self._is_in_trouble(troubles[0], now_ms)
            else:
                self.trouble, self._asked, self._ask_at = None, None, now_ms
                if self._paused_at is not None and passed(now_ms, self._paused_at) > _LONGEST_PAUSE:
                    self._paused_at = None

    def _is_in_trouble(self, trouble: str, now_ms: int) -> None:
        self.trouble, self._asked, self._ask_at = trouble, None, now_ms
