"""Keys: a matrix of four by four and four large ones for reactions, debounced. Nothing here allocates.

`scan` runs every 5 ms, best from a timer, so that no key is lost while the till computes. A key counts as pressed once
it was found closed twice in a row (10 ms), and can be pressed again once it was found open for 25 ms: contacts bounce
for some milliseconds, when they close and when they open. While nobody presses anything all rows stay low, so that one
look at the columns and the large keys is enough.
"""

LEGENDS = "123A456B789C*0#D"  # of the matrix; a key's number is its place
LARGE = 16  # number of the first large key; they stand in the order of `checkout.REACTIONS`
NONE = -1

_CLOSED, _OPEN = 2, 5  # scans until a key is believed
_WAITING = 8  # keys nobody has asked for yet
_COUNTED = 255


class Keypad:
    """``rows`` are open-drain outputs, ``columns`` and ``large`` inputs with pull-ups that a key connects to ground.

    Three keys of a matrix without diodes can make a fourth look pressed, and of two large keys nobody knows which was
    meant: while it is so, nothing is taken for pressed or released.
    """

    def __init__(self, rows: tuple, columns: tuple, large: tuple):
        self._rows = rows
        self._columns = columns
        self._large = large
        self._closed = bytearray(LARGE + len(large))
        self._down = bytearray(len(self._closed))
        self._differing = bytearray(len(self._closed))  # scans in a row that said otherwise
        self._masks = bytearray(len(rows))
        self._waiting = bytearray(_WAITING)
        self._taken = self._put = 0  # a timer moves the one, who asks the other: nobody has to lock
        self._at_rest = False  # all rows are low, and nothing was pressed

    def scan(self, timer=None) -> None:
        """Look at all keys once; a timer may call this."""
        if self._at_rest and not self._is_touched():
            return
        self._read_matrix()
        if not self._is_ghostly():
            for key in range(LARGE):
                self._settle(key)
        together = 0
        for place in range(len(self._large)):
            closed = 1 - self._large[place].value()
            self._closed[LARGE + place] = closed
            together += closed
        if together < 2:
            for key in range(LARGE, len(self._closed)):
                self._settle(key)
        self._at_rest = not (any(self._down) or any(self._differing))

    def pressed(self) -> int:
        """The next key that was pressed, or `NONE`."""
        if self._taken == self._put:
            return NONE
        key = self._waiting[self._taken % _WAITING]
        self._taken = (self._taken + 1) & _COUNTED
        return key

    def held(self) -> bool:
        """Whether any key is down now."""
        return any(self._down)

    def _is_touched(self) -> bool:
        for column in self._columns:
            if not column.value():
                return True
        for key in self._large:
            if not key.value():
                return True
        return False

    def _read_matrix(self) -> None:
        key = 0
        for row in self._rows:
            row.value(1)
        for row in range(len(self._rows)):
            mask = 0
            self._rows[row].value(0)
            for column in self._columns:
                closed = 1 - column.value()
                self._closed[key] = closed
                mask = mask << 1 | closed
                key += 1
            self._rows[row].value(1)
            self._masks[row] = mask
        for row in self._rows:
            row.value(0)

    def _is_ghostly(self) -> bool:
        """Whether two rows share two columns: one of those four keys may not be pressed at all."""
        for row in range(1, len(self._masks)):
            for other in range(row):
                both = self._masks[row] & self._masks[other]
                if both & (both - 1):
                    return True
        return False

    def _settle(self, key: int) -> None:
        if self._closed[key] == self._down[key]:
            self._differing[key] = 0
            return
        self._differing[key] += 1
        if self._differing[key] < (_OPEN if self._down[key] else _CLOSED):
            return
        self._differing[key] = 0
        self._down[key] = self._closed[key]
        if self._down[key] and (self._put - self._taken) & _COUNTED < _WAITING:
            self._waiting[self._put % _WAITING] = key
            self._put = (self._put + 1) & _COUNTED
