"""The basket of a till without a point of sale: what is scanned and typed at the counter.

Digits and A: a price, of the article scanned last where its price is not known yet. Digits and *: so many of the next
article. C: what was typed, else the last line. D: the whole checkout. A card is the customer's.
"""

from firmware.peripherals.gs1 import CARD, ITEM
from firmware.peripherals.keypad import LEGENDS
from pos_client.core.record import Refused

_MOST_DIGITS = 7
_MOST_PRICES = 64  # articles whose prices are remembered; the last ones
_UNNAMED = "0"  # the sku of what has no bar code


class OwnBasket:
    """``name`` makes checkout ids of this start unique. Methods are True where the till was told of something new,
    and raise `Refused` for what it does not take."""

    def __init__(self, till, currency: str, name: str):
        self._till = till
        self._currency = currency
        self._name = name
        self._count = 0
        self._prices = []  # (sku, price); dicts have no order on every interpreter
        self._begin()

    @property
    def asks(self) -> str:
        """What stands on the display while something is typed; "" while nothing is."""
        times = str(self._times) + " x " if self._times > 1 else ""
        unpriced = self._unpriced + ": " if self._unpriced else ""
        typed = self._typed or ("?" if unpriced else "")
        return times + unpriced + typed

    def key(self, number: int) -> bool:
        """A key of the matrix by its place in `LEGENDS`."""
        legend = LEGENDS[number]
        if legend.isdigit():
            self._typed = (self._typed + legend)[:_MOST_DIGITS]
        elif legend == "*":
            self._times, self._typed = max(1, min(int(self._typed or "1"), 999)), ""
        elif legend == "A" and self._typed:
            return self._priced(int(self._typed))
        elif legend == "C":
            return self._take_back()
        elif legend == "D":
            return self._cancel()
        return False

    def scan(self, scan) -> bool:
        """A `gs1.Scan`."""
        if scan.kind == CARD:
            return self._identified(scan.text)
        if scan.kind != ITEM:
            return False
        for sku, price in self._prices:
            if sku == scan.text:
                return self._add(sku, price)
        self._unpriced = scan.text
        return False

    def over(self) -> None:
        """The checkout was closed; the next one begins."""
        self._begin()

    def _begin(self) -> None:
        self._count += 1
        self._lines, self._customer = [], None
        self._forget()

    def _forget(self) -> None:
        self._typed = self._unpriced = ""
        self._times = 1

    def _priced(self, price: int) -> bool:
        sku = self._unpriced or _UNNAMED
        if self._unpriced:
            self._prices = self._prices[1 - _MOST_PRICES :] + [(sku, price)]
        return self._add(sku, price)

    def _identified(self, card: str) -> bool:
        before, self._customer = self._customer, card
        try:
            return self._put(self._lines) if self._lines else False
        except Refused:
            self._customer = before if self._lines else card
            raise

    def _add(self, sku: str, price: int) -> bool:
        line, count = {"sku": sku, "quantity": self._times, "unit_price": price}, self._count
        self._forget()
        try:
            return self._put(self._lines + [line])
        except Refused:
            if self._count == count:
                raise
            return self._put([line])

    def _take_back(self) -> bool:
        if self.asks:
            self._forget()
            return False
        if len(self._lines) < 2:
            return self._cancel()
        return self._put(self._lines[:-1])

    def _cancel(self) -> bool:
        """Everything: the till has no checkout without lines."""
        had, name = bool(self._lines), self._id()
        self._begin()
        if had:
            self._till.close(name, {"outcome": "cancelled"})
        return had

    def _put(self, lines: list) -> bool:
        """Raises `Refused`; the next checkout has begun then if a tablet or a point of sale has ended this one."""
        body = {"currency": self._currency, "lines": lines}
        if self._customer:
            body["customer"] = self._customer
        try:
            self._till.put(self._id(), body)
        except Refused as refused:
            if refused.code == "checkout-closed":
                self._begin()
            raise
        self._lines = lines
        return True

    def _id(self) -> str:
        return self._name + "-" + str(self._count)
