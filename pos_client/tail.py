"""The newest records of a device, in files so small that littlefs keeps them in its directory.

Appended to a file, each record would have littlefs erase a block and copy into it. A slot is a file that is replaced
whole, which programs a page. Once the slots hold what fills a block, their frames go into a segment together, and the
slots are written over from the first one. A slot holds what fits in one page with its commit, or one record.
"""

from io import BytesIO

from pos_client.frame import HEAD, whole_frames

BLOCK = 4096  # what flash erases, and littlefs gives to a file
_PREFIX = "tail-"
_PAGE = 220  # bytes; littlefs adds its own to fill a page of 256, or two pages with 448 and more


class Tail:
    """Frames that no segment holds. ``first`` is the sequence of the first one or None, ``bytes`` what they take."""

    def __init__(self, storage):
        self._storage = storage
        self._slots = []  # (name, first sequence), in order
        self._next = 0  # the slot to write when the last one has no room
        self._size = _PAGE  # of the last slot
        self.bytes = 0

    def load(self, after: int) -> int:
        """Look for frames with sequences above ``after``; the last one there is, or ``after``. Raises `OSError`."""
        self.clear()
        last = after
        for name in sorted([name for name in self._storage.names() if _is_slot(name)]):
            found = self._range(name)
            if found and found[1] > after and (not self._slots or found[0] > self._slots[-1][1]):
                self._slots.append((name, found[0]))
                self.bytes += found[2]
                self._next = int(name[len(_PREFIX) :]) + 1
                last = found[1]
        return last

    def first(self):
        return self._slots[0][1] if self._slots else None

    def listed(self, end: int) -> list:
        """As `segments.listed`: (name, first sequence, first sequence of the next one, 0)."""
        out = []
        for name, first in reversed(self._slots):
            out.append((name, first, end, 0))
            end = first
        out.reverse()
        return out

    def put(self, sequence: int, frame: list) -> None:
        """Keep a frame, durably. Raises `OSError`: nobody knows then what its slot holds, and the next frame gets
        another one."""
        size = sum([len(piece) for piece in frame])
        before, self._size = self._size, _PAGE
        if before + size <= _PAGE:
            name = self._slots[-1][0]
            self._storage.replace(name, b"".join([self._storage.read(name)] + frame))
            self._size = before + size
        else:
            name = "%s%02d" % (_PREFIX, self._next)
            self._storage.replace(name, b"".join(frame))
            self._slots.append((name, sequence))
            self._next += 1
            self._size = size
        self.bytes += size

    def contents(self) -> list:
        """All frames, in order, a slot each. Raises `OSError`."""
        return [self._storage.read(name) for name, _ in self._slots]

    def clear(self) -> None:
        """A segment holds the frames: the slots are free."""
        self._slots = []
        self._next, self._size, self.bytes = 0, _PAGE, 0

    def forget(self) -> None:
        """Remove what lies in free slots; it may be about somebody who was erased. Raises `OSError`."""
        held = [name for name, _ in self._slots]
        for name in self._storage.names():
            if name.startswith(_PREFIX) and name not in held:  # also what a storage left of replacing one
                self._storage.remove(name)

    def _range(self, name: str):
        """(first sequence, last, bytes) of the frames in a slot, or None where there is no whole one."""
        content = self._storage.read(name)
        first = last = size = 0
        for sequence, _, length in whole_frames(BytesIO(content), 0, len(content), 1):
            first, last, size = first or sequence, sequence, size + HEAD + length
        return (first, last, size) if last else None


def _is_slot(name: str) -> bool:
    return name.startswith(_PREFIX) and name[len(_PREFIX) :].isdigit()


def block(at: int) -> tuple:
    """(begin, end) of the block of flash that has the byte ``at`` of a file, as offsets in it: littlefs begins the n-th
    block of a file with one pointer, and one more for each time that 2 divides n."""
    begin, end, number = 0, BLOCK, 0
    while end <= at:
        number += 1
        begin = end
        end += BLOCK - 4
        rest = number
        while rest % 2 == 0:
            end -= 4
            rest //= 2
    return begin, end
