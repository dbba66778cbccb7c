"""What a till asks of the machine it runs on, and the one way in which storage fails.

A machine gives two objects of any class; the till never asks for more.

``Clock``
    ``monotonic_ms() -> int``: milliseconds since some moment before the start, never going back.
    ``now() -> int | None``: Unix seconds UTC, or None while the machine does not know the date.

``Storage``: a flat set of named byte files. Every method raises `OSError` when the medium does not obey.
    ``names() -> list[str]`` in any order, temporary files included.
    ``size(name) -> int`` in bytes.
    ``read(name) -> bytes``, the whole file.
    ``append(name, pieces)``: creates the file when missing; all of it survives a power cut once this returns, what
    was there before and its name included.
    ``replace(name, data)``: after a power cut the file holds the old bytes or the new ones, never a mixture;
    durable once this returns.
    ``rename(old, new)``: atomic and durable, also over an existing file.
    ``remove(name)``: a missing file is an `OSError`.
    ``open(name)``: a binary file with ``seek(offset)``, ``read(size)``, ``readinto(buffer)``, ``close()``.
    ``create(name)``: an empty binary file with ``write(data)``, ``flush()`` (durable once it returns), ``close()``.
    ``free() -> int``: bytes that another file may have, more or less.
"""

from pos_client.core.record import Refused


class StorageFailed(Refused):
    """The machine could not keep a record.

    ``code`` is ``journal-full`` or ``journal-unwritable``. The sale goes on without it: nothing was numbered, and the
    next record is tried again, so a till lights a lamp and does not stop.
    """


class RehearsalClock:
    """`Clock` that starts at Unix second ``now`` and moves a quarter of a second whenever its monotonic time is read,
    so that the same input leads to the same records on every machine."""

    def __init__(self, now: int):
        self._start = now
        self._passed = 0

    def monotonic_ms(self) -> int:
        self._passed += 250
        return self._passed

    def now(self):
        return self._start + self._passed // 1000
