"""The till's memory: record lines in segment files, each on the medium before a checkout is answered as closed.

A segment holds frames, one a record (see `frame`); its name tells which (see `segments`), so that RAM does not grow
with the number of records. Nothing is ever rewritten: what half a frame left behind stays at the end of its segment,
and a new segment begins with the same sequence. A later segment's first sequence ends the one before it.
"""

from pos_client import mark, segments
from pos_client.core.record import OutOfTurn
from pos_client.frame import HEAD, framed, last_whole, whole_frames
from pos_client.ports import StorageFailed

_FULL = (28, 27, 122)  # ENOSPC, which MicroPython's errno does not name; a file or a quota that may not grow
_DAY = 86400


def _whole(file, length: int) -> bytes:
    return file.read(length)


class Journal:
    """Records numbered from 1. Acknowledged ones are kept for `keep_days` or `keep_bytes`, whichever ends first,
    because a service restored from a backup asks for them again."""

    def __init__(self, storage, clock=None, segment_bytes=131072, keep_bytes=8388608, keep_days=14):
        self._storage = storage
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._keep_bytes = keep_bytes
        self._keep_days = keep_days
        self._place = ("", 0, 0)  # where `since` stopped reading: segment, offset, sequence expected there
        self._looked = 0  # gaps up to here are counted in `damaged`
        self.damaged = 0
        self.trouble = None
        self.acknowledged, self.next_sequence, self.history = 0, 1, ""
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

    def append(self, line) -> None:
        """Keeps `line` (bytes, or a list of its pieces) under `next_sequence`, durably. Raises `StorageFailed` and has
        then numbered nothing, nor does it while the medium could never be read: its numbers are not known then."""
        if not self._is_read:
            self._fail("journal-unreadable")
        frame = framed(self.next_sequence, [line] if type(line) is bytes else line)
        while True:
            try:
                self._write(frame)
                break
            except OSError as error:
                self._abandon()
                if error.errno not in _FULL or not segments.release(
                    self._storage, self.next_sequence, self.acknowledged
                ):
                    self._fail(_code(error))
        self.next_sequence += 1
        self.trouble = None

    def since(self, sequence: int, read=_whole):
        """Yields (sequence, line) of the whole records after `sequence`, oldest first. Damaged ones are left out.
        ``read(file, length)`` gives the line. Raises `StorageFailed` or `OSError`."""
        self.ready()
        expected = sequence + 1
        for name, first, end, _ in self.segments():
            if end > expected:
                for number, line in self._frames(name, first, end, expected, read):
                    self._count_gap(expected, number)
                    expected = number + 1
                    yield number, line

    def find(self, matches):
        """The newest line for which `matches(line)` is true, or None. Raises `StorageFailed` or `OSError`."""
        self.ready()
        for name, first, end, _ in reversed(self.segments()):
            found = None
            for _, line in self._frames(name, first, end, first, _whole):
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
            self._mark(sequence)

    def rewind(self, sequence: int) -> None:
        """The service has forgotten what came after `sequence`: all of that is to be sent again."""
        if 0 <= sequence < self.acknowledged:
            self._mark(sequence)

    def begin_history(self, history: str) -> None:
        """The service was set back: what another ``history`` acknowledged says nothing, so all that is kept is sent
        again, and compared."""
        self.history = history
        self._mark(self.oldest() - 1)

    def oldest(self) -> int:
        """The first sequence that is still kept, whole or damaged; `next_sequence` where there is none."""
        kept = self.segments()
        return kept[0][1] if kept else self.next_sequence

    def replaced(self, name: str) -> None:
        """Another file has taken the place of a segment: nothing is appended to it any more."""
        self._place = ("", 0, 0)
        if name == self._name:
            self._name = None

    def health(self) -> dict:
        """What retail IT asks first; `oldest_unsent` is a sequence or None."""
        depth = self.next_sequence - 1 - self.acknowledged
        return {
            "depth": depth,
            "oldest_unsent": self.acknowledged + 1 if depth else None,
            "damaged": self.damaged,
            "trouble": self.trouble,
        }

    def _write(self, frame: list) -> None:
        if self._name is None or self._size >= self._segment_bytes:
            self._begin()
        self._storage.append(self._name, frame)
        self._size += sum([len(piece) for piece in frame])

    def _begin(self) -> None:
        """Names the next segment; the file appears with its first frame."""
        self._ordinal += 1
        today = self._today()
        self._name, self._size = segments.named(self._ordinal, self.next_sequence, today), 0
        try:
            before = today - self._keep_days
            segments.thin(self._storage, self.segments(), self.acknowledged, self._keep_bytes, before)
        except (OSError, MemoryError):  # old segments take room, and the next one tries again
            pass

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
        kept = self.segments()
        self._ordinal = 0
        if not kept:
            return None, 0
        name, first, _, _ = kept[-1]
        self._ordinal = segments.ordinal_of(name)
        size = self._storage.size(name)
        file = self._storage.open(name)
        try:
            last, offset = last_whole(file, size, first)
        finally:
            file.close()
        self._settle(name)
        is_whole = offset == size and last + 1 >= self.next_sequence
        self.next_sequence = max(self.next_sequence, last + 1)
        return (name, size) if is_whole else (None, 0)

    def _settle(self, name: str) -> None:
        """A till that was killed may have left its last record in the machine's memory alone."""
        try:
            self._storage.append(name, [])
        except OSError as error:  # what cannot be written can still be read, and sent
            self.trouble = _code(error)

    def _frames(self, name: str, first: int, end: int, wanted: int, read):
        """Yields (sequence, line) from `wanted` on, before `end`, of one segment."""
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
                    file.seek(start + HEAD)
                    yield sequence, read(file, length)
        finally:
            file.close()

    def _count_gap(self, expected: int, found: int) -> None:
        if found > self._looked:
            self.damaged += found - max(expected, self._looked + 1)
            self._looked = found

    def segments(self) -> list:
        """(name, first sequence, first sequence of the next one, day the next one was begun), oldest first."""
        return segments.listed(self._storage, self.next_sequence)

    def _today(self) -> int:
        """Days since 1970, or 0 where the machine does not know."""
        now = self._clock.now() if self._clock else None
        return now // _DAY if now else 0

    def _mark(self, acknowledged: int) -> None:
        """Without the file a restart sends acknowledged records again: a lamp, no loss."""
        self.acknowledged = acknowledged
        try:
            mark.keep(self._storage, acknowledged, self.next_sequence, self.history)
        except OSError as error:
            self.trouble = _code(error)

    def _fail(self, trouble: str) -> None:
        self.trouble = trouble
        raise StorageFailed(trouble, "the till cannot keep records: make room, or look at its storage")


def _code(error) -> str:
    return "journal-full" if error.errno in _FULL else "journal-unwritable"
