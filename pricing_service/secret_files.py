"""Files of secrets that exist whole or not at all, whoever makes them at the same moment, whenever the power goes."""

import os
import secrets
from pathlib import Path


def make(path: Path, text: str) -> None:
    """Keep ``text`` in ``path``, for its owner only and on the medium, unless somebody made that file before."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, path)
        except FileExistsError:
            return
    finally:
        beside.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have a file, or a folder's names, on the medium."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
