"""What a journal holds, read where it lies: frames of segments and of the tail, packed ones as if they were not."""

from pos_client.books import Reader, is_packed, number
from pos_client.core import event
from pos_client.core.record import Damaged
from pos_client.frame import HEAD, whole_frames

_PIECE = 256  # bytes
_NAMED = b'"customer":"'
_REDEEMS = b'"redeemer":"'  # of as many letters
_TOKEN = 64


def _nothing() -> None:
    pass


class Line:
    """A record as a line in an open file; good until the next one is asked for."""

    def __init__(self, file, at: int, length: int):
        self._file = file
        self._at = at
        self.length = length

    def line(self) -> bytes:
        self._file.seek(self._at)
        return self._file.read(self.length)

    def stored(self) -> bytes:
        """What the medium holds of it: the line."""
        return self.line()

    def book(self) -> int:
        """The number of the oldest book that is needed to read it; this one needs none, what came later may."""
        return 0

    def pieces(self) -> list:
        """The line, no piece of it large."""
        self._file.seek(self._at)
        return [self._file.read(min(_PIECE, self.length - at)) for at in range(0, self.length, _PIECE)]

    def fields(self) -> dict:
        """Raises `Damaged` where the line is not what was sealed."""
        return event.opened(self.line())

    def token(self) -> str:
        """Of the customer it names, or nothing; the line need not be whole."""
        line = self.line()
        at = max(line.find(_NAMED), line.find(_REDEEMS))
        return line[at + len(_NAMED) : at + len(_NAMED) + _TOKEN].decode() if at >= 0 else ""


class Packed:
    """A record that was packed; the methods are those of `Line`."""

    def __init__(self, stored: bytes, fields: dict):
        self._stored = stored
        self._fields = fields
        self.length = len(stored)

    def line(self) -> bytes:
        return event.seal(self._fields)

    def stored(self) -> bytes:
        return self._stored

    def book(self) -> int:
        return number(self._stored)

    def pieces(self) -> list:
        out = [b""]
        for piece in event.pieces(self._fields):
            if len(out[-1]) + len(piece) <= _PIECE:
                out[-1] += piece
            else:
                out.extend([piece[at : at + _PIECE] for at in range(0, len(piece), _PIECE)])
        return out

    def fields(self) -> dict:
        return self._fields

    def token(self) -> str:
        return self._fields.get("customer") or self._fields.get("redeemer") or ""


class Kept:
    """Frames behind ``storage``, unpacked by ``books``."""

    def __init__(self, storage, books):
        self._storage = storage
        self._books = books
        self._place = ("", 0, 0)  # where reading stopped: file, offset, sequence expected there
        self._gaps = []  # (first, end) of numbers that no whole frame had, apart from each other
        self.pause = _nothing  # called for each record

    def entries(self, sequence: int, segments: list, having=(), only=()):
        """Yields (sequence, `Line` or `Packed`) of the whole records after `sequence`, oldest first. Damaged ones are
        left out, and packed ones that have not all of the bytes in ``having``. With ``only`` a packed one's fields may
        be those alone, and it has no line. Raises `OSError`."""
        expected, reader = sequence + 1, Reader(self._books, only)
        for name, first, end, _ in segments:
            if end > expected:
                for number, entry in self.within(name, first, end, expected, having, reader):
                    self.pause()
                    if number > expected:
                        self._note_gap(expected, number)
                    expected = number + 1
                    if entry is not None:
                        yield number, entry

    def within(self, name: str, first: int, end: int, wanted: int, having=(), reader=None):
        """The same of one file, from `wanted` on and before `end`; None for an entry that has not what it should."""
        reader = reader or Reader(self._books)
        offset, expected = 0, first
        if self._place[0] == name and self._place[2] <= wanted:
            _, offset, expected = self._place
        file = self._storage.open(name)
        try:
            for sequence, start, length in whole_frames(file, offset, self._storage.size(name), expected):
                if sequence >= end:
                    return
                if sequence >= wanted:
                    self._place = (name, start, sequence)
                    try:
                        yield sequence, self._entry(file, start + HEAD, length, having, reader)
                    except Damaged:
                        pass
        finally:
            file.close()

    def moved(self) -> None:
        """Names mean other files than before."""
        self._place = ("", 0, 0)

    def resumes(self, last) -> bool:
        """Whether the record ``last``, (file, offset, sequence, CRC of its frame), is where it was; then reading goes
        on from there. Raises `OSError`."""
        name, offset, sequence, crc = last
        file = self._storage.open(name)
        try:
            for found, start, _ in whole_frames(file, offset, self._storage.size(name), sequence):
                file.seek(start + 8)
                if (found, start, file.read(4)) != (sequence, offset, crc.to_bytes(4, "little")):
                    return False
                self._place = (name, offset, sequence)
                return True
            return False
        finally:
            file.close()

    def _entry(self, file, at: int, length: int, having, reader):
        file.seek(at)
        stored = file.read(min(_PIECE, length))
        if not is_packed(stored):
            return Line(file, at, length)
        if length > _PIECE:
            stored += file.read(length - _PIECE)
        for part in having:
            if part not in stored:
                return None
        return Packed(stored, reader.fields(stored))

    def damaged(self) -> int:
        """How many numbers had no whole frame where somebody read, in whatever order."""
        return sum([end - first for first, end in self._gaps])

    def _note_gap(self, first: int, end: int) -> None:
        gaps = []
        for gap in self._gaps:
            if gap[1] < first or end < gap[0]:
                gaps.append(gap)
            else:
                first, end = min(first, gap[0]), max(end, gap[1])
        self._gaps = gaps + [(first, end)]
