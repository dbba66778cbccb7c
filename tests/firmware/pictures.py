"""`python -m tests.firmware.pictures FILE.svg`: what the emulated displays show, as docs/hardware.md has it."""

import sys
from pathlib import Path

from firmware.peripherals.font import number, rows
from firmware.peripherals.screen import page
from tests.firmware.peripherals.pages import HEALTH, Characters, Dots, offering

_DOT, _GAP = 3, 24
_BLOCK = b"\x1f" * 8
ALONE = {**HEALTH, "link": None}
SCREENS = (
    ("an offer", offering(), "en", HEALTH),
    ("the last one, in roubles", offering("Скидка по карте", 23450, 446800, "RUB", rung=2), "ru", HEALTH),
    ("in French", offering("Fidélité 5 %", 1290, 24510), "fr", HEALTH),
    ("between baskets, without a link", None, "en", ALONE),
)


def shape(character: str) -> bytes:
    """A character of a display's ROM; our font has the Latin and Russian ones, nearly as they are there."""
    return _BLOCK if character == "█" else rows(character) if number(character) >= 0 else bytes(8)


def screens() -> list[tuple[str, list[list[int]], str, str]]:
    """(name, rows of dots, colour of the dots, colour behind them) of every screen, the two displays by turns."""
    out = []
    for name, told, language, health in SCREENS:
        wanted = page(told, language, health)
        characters = Characters("A02" if language == "ru" else "A00")
        characters.showing(wanted)
        out.append((f"20x4: {name}", characters.chip.dots(shape), "#f4f7ff", "#1c46c4"))
        dots = Dots()
        dots.display.show(dots.display.prepare(wanted)[0])
        out.append((f"128x64: {name}", dots.chip.dots(), "#9fe8ff", "#05070a"))
    return out


def drawn(name: str, dots: list[list[int]], colour: str, behind: str, x: int, y: int) -> str:
    """One screen with its name below."""
    wide, high = len(dots[0]) + 4, len(dots) + 4
    path = "".join(f"M{left} {top}.5h{length}" for top, row in enumerate(dots) for left, length in runs(row))
    return (
        f'<g transform="translate({x} {y})"><g transform="scale({_DOT})">'
        f'<rect width="{wide}" height="{high}" rx="2" fill="{behind}"/>'
        f'<path transform="translate(2 2)" d="{path}" stroke="{colour}" stroke-width=".85" '
        f'stroke-dasharray=".85 .15"/></g>'
        f'<text y="{high * _DOT + 16}" font-family="sans-serif" font-size="13" fill="#555">{name}</text></g>'
    )


def runs(row: list[int]) -> list[tuple[int, int]]:
    """(first, length) of the lit stretches of a row."""
    out: list[tuple[int, int]] = []
    for x, dot in enumerate(row):
        if dot and out and sum(out[-1]) == x:
            out[-1] = out[-1][0], out[-1][1] + 1
        elif dot:
            out.append((x, 1))
    return out


def picture() -> str:
    """All screens, two in a row, as SVG."""
    parts, y = [], 0
    every = screens()
    for place in range(0, len(every), 2):
        pair = every[place : place + 2]
        for column, (name, dots, colour, behind) in enumerate(pair):
            parts.append(drawn(name, dots, colour, behind, column * 420, y))
        y += max(len(dots) for _, dots, _, _ in pair) * _DOT + 12 + _GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="840" height="{y}" viewBox="0 0 840 {y}">'
    return "\n".join([head, *parts, "</svg>", ""])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture())
