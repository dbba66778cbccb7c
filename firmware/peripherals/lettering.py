"""Words in the characters a display has.

An HD44780 has those of its ROM, look-alikes, eight glyphs of our own, and plain spelling for the rest. ROM A00 (the
usual one) has ASCII and Japanese, ROM A02 has Latin-1 and those Russian capitals that are not Latin ones. Russian is
written in capitals, because most of them look like Latin letters. A word is written whole or spelled whole: half of it
in Russian and half transliterated nobody can read. A display that draws letters itself (`DRAWN`) has those of `font`.
"""

from firmware.peripherals.font import number

GLYPHS = 8  # what the character generator's RAM holds
DRAWN = "drawn"  # in the place of a ROM: codes are a letter's number in the font and 32 more

_CHARACTERS = {"A00": "äöüñ£¥°ß·", "A02": "БДЖЗИЙЛПУЦЧШЩЪЫЭГЮЯЁ"}
_CODES = {
    "A00": b"\xe1\xef\xf5\xee\xed\x5c\xdf\xe2\xa5",
    "A02": b"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x92\xac\xad\xcb",
}
_OTHERS = {"A00": "\\~", "A02": "¨¬\u00ad¯´¸"}  # what ASCII or Latin-1 has there and the ROM has not
# A Russian letter, then the one that looks like it.
_ALIKE = "АAВBЕEЁEЗ3КKМMНHОOРPСCТTУYХXЬbаaеeёëоoрpсcуyхx"
_PLAIN = (
    " АA БB ВV ГG ДD ЕE ЁE ЖZH ЗZ ИI ЙY КK ЛL МM НN ОO ПP РR СS ТT УU ФF ХKH ЦTS ЧCH ШSH ЩSHCH Ъ ЫY Ь ЭE ЮYU ЯYA"
    " àa âa äa çc èe ée êe ëe îi ïi ñn ôo öo ùu ûu üu ÿy ßss œoe æae"
    " ÀA ÂA ÄA ÇC ÈE ÉE ÊE ËE ÎI ÏI ÔO ÖO ÙU ÛU ÜU ŒOE €EUR £GBP ¥JPY ₽RUB °o «< »> ·. ×x ’' ‘' “\" ”\" –- —- −- …..."
    " \\/ ~- "
)


class Letters:
    """The characters of one frame. ``glyphs`` are those of our own, at first those given."""

    def __init__(self, rom: str, glyphs: list):
        self._rom = rom
        self.glyphs = glyphs

    def line(self, text: str, width: int) -> bytes:
        """``text`` as the codes of one line; what does not fit is cut, and two dots say so."""
        left = words(text, width)
        line = self.lines(left, width, 1)[0]
        return line[: width - 2] + b".." if left else line

    def lines(self, left: list, width: int, most: int) -> list:
        """At least one and at most ``most`` lines of codes, broken between `words`, which are taken from ``left``."""
        lines = [b""]
        while left:
            before = self.glyphs
            codes = self._word(left[0])[:width]
            if lines[-1] and len(lines[-1]) + 1 + len(codes) > width:
                if len(lines) == most:
                    self.glyphs = before
                    break
                lines.append(b"")
            lines[-1] += (b" " if lines[-1] else b"") + codes
            left.pop(0)
        return lines

    def _word(self, word: str) -> bytes:
        """The codes of a word as it is, or of its plain spelling where it needs more glyphs than are left."""
        if self._rom != DRAWN:
            word = "".join([_capital(character) for character in word])
        glyphs, codes = list(self.glyphs), bytearray()
        for character in word:
            code = self._code(character, glyphs)
            if code < 0:
                return "".join([_spelled(one) for one in word]).encode()
            codes.append(code)
        self.glyphs = glyphs
        return bytes(codes)

    def _code(self, character: str, glyphs: list) -> int:
        """The code of a character, for which a glyph may be added to ``glyphs``; -1 where there is none."""
        for known in (character, _alike(character)):
            code = _in_rom(known, self._rom)
            if code >= 0:
                return code
        if character not in glyphs:
            if len(glyphs) == GLYPHS or number(character) < 0:
                return -1
            glyphs.append(character)
        return glyphs.index(character)


def words(text: str, width: int) -> list:
    """What may stand alone on a line: words, and the parts of those longer than ``width``."""
    out = []
    for word in text.replace("\u202f", " ").replace("\u00a0", " ").split():
        out += [word[start : start + width] for start in range(0, len(word), width)]
    return out


def _in_rom(character: str, rom: str) -> int:
    if rom == DRAWN:
        return number(character) + 32 if number(character) >= 0 else -1
    place = _CHARACTERS[rom].find(character)
    if place >= 0:
        return _CODES[rom][place]
    known = " " <= character <= "~" or (rom == "A02" and "¡" <= character <= "ÿ")
    return ord(character) if known and character not in _OTHERS[rom] else -1


def _alike(letter: str) -> str:
    """The Latin character that looks like a Russian one; the character itself where none does."""
    place = _ALIKE.find(letter)
    return letter if place < 0 or place % 2 else _ALIKE[place + 1]


def _capital(character: str) -> str:
    """Russian in capitals (`str.upper` of MicroPython knows ASCII alone); all else as it is."""
    if "а" <= character <= "я":
        return chr(ord(character) - 32)
    return "Ё" if character == "ё" else character


def _spelled(character: str) -> str:
    start = _PLAIN.find(" " + character)
    if start >= 0:
        return _PLAIN[start + 2 : _PLAIN.find(" ", start + 2)]
    return character if " " <= character <= "~" else "?"
