"""An HD44780U with 20 by 4 characters behind a PCF8574, after Hitachi's data sheet: nibbles, busy times, both RAMs.

It starts with the eight-bit interface, ignores what comes while it is busy, and takes a nibble when E falls. What its
ROM shows for a code is the data sheet's table, not the driver's.
"""

RS, RW, E, LIGHT = 1, 2, 4, 8
_ASCII = bytes(range(32, 127)).decode()
_A00 = (
    _ASCII.replace("\\", "¥").replace("~", "→")
    + "←"
    + " " * 32
    + " 。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソ"
    + "タチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛°"
    + "αäβεµσρg√⁻jˣ¢£ñöpqθ∞ΩüΣπxy千万円÷ █"
)
_LATIN = b"".join([bytes([0xC3, code]) for code in range(0x80, 0xC0)]).decode()
_A02 = _ASCII + "⌂" + "БДЖЗИЙЛПУЦЧШЩЪЫЭα♪ΓπΣσ♬τ♫ΘΩδ∞♥ε∩‖¡¢£¤¥¦§ƒ©ª«ЮЯ®‘°±²³₧µ¶·ω¹º»¼½¾¿" + _LATIN
ROMS = {"A00": _A00, "A02": _A02}
_ROWS = (0x00, 0x40, 0x14, 0x54)


class Lcd:
    """``screen()`` is what a person reads; ``dots()`` what the glass shows; ``faults`` what no real one obeys."""

    def __init__(self, rom: str = "A00"):
        self._rom = ROMS[rom]
        self._pins = 0
        self._wide = True  # the eight-bit interface, as after switching on
        self._half = None
        self._busy_until = 40000
        self._first_set = True
        self.ddram = bytearray(b"\x99" * 128)
        self.cgram = bytearray(b"\x55" * 64)
        self._address, self._in_cgram, self._step = 0, False, 1
        self.on = self.two_rows = self.cursor = False
        self.faults = []

    @property
    def lit(self) -> bool:
        return bool(self._pins & LIGHT)

    def begin(self) -> None:
        """A transfer begins: nothing to a PCF8574."""

    def write(self, pins: int, now: int) -> None:
        before, self._pins = self._pins, pins
        if before & E and not pins & E:
            if (before ^ pins) & 0xF3:
                self.faults.append("the bus changed while E fell")
            self._latch(before, now)

    def _latch(self, pins: int, now: int) -> None:
        if pins & RW:
            self.faults.append("asked to read")
        if now < self._busy_until:
            self.faults.append("spoken to while busy")
            return
        if self._wide:
            self._obey(pins & RS, pins & 0xF0, now)
        elif self._half is None:
            self._half = pins
        elif (self._half ^ pins) & RS:
            self.faults.append("a byte half data and half command")
        else:
            byte, self._half = self._half & 0xF0 | pins >> 4, None
            self._obey(pins & RS, byte, now)

    def _obey(self, data: int, byte: int, now: int) -> None:
        takes = 41
        if data:
            self._store(byte)
        elif byte & 0x80:
            self._address, self._in_cgram = byte & 0x7F, False
        elif byte & 0x40:
            self._address, self._in_cgram = byte & 0x3F, True
        elif byte & 0x20:
            takes = self._set_function(byte)
        elif byte & 0x10:
            self.faults.append("shifted")
        elif byte & 0x08:
            self.on, self.cursor = bool(byte & 4), bool(byte & 3)
        elif byte & 0x04:
            self._step = 1 if byte & 2 else -1
        elif byte & 0x03:
            takes = self._clear(byte)
        self._busy_until = now + takes

    def _set_function(self, byte: int) -> int:
        if self._wide and self._first_set and byte & 0x10:
            self._first_set = False
            return 4100
        self._wide, self.two_rows = bool(byte & 0x10), bool(byte & 0x08)
        return 100

    def _clear(self, byte: int) -> int:
        if byte & 1:
            self.ddram[:] = b" " * 128
            self._step = 1
        self._address, self._in_cgram = 0, False
        return 1520

    def _store(self, byte: int) -> None:
        if self._in_cgram:
            self.cgram[self._address] = byte
            self._address = (self._address + self._step) & 0x3F
            return
        self.ddram[self._address] = byte
        self._address += self._step
        if self._address == 0x28:
            self._address = 0x40
        elif self._address == 0x68:
            self._address = 0

    def cells(self) -> list:
        """Four rows of codes."""
        return [bytes(self.ddram[start : start + 20]) for start in _ROWS]

    def screen(self) -> list:
        """Four rows of characters; a glyph of CGRAM is shown as its number in circles, ⓪ to ⑦."""
        return [
            "".join([self._character(code) for code in row]) if self.on else " " * 20 for row in self.cells()
        ]

    def _character(self, code: int) -> str:
        if code < 16:
            return "⓪①②③④⑤⑥⑦"[code % 8 : code % 8 + 1]
        return self._rom[code - 32 : code - 31] if code >= 32 else "?"

    def glyph(self, number: int) -> bytes:
        return bytes(self.cgram[8 * number : 8 * number + 8])

    def dots(self, shape) -> list:
        """Rows of 0 and 1, a dark dot between characters; ``shape(character)`` gives the eight rows of one in ROM."""
        out = []
        for row in self.cells():
            shapes = [self.glyph(code % 8) if code < 16 else shape(self._character(code)) for code in row]
            for y in range(8):
                out.append(
                    [dot for eight in shapes for dot in [eight[y] >> x & 1 for x in (4, 3, 2, 1, 0)] + [0]]
                )
            out.append([0] * 120)
        return out
