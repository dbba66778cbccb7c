"""What a packed record is read with: the words of its till, in small files that are written now and then.

A book is words (names of rules, brands, sentences the law asks for), each followed by a newline, and what members of a
record usually are; a record says by which one it was packed. A book is never changed: one that grew is a new one. It
is kept twice, since without it a thousand records say nothing.
"""

from pos_client.core.event import opened, pieces, seal
from pos_client.core.record import Damaged
from pos_client.packing import packed, plain
from pos_client.unpacking import Unpacker

HEAD = 3  # bytes of a packed record before the fields: its form, the number of its book
_FORM = b"\x02"  # no JSON begins so
_PREFIX = "book-"
_COPIES = ("", ".copy")
_LARGEST = 1000  # bytes of words; a till has them in memory
_SMALLEST = 600  # bytes of a file: what littlefs keeps in its directory is copied again and again
_WORTH = 24  # bytes a record could be shorter by
_REST = 64  # records
_NONE = (b"", {})


class Books:
    """``storage`` as of `ports`. Nothing is read before it is needed."""

    def __init__(self, storage):
        self._storage = storage
        self._newest = -1  # its number, once it was looked for
        self._held = {}  # number -> (words, usual members) of the newest and of one more
        self._rests = 0  # no new book before this sequence

    def stored(self, fields: dict, sequence: int) -> list:
        """The pieces to keep of a record: packed, or its line where it cannot be. Raises `Invalid`."""
        if self._newest < 0:
            self._begin()
        try:
            words, usual = self.of(self._newest)
            out, strange = packed(fields, words, usual)
            if sequence >= self._rests and (not usual or sum([len(word) for word in strange]) >= _WORTH):
                self._rests = sequence + _REST
                if self._learnt(strange, fields):
                    words, usual = self.of(self._newest)
                    out, _ = packed(fields, words, usual)
        except ValueError:
            return pieces(fields)
        return [_FORM + self._newest.to_bytes(2, "little"), out]

    def drop(self, before: int) -> None:
        """Forget books with numbers below one; no record needs them any more. Raises `OSError`."""
        for name in self._storage.names():
            if name.startswith(_PREFIX) and int(name[5:10]) < before:
                self._storage.remove(name)

    def _begin(self) -> None:
        numbers = [int(name[5:10]) for name in self._storage.names() if name.startswith(_PREFIX)]
        newest = max(numbers) if numbers else 0
        try:
            self._held = {newest: self.of(newest)}
        except Damaged:  # what it says is lost; go on with the next
            newest += 1
            self._held = {newest: _NONE}
        self._newest = newest

    def of(self, number: int) -> tuple:
        """(words, usual members) of a book; number 0 has none. Raises `Damaged` or `OSError`."""
        if not number:
            return _NONE
        if number not in self._held:
            book = self._read(number)
            self._held = {one: self._held[one] for one in self._held if one == self._newest}
            self._held[number] = book
        return self._held[number]

    def _read(self, number: int) -> tuple:
        for copy in _COPIES:
            try:
                book = opened(self._storage.read(_named(number) + copy))
                return book["words"].encode(), book["usual"]
            except OSError as error:
                if error.errno != 2:  # ENOENT
                    raise
            except Damaged:
                continue
        raise Damaged("record-book", "the words of some records are lost")

    def _learnt(self, strange: list, fields: dict) -> bool:
        """Whether there is a new book now, with these words in it."""
        before, _ = self.of(self._newest)
        words = b"".join([word + b"\n" for word in strange])
        if len(before) + len(words) <= _LARGEST:
            words = before + words
        elif len(words) > _LARGEST:
            return False
        book = {"words": words.decode(), "usual": plain(fields)}
        content = seal(book)
        if len(content) < _SMALLEST:
            book["rest"] = "." * (_SMALLEST - len(content))
            content = seal(book)
        try:
            for copy in _COPIES:
                self._storage.replace(_named(self._newest + 1) + copy, content)
        except OSError:  # no room, perhaps: the record is longer then
            return False
        self._newest += 1
        usual = opened(content)["usual"]  # a list of the record itself may change later
        self._held = {self._newest: (words, usual)}
        return True


class Reader:
    """Reads packed records one after another, and holds the words of their book meanwhile. ``only`` as of
    `Unpacker`."""

    def __init__(self, books: Books, only=()):
        self._books = books
        self._only = only
        self._number = -1
        self._unpacker = None

    def fields(self, stored: bytes) -> dict:
        """What a packed record says. Raises `Damaged` without its book, `OSError` where that cannot be read now."""
        try:
            if number(stored) != self._number or not self._unpacker:
                words, usual = self._books.of(number(stored))
                self._unpacker, self._number = Unpacker(words, usual, self._only), number(stored)
            return self._unpacker.fields(stored, HEAD)
        except (ValueError, LookupError, TypeError):
            raise Damaged("record-packing", "the record cannot be unpacked")


def is_packed(stored: bytes) -> bool:
    return stored[:1] == _FORM


def number(stored: bytes) -> int:
    """The number of the book that a packed record needs."""
    return int.from_bytes(stored[1:HEAD], "little")


def _named(number: int) -> str:
    return "%s%05d" % (_PREFIX, number)
