"""The journal of a small machine: its flash is little, wears, and is erased by the block.

Records are packed (`books`) and wait in the `tail` until they fill a block; then they go into a segment together. So a
record costs a fifth of an erase where one that is appended costs more than one. What a cut leaves behind is in both
places or in one of them; a start reads the segment first, and of the tail what is not in it.
"""

from pos_client import segments
from pos_client.frame import last_in
from pos_client.journal import Journal
from pos_client.sums import Sums
from pos_client.tail import Tail, block


class SmallJournal(Journal):
    """``segment_bytes`` is about how long a segment gets: the more there are, the more names are held in memory."""

    _marks = (
        32  # a mark costs a page; after a power cut so many records are sent again, which the service knows
    )

    def __init__(self, storage, clock=None, segment_bytes=32768, keep_bytes=8388608, keep_days=14):
        self._tail = Tail(storage)
        super().__init__(storage, clock, segment_bytes, keep_bytes, keep_days)
        self.sums = Sums(storage)

    def segments(self) -> list:
        """As of a `Journal`; what waits in the tail is listed like segments of one or two records."""
        waiting = self._tail.listed(self.next_sequence)
        return self._in_segments() + waiting

    def acknowledge(self, sequence: int) -> None:
        """As of a `Journal`. After days alone it is records that leave no room for the next snapshot: they make it as
        soon as the service has them, not when so many more are sold that a segment begins."""
        marked = self._marked
        super().acknowledge(sequence)
        if self._marked > marked:
            self._thin()

    def replaced(self, name: str) -> None:
        super().replaced(name)
        self._tail.load(self._through)
        self._tail.forget()

    def gather(self) -> None:
        """Leave nothing in the tail: a till PC that goes on with these files reads segments only. Raises `OSError`."""
        if self._tail.bytes:
            self._move()
        self._tail.forget()

    def _in_segments(self) -> list:
        return segments.listed(self._storage, self._tail.first() or self.next_sequence)

    def _stored(self, record: dict, sequence: int) -> list:
        return self._books.stored(record, sequence)

    def _write(self, frame: list) -> None:
        size = self._tail.bytes + sum([len(piece) for piece in frame])
        if self._tail.bytes and size > self._left():
            self._move()
        self._tail.put(self.next_sequence, frame)

    def _left(self) -> int:
        """Bytes that the segment takes, or another one, without another block."""
        size = self._size if self._goes_on() else 0
        return block(size)[1] - size

    def _move(self) -> None:
        """What waits fills a block of a segment."""
        if not self._goes_on():
            self._begin(self._tail.first() or self.next_sequence)
        left = self._left()
        rest = b"\xff" * max(0, left - self._tail.bytes)  # less than the next record, and no frame begins so
        contents = self._tail.contents()
        self._storage.append(self._name, contents + [rest])
        self._through = self.next_sequence - 1
        self.brought = self.next_sequence - (self._tail.first() or self.next_sequence)
        place, crc = last_in(contents.pop())
        place += self._size + sum([len(slot) for slot in contents])
        self.newest = self._name, place, self._through, crc
        self._size += self._tail.bytes + len(rest)
        self._tail.clear()
        self._kept.moved()

    def _begin(self, first: int) -> None:
        super()._begin(first)
        try:
            self._forget_books()
        except OSError:  # they take room, and the next one tries again
            pass

    def _leaving(self) -> list:
        """Not the newest one, by which a start knows the tail's old frames, and none before it is marked that the
        service holds what they do."""
        if self._marked < self.acknowledged:
            self._mark()
        return self._in_segments()[:-1]

    def _forget_books(self) -> None:
        """Those by which nothing is packed any more that is kept."""
        for name, first, end, _ in self.segments()[:1]:
            for _, entry in self.within(name, first, end):
                if entry:
                    self._books.drop(entry.book())
                return

    def _resumed(self) -> tuple:
        place = super()._resumed()
        self.next_sequence = max(self.next_sequence, self._tail.load(self._through) + 1)
        self.acknowledged = self._marked = max(
            self.acknowledged, self.oldest() - 1
        )  # what left was acknowledged
        return place

    def _late(self, size: int) -> int:
        """A block of flash is filled whole."""
        return block(size - 1)[0]

    def _settle(self, name: str) -> None:
        """What littlefs tells of a file is on the flash."""
