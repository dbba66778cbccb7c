"""An SSD1306 with 128 by 64 dots on I2C, after Solomon Systech's data sheet: control bytes, commands, memory."""

_ARGUMENTS = {
    0x20: 1,
    0x81: 1,
    0x8D: 1,
    0xA8: 1,
    0xD3: 1,
    0xD5: 1,
    0xD9: 1,
    0xDA: 1,
    0xDB: 1,
    0x21: 2,
    0x22: 2,
}


class Oled:
    """``dots()`` is what the glass shows; ``faults`` are commands that the data sheet does not have."""

    def __init__(self):
        self.memory = bytearray(b"\x5a" * 1024)  # after switching on, anything
        self.on = self.charged = False
        self.mode, self.lines, self.flipped = 2, 64, [False, False]
        self._row = self._column = 0
        self._control = None
        self._only = False
        self._waiting = []
        self.faults = []

    def begin(self) -> None:
        """A transfer begins: a control byte comes next."""
        self._control = None

    def write(self, byte: int, now: int) -> None:
        if self._control is None:
            self._control, self._only = byte & 0x40, not byte & 0x80
            if byte & 0x3F:
                self.faults.append("control byte " + hex(byte))
            return
        if self._control:
            self._store(byte)
        else:
            self._obey(byte)
        if not self._only:
            self._control = None

    def _store(self, byte: int) -> None:
        self.memory[128 * self._row + self._column] = byte
        self._column = (self._column + 1) & 127  # page by page, the column returns to its start
        if self.mode != 2:
            self.faults.append("data in a mode this fake does not know")

    def _obey(self, byte: int) -> None:
        if self._waiting:
            self._waiting.append(byte)
            if len(self._waiting) > _ARGUMENTS[self._waiting[0]]:
                self._set(self._waiting[0], self._waiting[1])
                self._waiting = []
        elif byte in _ARGUMENTS:
            self._waiting = [byte]
        elif byte < 0x10:
            self._column = self._column & 0xF0 | byte
        elif byte < 0x20:
            self._column = self._column & 0x0F | (byte & 7) << 4
        elif 0xB0 <= byte <= 0xB7:
            self._row = byte & 7
        else:
            self._switch(byte)

    def _set(self, command: int, value: int) -> None:
        if command == 0x20:
            self.mode = value
        elif command == 0x8D:
            self.charged = bool(value & 4)
        elif command == 0xA8:
            self.lines = value + 1

    def _switch(self, byte: int) -> None:
        if byte in (0xAE, 0xAF):
            self.on = byte == 0xAF
        elif byte in (0xA0, 0xA1):
            self.flipped[0] = byte == 0xA1
        elif byte in (0xC0, 0xC8):
            self.flipped[1] = byte == 0xC8
        elif byte not in (0x40, 0xA4, 0xA6, 0x2E, 0xE3):
            self.faults.append("command " + hex(byte))

    def dots(self) -> list:
        """64 rows of 128 dots, 0 or 1, as seen on a module (mounted upside down, and wired so)."""
        if not (self.on and self.charged and self.flipped == [True, True] and self.lines == 64):
            return [[0] * 128 for _ in range(64)]
        return [[self.memory[128 * (y // 8) + x] >> y % 8 & 1 for x in range(128)] for y in range(64)]
