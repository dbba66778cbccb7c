"""What a backup or a restore that was killed leaves beside its file: a database that anybody can read."""

import errno
import os
import re
import time
from pathlib import Path

LEFT = re.compile(r"\..+\.([0-9]+)\.part(\.shred)?(-wal|-shm|-journal)?")
OLD_SECONDS = 12 * 3600  # a backup that has not been written to for so long is not under way


def clear(folder: Path, of: str = "*") -> None:
    """Remove it: only of the file named ``of``, or of any where that is old, for another machine may be at work in the
    same folder."""
    for part in folder.glob(f".{of}.*.part*"):
        process = LEFT.fullmatch(part.name)
        is_old = of != "*" or time.time() - part.stat().st_mtime > OLD_SECONDS
        if process and is_old and not _runs(int(process[1])):
            part.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return error.errno != errno.ESRCH
    return True
