"""The disk under the database: how much room it has left, and what SQLite's errors say of it."""

import os
from pathlib import Path

FULL = "disk-full"
FAILED = "disk-failed"
DAMAGED = "database-damaged"
UNAVAILABLE = "database-unavailable"
_CODES = {
    "SQLITE_FULL": FULL,
    "SQLITE_IOERR": FAILED,
    "SQLITE_CANTOPEN": FAILED,
    "SQLITE_READONLY": FAILED,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
}


def cause(trouble: BaseException | None) -> str:
    """Why the database did not do what it was asked: one of the four above.

    ``trouble`` is SQLite's exception, one that wraps it, or one that came up while it was dealt with.
    """
    name = sqlite_name(trouble)
    return next((code for start, code in _CODES.items() if name.startswith(start)), UNAVAILABLE)


def sqlite_name(trouble: BaseException | None) -> str:
    """What SQLite calls it, such as SQLITE_IOERR_WRITE; empty where it was not SQLite."""
    name = ""
    while trouble is not None:
        original = getattr(trouble, "orig", None) or trouble
        name = getattr(original, "sqlite_errorname", "") or name
        trouble = trouble.__context__  # a savepoint that went with its transaction hides why that ended
    return name


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write on the disk that holds ``folder``."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize
