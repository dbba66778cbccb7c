"""What a page looks like in 20 by 4 characters: words above, the amount in large figures, words below.

A large figure is three characters wide and two high, made of bars; one column stays free between two. Minor units and
currency stand small behind the whole ones, as on a price tag.
"""

from firmware.peripherals.font import rows
from firmware.peripherals.lettering import Letters, words

COLUMNS, ROWS = 20, 4

# Bars: an upper one, a lower one, both, all. They are glyphs 0 to 3, called by characters that no text has.
_BARS = (
    b"\x1f\x1f\x00\x00\x00\x00\x00\x00",
    b"\x00\x00\x00\x00\x00\x00\x1f\x1f",
    b"\x1f\x1f\x00\x00\x00\x00\x1f\x1f",
    b"\x1f\x1f\x1f\x1f\x1f\x1f\x1f\x1f",
)
_NAMES = "\ue000\ue001\ue002\ue003"
_BLOCK = 255  # what ROM A00 has in the place of the last
_LARGEST = 4  # figures that fit before the minor units
# 0 to 9, upper half and lower half, by the bars' numbers; f is the last.
_TOPS = "f0f f 22f22ff1ff22f2200ff2ff2f"
_FEET = "f1f f f1111f  f11ff1f  ff1f11f"


class Frame:
    """``cells``: 80 codes, row by row; ``glyphs``: eight rows for each character of our own."""

    def __init__(self, lines: list, glyphs: list):
        self.cells = b"".join([line + b" " * (COLUMNS - len(line)) for line in lines])
        self.glyphs = b"".join([_BARS[_NAMES.find(one)] if one in _NAMES else rows(one) for one in glyphs])


def frames(page, rom: str) -> list:
    """The page, and behind it, above the same foot, a head that was cut and what has to be disclosed."""
    large = _large(page, rom) if page.amount else None
    out = [large or _worded(words(page.head + " " + page.amount, COLUMNS), page.foot, rom)]
    is_cut = large and len(page.head) > COLUMNS
    left = words((page.head + ". " if is_cut else "") + page.more, COLUMNS)
    while left:
        out.append(_worded(left, page.foot, rom))
    return out


def _worded(left: list, foot: str, rom: str) -> Frame:
    """Three rows of words, which are taken from ``left``, and the foot."""
    letters = Letters(rom, [])
    lines = letters.lines(left, COLUMNS, ROWS - 1)
    lines += [b""] * (ROWS - 1 - len(lines))
    return Frame(lines + [letters.line(foot, COLUMNS)], letters.glyphs)


def _large(page, rom: str):
    """The amount in large figures between head and foot, the note beside it; None where it is too long for that."""
    sign, whole, minor, symbol = _parts(page.amount, page.point)
    if len(whole) > _LARGEST or len(symbol) > 3:
        return None
    letters = Letters(rom, list(_NAMES[: 3 if rom == "A00" else 4]))
    top = (b"\x01 " if sign else b"") + _drawn(_TOPS, whole, rom) + minor.encode()
    feet = (
        (b"  " if sign else b"")
        + _drawn(_FEET, whole, rom)
        + b" " * (len(symbol) < 3)
        + letters.line(symbol, 3)
    )
    head = letters.line(page.head, COLUMNS)
    foot = letters.line(page.foot, COLUMNS)
    start = max(len(top), len(feet)) + 1
    left, room = words(page.note, COLUMNS), COLUMNS - start
    if left and max([len(word) for word in left]) <= room:
        notes = letters.lines(left, room, 2)
        top += b" " * (start - len(top)) + notes[0]
        feet += b" " * (start - len(feet)) + (notes[1] if len(notes) > 1 else b"")
    return Frame([head, top, feet, foot], letters.glyphs)


def _drawn(halves: str, whole: str, rom: str) -> bytes:
    """One half of the figures, three characters each and a free one between them."""
    full = _BLOCK if rom == "A00" else 3
    bars = " ".join([halves[3 * int(one) : 3 * int(one) + 3] for one in whole])
    return bytes([full if bar == "f" else 32 if bar == " " else int(bar) for bar in bars])


def _parts(amount: str, point: str) -> tuple:
    """(sign, whole units without separators, point and minor units, currency) of an amount as people write it."""
    place = amount.rfind(point)
    digits = [one for one in amount[: place if place >= 0 else len(amount)] if "0" <= one <= "9"]
    minor = "".join([one for one in amount[place:] if "0" <= one <= "9"]) if place >= 0 else ""
    symbol = "".join([one for one in amount if not "0" <= one <= "9" and one not in "-., \u00a0\u202f"])
    return amount.startswith("-"), "".join(digits), minor and point + minor, symbol
