"""What `packing` made of a record, back in its fields."""

from binascii import hexlify

from pos_client.core.calendar import rfc3339
from pos_client.packing import SHAPES, WORDS, dashed, digits_room


def unpacked(data: bytes, words: bytes, usual: dict) -> dict:
    """The fields that were packed with the same book. Raises as `Unpacker.fields`."""
    return Unpacker(words, usual, ()).fields(data, 0)


_named = {}  # shapes that were met: place in `SHAPES` -> names


def _names(shape: int) -> list:
    """The names of a shape's members."""
    if shape not in _named:
        _named[shape] = SHAPES[shape].split(",")
    return _named[shape]


class Unpacker:
    """Reads records packed by one book. ``only``: names that are wanted, in a record and in what it holds; all if
    there are none."""

    def __init__(self, words: bytes, usual: dict, only):
        self._usual = {
            name: usual[name] for name in _names(0) if name in usual and (not only or name in only)
        }
        self._only = only
        self._words = (WORDS + words).split(
            b"\n"
        )  # none before the first newline, so a word's place is one more
        self._words.pop()
        self._known = len(self._words)
        self._data = b""
        self._at = 0

    def fields(self, data: bytes, at: int) -> dict:
        """What was packed into ``data`` from a place on. Raises `ValueError`, `LookupError` or `TypeError` for other
        bytes."""
        self._data, self._at = data, at
        while len(self._words) > self._known:
            self._words.pop()
        fields = self.value()
        if type(fields) is not dict:
            raise ValueError("it is no record")
        return fields

    def value(self):
        tag = self._data[self._at]
        self._at += 1
        if tag < 0x40:  # the most frequent ones first: a start reads every record since the snapshot
            return tag
        if tag >= 0x80:
            return self._word(tag - 127)
        if tag < 0x60 or 0x6C <= tag < 0x70 or tag == 0x7E:
            return self._number(tag)
        if 0x70 <= tag < 0x73:
            return (None, True, False)[tag - 0x70]
        if tag in (0x79, 0x7A, 0x7B):
            return [self.value() for _ in range(tag - 0x7A if tag > 0x79 else self.value())]
        if tag < 0x6C or tag == 0x78 or tag == 0x7F:
            return self._objects(tag)
        return self._text(tag)

    def _objects(self, tag: int):
        if tag == 0x7F:
            count = self.value()
            names = _names(self._next())
            return [self._members(names) for _ in range(count)]
        if tag == 0x6B:
            return self._unusual(self._taken(5))
        if tag == 0x78:
            return self._members([self.value() for _ in range(self.value())])
        return self._members(_names(tag - 0x60))

    def _members(self, names: list) -> dict:
        out, only = {}, self._only
        for name in names:
            if not only or name in only:
                out[name] = self.value()
            else:
                self._pass(1)
        return out

    def _unusual(self, left_out: bytes) -> dict:
        """A checkout; ``left_out`` has a bit for each member that is the usual one. By bytes: a board's integers
        have 31."""
        out, only = self._usual.copy(), self._only
        place = passed = 0
        for name in _names(0):  # without a tuple for each, as `enumerate` makes
            if not left_out[place >> 3] >> (place & 7) & 1:
                if only and name not in only:
                    passed += 1
                else:
                    self._pass(passed)
                    passed = 0
                    out[name] = self.value()
            place += 1
        self._pass(passed)
        return out

    def _pass(self, count: int) -> None:
        """Go on behind so many values. Of those that later ones may name it is noted where they are."""
        data, at = self._data, self._at
        while count:
            count -= 1
            tag = data[at]
            at += 1
            if tag < 0x60 or tag >= 0x80:
                at += 0x40 <= tag < 0x60
            elif tag < 0x6B:
                count += len(_names(tag - 0x60))
            elif 0x74 <= tag < 0x77 or tag == 0x7C:
                begin = at - 1
                at += 4 if tag == 0x74 else 16 if tag == 0x7C else 1 + _room(tag, data[at])
                if tag != 0x76 or data.find(b"\n", begin + 2, at) < 0:
                    self._words.append(begin)  # pyright: ignore[reportArgumentType] made a word by `_word`
            elif tag == 0x7B:
                count += 1
            elif tag == 0x79 and data[at] < 64:
                count += data[at]
                at += 1
            elif tag == 0x7F and data[at] < 64:
                count += data[at] * len(_names(data[at + 1]))
                at += 2
            else:
                self._at = at - 1
                self.value()
                at = self._at
        self._at = at

    def _word(self, place: int) -> str:
        word = self._words[place]
        if type(word) is int:
            at, self._at = self._at, word + 1
            word = self._words[place] = self._new(self._data[word])
            self._at = at
        return word.decode()

    def _next(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _taken(self, length: int) -> bytes:
        self._at += length
        if self._at > len(self._data):
            raise ValueError("it ends too early")
        return bytes(self._data[self._at - length : self._at])

    def _number(self, tag: int) -> int:
        if tag < 0x60:
            return (tag & 31) << 8 | self._next()
        if tag < 0x70:
            return (tag & 3) << 16 | int.from_bytes(self._taken(2), "little")
        return int.from_bytes(self._taken(4), "little")

    def _text(self, tag: int):
        if tag == 0x73:
            return int(self._taken(self._next()).decode())
        if tag == 0x7D:
            return self._word(self._next() + 129)
        raw = self._new(tag)
        if b"\n" not in raw:
            self._words.append(raw)
        return raw.decode()

    def _new(self, tag: int) -> bytes:
        if tag == 0x74:
            return rfc3339(int.from_bytes(self._taken(4), "little")).encode()
        if tag == 0x7C:
            return dashed(hexlify(self._taken(16)))
        length = self._next()
        if tag == 0x77:
            return self._taken(length << 8 | self._next())
        raw = self._taken(_room(tag, length))
        if tag == 0x76:
            return raw
        return str(int.from_bytes(raw, "little")).encode() if length & 128 else hexlify(raw)[:length]


def _room(tag: int, length: int) -> int:
    """Bytes of a text whose length is told in one: of letters, of hexadecimal digits, or of a number's."""
    if tag == 0x76:
        return length
    return digits_room(length & 127) if length & 128 else (length + 1) // 2
