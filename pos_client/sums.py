"""What a device's records since its snapshot sum up to, kept beside them: a start reads only those that came later.

Never the truth, which is the records: what is here is used if it was made for this very snapshot, and if the last
record that it counts is where it was, with the same CRC. Otherwise, or without it, all records are counted.

The file has frames as a segment has (see `frame`), each under the sequence of the last record that it counts: two
bytes of length, JSON, the ledger's entries since the frame before. JSON is a list: form, snapshot, the record after
which counting begins, the last record of the frame before, the last one of this, what was spent of budgets up to it.
"""

import json

from pos_client.core.event import canonical
from pos_client.frame import HEAD, framed, whole_frames

_NAME = "sums"
_FORM = 1  # of the file, and of what is counted how: another one is as good as none
_SNAPSHOT = 32  # digits of its signature
_LARGEST = 16384  # bytes; then it is written anew with what the ledger holds still
# An append erases a block. Where many records filled one it costs each little; of large ones more must have come.
_FEW, _MANY = 27, 96


class Sums:
    """``storage`` as of `ports`. No `OSError` leaves this class: there are the records."""

    def __init__(self, storage):
        self._storage = storage
        self._forget()

    def is_due(self, through: int, after: int, moved: int) -> bool:
        """Whether to write up to which record the ledger counts, from ``after`` on, when ``moved`` of them have come to
        stay."""
        return moved >= _FEW or through - max(self._through, after) >= _MANY

    def keep(self, snapshot: str, after: int, last: tuple, ledger) -> None:
        """What the records behind ``after`` and up to ``last`` (see `Kept.resumes`) came to, under the snapshot with
        this signature."""
        end, self._end = self._end, 0  # nobody knows what a write that fails leaves behind
        try:
            fresh = ledger.lately(ledger.grown - self._grown) if 0 < end < _LARGEST else None
            before = after if fresh is None else self._through
            told = canonical([_FORM, snapshot[:_SNAPSHOT], after, before, last, ledger.spent()])
            entries = ledger.blocks if fresh is None else fresh
            frame = framed(last[2], [len(told).to_bytes(2, "little"), told] + entries)
            size = sum([len(piece) for piece in frame])
            if fresh is None:
                self._storage.replace(_NAME, b"".join(frame))
            else:
                self._storage.append(_NAME, frame)
                size += end
        except (OSError, MemoryError):
            return
        self._through, self._end, self._grown = last[2], size, ledger.grown

    def recall(self, snapshot: str, after: int, ledger, is_there) -> int:
        """Fill a ledger that is new with what was counted under this snapshot, if ``is_there`` says so of the last
        record: its sequence, or 0, and then the ledger is good for nothing."""
        self._forget()
        try:
            size, file = self._storage.size(_NAME), self._storage.open(_NAME)
        except OSError:
            return 0
        try:
            end, last, spent = _read(file, size, [_FORM, snapshot[:_SNAPSHOT], after, after], ledger)
            if not last or not is_there(last):
                return 0
        except (OSError, MemoryError):
            return 0
        finally:
            file.close()
        ledger.resume(spent)
        self._through, self._end, self._grown = last[2], end if end == size else 0, ledger.grown
        return last[2]

    def forget(self) -> None:
        """Another snapshot counts from now on; and somebody in the file may have been erased."""
        self._forget()
        try:
            self._storage.remove(_NAME)
        except OSError:
            pass

    def _forget(self) -> None:
        self._through = 0  # the last record that is counted in the file
        self._end = 0  # where that ends, if it can be appended to
        self._grown = 0  # what the ledger had then


def _read(file, whole: int, begin: list, ledger) -> tuple:
    """(end, last record, spent) of the last frame that goes on where the one before ended; the first has ``begin``."""
    end, last, spent = 0, None, {}
    for sequence, start, length in whole_frames(file, 0, whole, 1):
        file.seek(start + HEAD)
        size = int.from_bytes(file.read(2), "little")
        told = json.loads(file.read(size).decode())
        if start != end or told[:4] != begin:
            break
        last, spent = told[4], told[5]
        begin[3] = sequence
        left = length - 2 - size
        while left:
            piece = file.read(min(ledger.room(), left))
            ledger.extend(piece)
            left -= len(piece)
        end = start + HEAD + length
    return end, last, spent
