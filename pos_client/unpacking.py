"""What `packing` made of a record, back in its fields."""

from binascii import hexlify

from pos_client.core.calendar import rfc3339
from pos_client.packing import SHAPES, WORDS, dashed, digits_room


def unpacked(data: bytes, words: bytes, usual: dict) -> dict:
    """The fields that were packed with the same book. Raises `ValueError`, `LookupError` or `TypeError` for
    other bytes."""
    fields = _Unpacker(data, WORDS + words, usual).value()
    if type(fields) is not dict:
        raise ValueError("it is no record")
    return fields


_named = {}  # shapes that were met: place in `SHAPES` -> names


def _names(shape: int) -> list:
    """The names of a shape's members."""
    if shape not in _named:
        _named[shape] = SHAPES[shape].split(",")
    return _named[shape]


class _Unpacker:
    def __init__(self, data: bytes, known: bytes, usual: dict):
        self._data = data
        self._usual = usual
        self._at = 0
        self._words = known.split(b"\n")  # none before the first newline, so a word's place is one more
        self._words.pop()

    def value(self):
        tag = self._data[self._at]
        self._at += 1
        if tag < 0x40:  # the most frequent ones first: a start reads every record since the snapshot
            return tag
        if tag >= 0x80:
            return self._words[tag - 127].decode()
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
            return self._unusual(_names(0), self._taken(5))
        if tag == 0x78:
            return self._members([self.value() for _ in range(self.value())])
        return self._members(_names(tag - 0x60))

    def _members(self, names: list) -> dict:
        out = {}
        for name in names:
            out[name] = self.value()
        return out

    def _unusual(self, names: list, left_out: bytes) -> dict:
        """``left_out`` has a bit for each name whose value is the usual one. By bytes: a board's integers have 31."""
        out = {}
        for place, name in enumerate(names):
            out[name] = self._usual[name] if left_out[place >> 3] >> (place & 7) & 1 else self.value()
        return out

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
            return self._words[self._next() + 129].decode()
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
        if tag == 0x75 and length & 128:
            return str(int.from_bytes(self._taken(digits_room(length & 127)), "little")).encode()
        if tag == 0x75:
            return hexlify(self._taken((length + 1) // 2))[:length]
        return self._taken(length << 8 | self._next() if tag == 0x77 else length)
