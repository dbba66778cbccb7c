"""Receipt lines as ESC/POS bytes: the discount, what is left to pay, and the disclosure.

A shop's own receipt is printed by its point of sale; `block` gives bytes to put into it, `slip` a paper of its own.
"""

from pos_client.core.wording import goodwill, money

RESET = b"\x1b@"
PAPER_CUT = b"\x1dV\x42\x00"  # feed to the cutter, then cut partly
SELECT_PAGE = b"\x1bt"

WIDTH = 42  # characters of font A on 80 mm paper; 32 on 58 mm

# Epson's numbers of the code pages, and the characters of each from 0x80 up.
_PAGES = (
    (
        19,  # CP858: Western Europe with the euro
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐"
        "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
    ),
    (
        17,  # CP866: Russian
        "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
        "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀рстуфхцчшщъыьэюяЁёЄєЇїЎў°∙·√№¤■\u00a0",
    ),
)

# What neither page has, written with what they have.
_SPELLINGS = {
    "\u00a0": " ",
    "\u202f": " ",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "œ": "oe",
    "Œ": "OE",
    "₽": "руб.",
}


def receipt_lines(language: str, checkout: dict, width: int = WIDTH) -> list:
    """Lines for a ``checkout`` as the till answers it: discount, goodwill, disclosure; none where nothing was given.

    The texts are at most ``width`` characters wide.
    """
    lines = []
    discount = checkout.get("discount") or {"label": "", "amount": 0}
    given = (checkout.get("goodwill") or {}).get("given", 0)
    for name, amount in (
        (discount["label"], discount["amount"]),
        (goodwill(language), given),
    ):
        if amount:
            lines += _entry(name, money(language, -amount, checkout["currency"]), width)
    if lines and checkout.get("disclosure"):
        lines += wrapped(checkout["disclosure"], width)
    return lines


def _entry(name: str, amount: str, width: int) -> list:
    """A name on the left and an amount on the right; a long name takes lines of its own."""
    lines = wrapped(name, width)
    amount = _spelled(amount)
    room = width - len(lines[-1]) - len(amount)
    if room < 1:
        return lines + [_padded("", amount, width)]
    lines[-1] = _padded(lines[-1], amount, width)
    return lines


def _padded(left: str, right: str, width: int) -> str:
    return left + " " * (width - len(left) - len(right)) + right


def wrapped(text: str, width: int) -> list:
    """``text`` as printable lines of at most ``width`` characters, broken between words where that is possible."""
    lines = [""]
    for word in _spelled(text).split():
        room = width - len(lines[-1]) - (1 if lines[-1] else 0)
        if len(word) > room and lines[-1]:
            lines.append("")
        while len(word) > width:
            lines[-1] = word[:width]
            lines.append("")
            word = word[width:]
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def block(lines: list) -> bytes:
    """``lines`` as bytes for the middle of somebody else's receipt: nothing is reset, fed or cut."""
    out = bytearray()
    page = 0
    for line in lines:
        page = _encode(line, page, out)
        out.append(10)
    return bytes(out)


def slip(printed: bytes) -> bytes:
    """A `block` as a paper of its own: reset, print, feed, cut."""
    return RESET + printed + PAPER_CUT


def _encode(line: str, page: int, out: bytearray) -> int:
    """Append ``line`` to ``out``; ``page`` is the number selected so far, the one selected after is returned."""
    for character in _spelled(line):
        if " " <= character <= "~":
            out.append(ord(character))
            continue
        number, code = _place(character, page)
        if number != page:
            out.extend(SELECT_PAGE)
            out.append(number)
            page = number
        out.append(code)
    return page


def _place(character: str, page: int) -> tuple:
    """(page, code) of a character, in the page already selected if it is there; a question mark if nowhere."""
    found = (page, 63)
    for number, characters in _PAGES:
        index = characters.find(character)
        if index >= 0 and (number == page or found[1] == 63):
            found = (number, 128 + index)
    return found


def _spelled(text: str) -> str:
    """``text`` in characters a printer has; control characters, which are commands to it, are left out."""
    out = ""
    for character in text:
        if character == "\n" or character == "\t":
            out += " "
        elif character >= " " and character != "\x7f":
            out += _SPELLINGS.get(character, character)
    return out
