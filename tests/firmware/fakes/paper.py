"""An ESC/POS printer with 42 characters on a line: its commands, its buffer, its pauses, and the paper."""

import sys

XON, XOFF = 0x11, 0x13
_CODECS = {19: "cp858", 17: "cp866"}
_LINE = 60000  # microseconds


class Paper:
    """``slips`` are lists of lines, one for each cut; ``lost`` counts bytes the buffer had no place for."""

    def __init__(self, bench, uart, buffer: int = 256):
        self._bench, self._uart, self._size = bench, uart, buffer
        uart.listener = self
        bench.every(self._tick)
        self.is_there = self.has_paper = self.is_shut = True
        self._buffer, self._line, self._codec = bytearray(), bytearray(), None
        self._text = ""
        self._lines, self.slips, self.faults = [], [], []
        self._asked = 0
        self._ready_at = 0
        self._pausing = False
        self.lost = self.pauses = 0

    def hears(self, byte: int) -> None:
        if not self.is_there:
            return
        if self._is_asked(byte):
            return
        if len(self._buffer) >= self._size:
            self.lost += 1
            return
        self._buffer.append(byte)
        if len(self._buffer) > self._size * 3 // 4 and not self._pausing:
            self._pausing = True
            self.pauses += 1
            self._uart.arrives(bytes([XOFF]))

    def _is_asked(self, byte: int) -> bool:
        """DLE EOT n is heard at once, whatever waits in the buffer."""
        if byte == (0x10, 0x04, 0x02)[self._asked]:
            self._asked += 1
            if self._asked == 3:
                self._asked = 0
                status = 0x12 | (0 if self.is_shut else 0x04) | (0 if self.has_paper else 0x20)
                self._uart.arrives(bytes([status]))
            return True
        self._asked = 0
        return False

    def _tick(self, now: int) -> None:
        while self._buffer and now >= self._ready_at and self.has_paper and self.is_shut:
            self._take(now)
        if self._pausing and len(self._buffer) < self._size // 4:
            self._pausing = False
            self._uart.arrives(bytes([XON]))

    def _take(self, now: int) -> None:
        if self._buffer[0] not in (0x1B, 0x1D):
            self._character(self._buffer[0], now)
            self._buffer = self._buffer[1:]
            return
        length = {b"\x1b@": 2, b"\x1bt": 3, b"\x1dV": 4}.get(bytes(self._buffer[:2]), 2)
        if len(self._buffer) < length:
            self._ready_at = now + 1000  # the rest is on its way
            return
        command, self._buffer = bytes(self._buffer[:length]), self._buffer[length:]
        if command == b"\x1b@":
            self._codec, self._text = None, ""
        elif command[:2] == b"\x1bt" and command[2] in _CODECS:
            self._codec = command[2]
        elif command[:3] == b"\x1dVB":
            self.slips.append(self._lines)
            self._lines = []
        else:
            self.faults.append(command)

    def _character(self, byte: int, now: int) -> None:
        if byte == 10:
            self._lines.append(self._text)
            self._text = ""
            self._ready_at = now + _LINE
        elif byte < 32 or (byte > 126 and self._codec is None):
            self.faults.append(bytes([byte]))
        else:
            self._text += _decoded(byte, self._codec)
            if len(self._text) > 42:
                self.faults.append("a line beyond the paper")


def _decoded(byte: int, page) -> str:
    if byte < 128:
        return chr(byte)
    if sys.implementation.name == "cpython":
        return bytes([byte]).decode(_CODECS[page])
    from pos_client.printing import _PAGES  # MicroPython has no code pages; on CPython they are not ours

    return dict(_PAGES)[page][byte - 128]
