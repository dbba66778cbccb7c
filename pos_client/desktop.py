"""The ports of a PC: a folder whose writes reach the disk before they return, and the system's clocks."""

import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO


class FolderStorage:
    """`Storage` in one folder (created when missing), private to its user: a journal is nobody else's to read."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def names(self) -> list[str]:
        return os.listdir(self._folder)

    def size(self, name: str) -> int:
        return os.stat(self._folder / name).st_size

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def append(self, name: str, pieces: list[bytes]) -> None:
        path = self._folder / name
        may_be_unnamed = not pieces or not path.exists()
        with open(path, "ab", buffering=0) as file:
            _write_all(file.fileno(), b"".join(pieces))
            os.fsync(file.fileno())
        if may_be_unnamed:
            self._sync_folder()

    def replace(self, name: str, data: bytes) -> None:
        temporary = name + ".tmp"
        with open(self._folder / temporary, "wb", buffering=0) as file:
            _write_all(file.fileno(), data)
            os.fsync(file.fileno())
        self.rename(temporary, name)

    def rename(self, old: str, new: str) -> None:
        os.replace(self._folder / old, self._folder / new)
        self._sync_folder()

    def remove(self, name: str) -> None:
        os.remove(self._folder / name)

    def open(self, name: str) -> BinaryIO:
        return open(self._folder / name, "rb")

    def create(self, name: str) -> "DurableFile":
        return DurableFile(self._folder / name)

    def free(self) -> int:
        return shutil.disk_usage(self._folder).free

    def _sync_folder(self) -> None:
        """A new name is durable only when the folder that holds it is."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class DurableFile:
    """A file being written, whose `flush` reaches the disk."""

    def __init__(self, path: Path):
        self._file = open(path, "wb", buffering=0)

    def write(self, data: bytes) -> None:
        _write_all(self._file.fileno(), data)

    def flush(self) -> None:
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


class SystemClock:
    """`Clock` of the operating system."""

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def now(self) -> int:
        return int(time.time())


def _write_all(descriptor: int, data: bytes) -> None:
    """`os.write` may write less than asked, on a disk that is nearly full for one."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
