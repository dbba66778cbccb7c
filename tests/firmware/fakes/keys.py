"""A matrix of contacts without diodes, and single keys, with contacts that bounce.

A column is low where some way of closed contacts leads from it to a row that is pulled low: so three keys can make a
fourth look pressed, as on a real one. Rows must not be driven high against each other.
"""

from tests.core.expect import Chance


class Contacts:
    """``closed`` are keys by number (row * 4 + column); `press` and `release` bounce for ``bounce_ms``."""

    def __init__(self, bench, bounce_ms: int = 0, seed: int = 1):
        self._bench = bench
        self._bounce = 1000 * bounce_ms
        self._chance = Chance(seed)
        self.closed = bytearray(20)
        self._changed = [-1000000] * 20
        self._low = bytearray(4)
        self.rows = tuple([Row(self._low, row) for row in range(4)])
        self.columns = tuple([Column(self, column) for column in range(4)])
        self.large = tuple([Single(self, 16 + place) for place in range(4)])

    def press(self, key: int) -> None:
        self.closed[key], self._changed[key] = 1, self._bench.now

    def release(self, key: int) -> None:
        self.closed[key], self._changed[key] = 0, self._bench.now

    def conducts(self, key: int) -> int:
        """Whether a contact conducts at this moment."""
        if self._bench.now - self._changed[key] < self._bounce:
            return self._chance.below(2)
        return self.closed[key]

    def is_low(self, column: int) -> int:
        """Whether current flows from a column to a row that is low, by whatever way."""
        seen_columns, seen_rows, size = 1 << column, 0, 0
        while size != (seen_columns | seen_rows << 4):
            size = seen_columns | seen_rows << 4
            for row in range(4):
                for other in range(4):
                    if (seen_columns >> other | seen_rows >> row) & 1 and self.conducts(4 * row + other):
                        seen_columns |= 1 << other
                        seen_rows |= 1 << row
        for row in range(4):
            if seen_rows >> row & 1 and self._low[row]:
                return 1
        return 0


class Row:
    """An open-drain output: low, or nothing at all."""

    def __init__(self, low: bytearray, row: int):
        self._low, self._row = low, row

    def value(self, level: int) -> None:
        self._low[self._row] = 1 - level


class Column:
    """An input with a pull-up."""

    def __init__(self, contacts: Contacts, column: int):
        self._contacts, self._column = contacts, column

    def value(self) -> int:
        return 1 - self._contacts.is_low(self._column)


class Single:
    """An input with a pull-up and a key to ground."""

    def __init__(self, contacts: Contacts, key: int):
        self._contacts, self._key = contacts, key

    def value(self) -> int:
        return 1 - self._contacts.conducts(self._key)
