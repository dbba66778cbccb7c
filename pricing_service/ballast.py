"""Room that is kept for a start: on a disk without any, SQLite cannot even open a database that nobody has open.

The memory that SQLite's processes share is a file, which the last of them removes and the next has to make again; and
a start has a few things to write down. What takes that room is thrown out before a start and taken in again after it,
so that a service on a full disk starts and decides. Whatever comes then finds the disk as full as it was.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy.exc import DatabaseError

from pos_client.claim import Unusable
from pricing_service import disk

FILE = "ballast"
BYTES = 8 << 20  # a start writes some 130 kB of the sample shop, and more where there are many tills
PART = 10  # of what is free, no more than one part in so many
BLOCK = 64 << 10
CAUSES = {
    disk.FULL: "its disk is full ({free} bytes are free)",
    disk.FAILED: "its disk fails, or is full ({free} bytes are free)",
}

log = structlog.get_logger("rung.service")


@contextmanager
def dropped(data: Path) -> Iterator[None]:
    """Within the block the room of the ballast in folder ``data`` is free where there is little else.

    Raises `Unusable` where the block failed for want of room all the same.
    """
    file, free = data / FILE, disk.free_bytes(data)
    size = max(_size(file), min(BYTES, free // PART))
    if free < BYTES:
        log.warning("disk almost full", free_bytes=free, ballast_bytes=_size(file))
        file.unlink(missing_ok=True)
    try:
        yield
    except DatabaseError as trouble:
        told = CAUSES.get(disk.cause(trouble))
        if told is None:
            raise
        why = told.format(free=disk.free_bytes(data))
        raise Unusable(f"RUNG_DATA {data}: {why}. Make room and start again; tills sell on.") from trouble
    finally:
        _fill(file, size)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _fill(file: Path, size: int) -> None:
    """Let the file grow to ``size``, or until there is no room; zeros would be nothing on a disk that compresses."""
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0) as out:
            while (lacking := size - out.tell()) > 0:
                out.write(os.urandom(min(BLOCK, lacking)))
    except OSError as trouble:
        log.warning("ballast not whole", error=trouble.strerror, wanted_bytes=size)
