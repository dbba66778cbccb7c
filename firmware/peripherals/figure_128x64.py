"""What a page looks like in 128 by 64 dots: words above, the amount as large as it fits, words below.

A row is bytes: the scale of its letters, which part of letters that are several rows high it holds, and the codes.
"""

from firmware.peripherals.lettering import DRAWN, Letters, words

ROWS = 8
_FIGURE, _NOTE, _FOOT = 3, 6, 7  # rows; the head is above the figure
_WIDTHS = (0, 21, 10, 7)  # letters in a row, by scale


def frames(page) -> list:
    """The page, and behind it what it has to disclose, above the same foot."""
    letters = Letters(DRAWN, [])
    left = words(page.more, _WIDTHS[1])
    out = [_offered(page, letters) if page.amount else _told(page, letters)]
    while left:
        out.append(_framed(letters.lines(left, _WIDTHS[1], _NOTE), 1, page.foot, letters))
    return out


def _offered(page, letters: Letters) -> list:
    """Two rows of head, the figure, the note, the foot."""
    head = words(page.head, _WIDTHS[1])
    frame = _framed(letters.lines(head, _WIDTHS[1], _FIGURE - 1), 1, page.foot, letters)
    amount = page.amount.replace("\u00a0", "").replace("\u202f", "")
    scale = max([1] + [size for size in (2, 3) if len(amount) <= _WIDTHS[size]])
    figure = letters.line(amount, _WIDTHS[scale])
    for part in range(scale):
        frame[_FIGURE + part] = _row(figure, scale, part)
    frame[_NOTE] = _row(letters.line(page.note, _WIDTHS[1]))
    return frame


def _told(page, letters: Letters) -> list:
    """A page without an amount: its words, twice as large where all of them fit."""
    for scale in (2, 1):
        left = words(page.head, _WIDTHS[scale])
        frame = _framed(letters.lines(left, _WIDTHS[scale], _NOTE // scale), scale, page.foot, letters)
        if not left:
            break
    return frame


def _framed(lines: list, scale: int, foot: str, letters: Letters) -> list:
    """Lines from the top of the screen down, and the foot."""
    frame = [_row(line, scale, part) for line in lines for part in range(scale)]
    frame += [_row(b"")] * (ROWS - len(frame))
    frame[_FOOT] = _row(letters.line(foot, _WIDTHS[1]))
    return frame


def _row(codes: bytes, scale: int = 1, part: int = 0) -> bytes:
    return bytes((scale, part)) + codes
