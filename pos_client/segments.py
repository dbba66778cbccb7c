"""The files of a journal: what their names tell, and which of them may leave.

A segment's name has its ordinal, its first sequence and the day it was begun, so that a listing tells what is where.
"""

FORMATS = (
    2,
    1,
)  # of a journal that this version reads, first what a small machine writes; in 1 nothing is packed
_PREFIX = "journal-"


def named(ordinal: int, first: int, day: int) -> str:
    """The name of a segment; ``day`` counts from 1970, 0 where the machine does not know it."""
    return f"{_PREFIX}{ordinal:08d}-{first:010d}-{day:05d}"


def ordinal_of(name: str) -> int:
    return int(name.split("-")[1])


def listed(storage, next_sequence: int) -> list:
    """(name, first sequence, first sequence of the next one, day the next one was begun), oldest first.

    ``next_sequence`` ends the last one. Raises `OSError`.
    """
    out = []
    end, ended = next_sequence, 0
    for name in sorted([name for name in storage.names() if name.startswith(_PREFIX)], reverse=True):
        _, _, first, day = name.split("-")
        out.append((name, int(first), end, ended))
        end, ended = int(first), int(day)
    out.reverse()
    return out


def thin(storage, segments: list, acknowledged: int, keep_bytes: int, before: int) -> None:
    """Remove acknowledged ones, oldest first, while all are more than ``keep_bytes`` or they ended ``before`` a day.
    Raises `OSError`."""
    total = sum([storage.size(name) for name, _, _, _ in segments])
    for name, _, end, ended in segments:
        is_old = ended and ended < before
        if end > acknowledged + 1 or (total <= keep_bytes and not is_old):
            return
        total -= storage.size(name)
        storage.remove(name)


def release(storage, segments: list, acknowledged: int) -> bool:
    """Give up the oldest one if it is acknowledged, for a medium that is full; whether it was. Raises `OSError`."""
    for name, _, end, _ in segments[:1]:
        if end <= acknowledged + 1:
            storage.remove(name)
            return True
    return False
