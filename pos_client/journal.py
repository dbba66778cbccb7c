"""The till's memory: records in segment files, each on the medium before a checkout is answered as closed.

A segment holds frames, one a record (see `frame`); its name tells which (see `segments`), so that RAM does not grow
with the number of records. Nothing is ever rewritten: what half a frame left behind stays at the end of its segment,
and a new segment begins with the same sequence. A later segment's first sequence ends the one before it.

A small machine's is a `SmallJournal`.
"""

from pos_client import mark, segments
from pos_client.books import Books
from pos_client.core.event import pieces
from pos_client.core.record import OutOfTurn
from pos_client.frame import framed, last_whole
from pos_client.kept import Kept
from pos_client.ports import StorageFailed

FORMATS = segments.FORMATS
_FULL = (28, 27, 122)  # ENOSPC, which MicroPython's errno does not name; a file or a quota that may not grow
_DAY = 86400


class Journal:
    """Records numbered from 1. Acknowledged ones are kept for `keep_days` or `keep_bytes`, whichever ends first,
    because a service restored from a backup asks for them again."""

    _marks = 1  # so many acknowledgements are marked at once

    def __init__(self, storage, clock=None, segment_bytes=131072, keep_bytes=8388608, keep_days=14):
        self._storage = storage
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._keep_bytes = keep_bytes
        self._keep_days = keep_days
        self._books = Books(storage)
        self._kept = Kept(storage, self._books)
        self.sums = None  # what records come to, where that is kept beside them
        self.newest = None  # the last record that has moved to where it stays, as `Kept.resumes` wants it
        self.brought = 0  # how many moved with it
        self.trouble = None
        self.acknowledged, self.next_sequence, self.history = 0, 1, ""
        self._marked = 0  # the acknowledgement that a restart knows of
        self._is_read = False
        try:
            self.ready()
        except StorageFailed:  # a till sells on, and tries again
            pass

    def ready(self) -> None:
        """Know what the medium holds; tried again where it could not be read before. Raises `StorageFailed`."""
        if self._is_read:
            return
        self.trouble = None
        try:
            self._name, self._size = self._resumed()
        except OSError:
            self._fail("journal-unreadable")
        self._is_read = True

    def append(self, record) -> None:
        """Keeps a record (its fields, its line, or pieces of that) under `next_sequence`, durably. Raises
        `StorageFailed` and has then numbered nothing, nor does it while the medium could never be read: its numbers
        are not known then."""
        if not self._is_read:
            self._fail("journal-unreadable")
        frame = self.framed(self.next_sequence, record)
        while True:
            try:
                self._write(frame)
                break
            except OSError as error:
                self._abandon()
                if error.errno not in _FULL or not self._released():
                    self._fail(_code(error))
        self.next_sequence += 1
        self.trouble = None

    def framed(self, sequence: int, record) -> list:
        """The pieces of the frame that keeps a record."""
        if type(record) is dict:
            record = self._stored(record, sequence)
        return framed(sequence, [record] if type(record) is bytes else record)

    def since(self, sequence: int):
        """Yields (sequence, line) of the whole records after `sequence`, oldest first. Damaged ones are left out.
        Raises `StorageFailed` or `OSError`."""
        for number, entry in self.entries(sequence):
            yield number, entry.line()

    def entries(self, sequence: int, having=(), only=()):
        """The same with entries (see `kept`) in place of lines."""
        self.ready()
        return self._kept.entries(sequence, self.segments(), having, only)

    def resumes(self, last) -> bool:
        """See `Kept.resumes`. Raises `StorageFailed` or `OSError`."""
        self.ready()
        return self._kept.resumes(last)

    def within(self, name: str, first: int, end: int):
        """Yields (sequence, entry) of one of the `segments`."""
        return self._kept.within(name, first, end, first)

    def find(self, matches, having=()):
        """The newest line for which `matches(line)` is true, or None; of packed ones only those are looked at that have
        all of the bytes in ``having``. Raises `StorageFailed` or `OSError`."""
        self.ready()
        for name, first, end, _ in reversed(self.segments()):
            found = None
            for _, entry in self._kept.within(name, first, end, first, having):
                line = entry.line() if entry else b""
                if matches(line):
                    found = line
            if found is not None:
                return found
        return None

    def acknowledge(self, sequence: int) -> None:
        """The service holds every record up to `sequence`. Raises `OutOfTurn` for records never written."""
        if sequence >= self.next_sequence:
            raise OutOfTurn(
                "acknowledged-unwritten", "the service acknowledged a record that this till never wrote"
            )
        if sequence > self.acknowledged:
            self.acknowledged = sequence
            if sequence >= self._marked + self._marks:
                self._mark()

    def rewind(self, sequence: int) -> None:
        """The service has forgotten what came after `sequence`: all of that is to be sent again."""
        if 0 <= sequence < self.acknowledged:
            self.acknowledged = sequence
            self._mark()

    def begin_history(self, history: str) -> None:
        """The service was set back: what another ``history`` acknowledged says nothing, so all that is kept is sent
        again, and compared."""
        self.history = history
        self.acknowledged = self.oldest() - 1
        self._mark()

    def oldest(self) -> int:
        """The first sequence that is still kept, whole or damaged; `next_sequence` where there is none."""
        kept = self.segments()
        return kept[0][1] if kept else self.next_sequence

    def replaced(self, name: str) -> None:
        """Another file has taken the place of one of the `segments`: nothing is appended to it any more. Raises
        `OSError`."""
        self._kept.moved()
        if name == self._name:
            self._name = None

    def pausing(self, pause) -> None:
        """Call ``pause()`` for each record that is read: a watchdog knows nothing of ten thousand."""
        self._kept.pause = pause

    def health(self) -> dict:
        """What retail IT asks first; `oldest_unsent` is a sequence or None."""
        depth = self.next_sequence - 1 - self.acknowledged
        return {
            "depth": depth,
            "oldest_unsent": self.acknowledged + 1 if depth else None,
            "damaged": self._kept.damaged(),
            "trouble": self.trouble,
        }

    def segments(self) -> list:
        """(name, first sequence, first sequence of the next one, day the next one was begun), oldest first."""
        return segments.listed(self._storage, self.next_sequence)

    def _stored(self, record: dict, sequence: int) -> list:
        """What is kept of a record, in pieces."""
        return pieces(record)

    def _write(self, frame: list) -> None:
        if not self._goes_on():
            self._begin(self.next_sequence)
        self._storage.append(self._name, frame)
        self._size += sum([len(piece) for piece in frame])

    def _goes_on(self) -> bool:
        return self._name is not None and self._size < self._segment_bytes

    def _begin(self, first: int) -> None:
        """Names the next segment; the file appears with its first frame."""
        self._ordinal += 1
        self._name, self._size = segments.named(self._ordinal, first, self._today()), 0
        self._thin()

    def _thin(self) -> None:
        """Acknowledged records leave that are too many or too old."""
        try:
            before = self._today() - self._keep_days
            segments.thin(self._storage, self._leaving(), self.acknowledged, self._keep_bytes, before)
        except (OSError, MemoryError):  # old segments take room, and the next time tries again
            pass

    def _leaving(self) -> list:
        """Of the `segments` those that may leave. Raises `OSError`."""
        return self.segments()

    def _released(self) -> bool:
        """Whether a medium that is full has more room now."""
        try:
            return segments.release(self._storage, self._leaving(), self.acknowledged)
        except OSError:
            return False

    def _abandon(self) -> None:
        """After a failed write nobody knows where the segment ends, so nothing is appended to it again."""
        if self._name is not None and self._size == 0:
            try:
                self._storage.remove(self._name)
            except OSError:
                pass
        self._name = None

    def _resumed(self) -> tuple:
        """Where to go on writing: (segment, size), or (None, 0) where a new segment must begin."""
        self.acknowledged, self.next_sequence, self.history = mark.read(self._storage)
        kept = segments.listed(self._storage, self.next_sequence)
        self._ordinal = self._through = 0
        place = self._last(kept[-1][0], kept[-1][1]) if kept else (None, 0)
        self._marked = self.acknowledged
        return place

    def _last(self, name: str, first: int) -> tuple:
        """What `_resumed` answers, of the newest segment."""
        self._ordinal = segments.ordinal_of(name)
        size = self._storage.size(name)
        file = self._storage.open(name)
        try:
            self._through, offset = last_whole(file, size, first, self._late(size))
        finally:
            file.close()
        self._settle(name)
        is_whole = offset == size and self._through + 1 >= self.next_sequence
        self.next_sequence = max(self.next_sequence, self._through + 1)
        return (name, size) if is_whole else (None, 0)

    def _late(self, size: int) -> int:
        """Where in a segment of so many bytes a frame begins behind which there are few."""
        return 0

    def _settle(self, name: str) -> None:
        """A till that was killed may have left its last record in the machine's memory alone."""
        try:
            self._storage.append(name, [])
        except OSError as error:  # what cannot be written can still be read, and sent
            self.trouble = _code(error)

    def _today(self) -> int:
        """Days since 1970, or 0 where the machine does not know."""
        now = self._clock.now() if self._clock else None
        return now // _DAY if now else 0

    def _mark(self) -> None:
        """Without the file a restart sends acknowledged records again: a lamp, no loss."""
        try:
            mark.keep(self._storage, self.acknowledged, self.next_sequence, self.history)
            self._marked = self.acknowledged
        except OSError as error:
            self.trouble = _code(error)

    def _fail(self, trouble: str) -> None:
        self.trouble = trouble
        raise StorageFailed(trouble, "the till cannot keep records: make room, or look at its storage")


def _code(error) -> str:
    return "journal-full" if error.errno in _FULL else "journal-unwritable"
