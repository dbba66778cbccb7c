"""One process in a folder: two tills writing one journal would lose sales that both had acknowledged.

For PCs only. The kernel lets a lock go when its holder dies, however it dies, so nothing is ever left to clean up.
"""

import fcntl
import os
from pathlib import Path
from typing import BinaryIO


class Unusable(Exception):
    """The folder or a setting cannot be used; the text says it to the operator in one line."""


def _private(path: str, flags: int) -> int:
    """Who could open the file could hold it, and keep the till from starting."""
    return os.open(path, flags, 0o600)


def hold(data: Path, command: str) -> BinaryIO:
    """Be the only ``rung COMMAND`` on ``data`` (RUNG_DATA, made when missing) until the answer is closed.

    A till locks its own folder, which may be all that it can write of RUNG_DATA. Raises `Unusable`.
    """
    folder = data / "till" if command == "till" else data
    try:
        for each in (data, folder):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = open(folder / f".{command}.lock", "ab", opener=_private)
    except OSError as error:
        raise Unusable(f"RUNG_DATA {data} cannot be used: {error.strerror}: {error.filename}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Unusable(f"RUNG_DATA {data} is in use by another rung {command}") from error
    return file
