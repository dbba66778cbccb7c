"""What a bar code says: articles, customer cards and coupons, by GS1's general specifications.

Understood are EAN and UPC, element strings with 01 (article), 255 and 8110 (coupons), 8018 (customer), what else such a
string holds being skipped, and a shop's own codes. A number whose check digit is wrong was misread and is refused.
"""

ITEM, CARD, COUPON = "item", "card", "coupon"
GS = "\x1d"  # what a scanner sends for FNC1

_ELEMENTS = "]C1]e0]d2]Q3]J1"  # symbologies of element strings, as ISO/IEC 15424 calls them
_EAN = "]E0]E4"
# Lengths, identifier included, of the elements that need no FNC1 behind them, by their first two digits.
_PAIRS = "00 01 02 03 04 11 12 13 14 15 16 17 18 19 20 31 32 33 34 35 36 41"
_LENGTHS = b"\x14\x10\x10\x10\x12\x08\x08\x08\x08\x08\x08\x08\x08\x08\x04\x0a\x0a\x0a\x0a\x0a\x0a\x10"
_COUPONS = ("99", "981", "982", "983")  # what EAN-13 of a coupon begins with
_LONGEST = 64


class Misread(ValueError):
    """Not to be believed; the argument says why: ``check-digit``, ``length`` or ``characters``."""


class Scan:
    """``kind`` is `ITEM`, `CARD` or `COUPON`; ``text`` what a basket has for its sku, customer or coupon."""

    def __init__(self, kind: str, text: str):
        self.kind = kind
        self.text = text


def read(text: str, cards: tuple = ()) -> list:
    """Every `Scan` of one symbol; ``cards`` are what a shop's own EAN-13 of customers begin with. Raises `Misread`."""
    if not all([" " <= one <= "~" or one == GS for one in text]):
        raise Misread("characters")
    symbology = text[:3] if text.startswith("]") else ""
    data = text[3:] if symbology else text
    if _is_one_of(symbology, _ELEMENTS) or (not symbology and _looks_like_elements(data)):
        return _elements(data)
    if _is_one_of(symbology, _EAN) or (not symbology and _is_number(data) and len(data) in (8, 12, 13, 14)):
        return [_trade_item(data, cards)]
    if not 0 < len(data) <= _LONGEST or GS in data:
        raise Misread("length")
    return [Scan(ITEM, data)]


def check_digit(number: str) -> int:
    """The digit that GS1 puts behind ``number``."""
    total = 0
    for place in range(len(number)):
        total += int(number[len(number) - 1 - place]) * (1 if place % 2 else 3)
    return -total % 10


def _looks_like_elements(data: str) -> bool:
    """Of a scanner that does not name symbologies: an FNC1, or no more and no less than an element needs."""
    if GS in data or not _is_number(data):
        return GS in data
    size = len(data)
    return (
        (data.startswith("01") and size >= 16)
        or (data.startswith("255") and 16 <= size <= 28)
        or (data.startswith("8018") and size == 22)
        or (data.startswith("8110") and size >= 17)
    )


def _elements(data: str) -> list:
    scans, start = [], 0
    while start < len(data):
        end = data.find(GS, start)
        end = len(data) if end < 0 else end
        place = _PAIRS.find(data[start : start + 2])
        if place >= 0 and place % 3 == 0 and start < end:
            if start + _LENGTHS[place // 3] > end:
                raise Misread("length")
            end = start + _LENGTHS[place // 3]
        scans += _element(data[start:end])
        start = end + 1 if data[end : end + 1] == GS else end
    return scans


def _element(element: str) -> list:
    """What one element says to a till; nothing in most of them."""
    if element.startswith("01"):
        return [Scan(ITEM, _shortened(_checked(element[2:], 14)))]
    if element.startswith("255"):
        if len(element) > 28 or not _is_number(element):
            raise Misread("length")
        return [Scan(COUPON, _checked(element[3:16], 13))]  # the serial number behind it is another copy's
    if element.startswith("8018"):
        return [Scan(CARD, _checked(element[4:], 18))]
    if element.startswith("8110"):
        return [_north_american(element[4:])]
    return []


def _north_american(data: str) -> Scan:
    """A coupon of AI 8110: its company prefix, whose length comes first, and the six digits of the offer."""
    size = 6 + int(data[0]) if _is_number(data[:1]) else 99
    offer = data[1 + size : 7 + size]
    if size > 12 or len(data) > 70 or len(offer) < 6 or not _is_number(data):
        raise Misread("length")
    return Scan(COUPON, data[1 : 1 + size] + "-" + offer)


def _trade_item(number: str, cards: tuple) -> Scan:
    if len(number) not in (8, 12, 13, 14):
        raise Misread("length")
    _checked(number, len(number))
    if len(number) == 13 and number.startswith(_COUPONS):
        return Scan(COUPON, number)
    if len(number) == 13 and cards and number.startswith(cards):
        return Scan(CARD, number)
    return Scan(ITEM, _shortened(number))


def _shortened(number: str) -> str:
    """The article's number without the zeros in front that only some symbols have: one article, one sku."""
    for size in (8, 12, 13):
        if size < len(number) and number[: len(number) - size] == "0" * (len(number) - size):
            return number[len(number) - size :]
    return number


def _checked(number: str, size: int) -> str:
    """``number``, if it has ``size`` digits and the last of them is right. Raises `Misread`."""
    if len(number) != size or not _is_number(number):
        raise Misread("length")
    if check_digit(number[:-1]) != int(number[-1]):
        raise Misread("check-digit")
    return number


def _is_one_of(symbology: str, several: str) -> bool:
    return len(symbology) == 3 and symbology in several


def _is_number(text: str) -> bool:
    return text != "" and all(["0" <= one <= "9" for one in text])
