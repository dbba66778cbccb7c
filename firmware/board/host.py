"""The ports of MicroPython's unix port: the till under a hard heap limit, on a machine that has a debugger.

``flush`` of a file is fsync(2) there, and a folder can be opened and flushed like a file. Settings are those of
`rung till`: RUNG_DATA holds the folder ``till`` with the identity and the journal, RUNG_TILL_PORT is listened on.
"""

import asyncio
import json
import os
import sys
import time
from binascii import hexlify

HOST = "127.0.0.1"
HARDWARE = "host"
RESTART = 75  # the exit status with which `emulate` starts anew
SLOT = 163840  # bytes of a slot, as a Pico W has them
_WHOLE_DAYS = 1577836800  # 2020-01-01: an earlier clock was never set


class FolderStorage:
    """`Storage` in one folder of the host's file system, created when missing."""

    def __init__(self, folder: str):
        self._folder = folder
        try:
            os.mkdir(folder)
        except OSError:  # it exists; anything else fails at the first use, with the name in hand
            pass

    def names(self) -> list:
        return os.listdir(self._folder)

    def size(self, name: str) -> int:
        return os.stat(self._path(name))[6]

    def read(self, name: str) -> bytes:
        file = self.open(name)
        try:
            return file.read()
        finally:
            file.close()

    def append(self, name: str, pieces: list) -> None:
        self._write(name, "ab", pieces)
        if not pieces or self.size(name) == sum([len(piece) for piece in pieces]):
            self._sync_folder()

    def replace(self, name: str, data: bytes) -> None:
        self._write(name + ".tmp", "wb", [data])
        self.rename(name + ".tmp", name)

    def rename(self, old: str, new: str) -> None:
        os.rename(self._path(old), self._path(new))
        self._sync_folder()

    def remove(self, name: str) -> None:
        os.remove(self._path(name))

    def open(self, name: str):
        return open(self._path(name), "rb")

    def create(self, name: str):
        return open(self._path(name), "wb")

    def free(self) -> int:
        told = os.statvfs(self._folder)
        return told[0] * told[3]

    def _path(self, name: str) -> str:
        return self._folder + "/" + name

    def _write(self, name: str, mode: str, pieces: list) -> None:
        file = open(self._path(name), mode)
        try:
            for piece in pieces:
                file.write(piece)
            file.flush()
        finally:
            file.close()

    def _sync_folder(self) -> None:
        folder = open(self._folder, "rb")
        folder.flush()
        folder.close()


class FileSlots:
    """The two slots of `firmware/update` as two files in one folder, each as large as a slot of a board's flash."""

    def __init__(self, folder: str, size: int):
        self.size = size
        self._folder = folder

    def erase(self, slot: str, offset: int) -> None:
        """One block of 4096 bytes."""
        for at in range(offset, offset + 4096, 256):
            self.write(slot, at, b"\xff" * 256)

    def write(self, slot: str, offset: int, data) -> None:
        path = self._path(slot)
        if "slot-" + slot not in os.listdir(self._folder):
            open(path, "wb").close()
        file = open(path, "r+b")
        try:
            file.seek(offset)
            file.write(data)
            file.flush()
        finally:
            file.close()

    def read(self, slot: str, offset: int, count: int) -> bytes:
        file = open(self._path(slot), "rb")
        try:
            file.seek(offset)
            return file.read(count)
        finally:
            file.close()

    def mount(self, slot: str) -> None:
        """At /rom, from the heap: a board reads its flash in place."""
        import vfs

        try:
            vfs.umount("/rom")
        except OSError:
            pass
        rom = vfs.VfsRom  # pyright: ignore[reportAttributeAccessIssue] the stubs are of an older MicroPython
        vfs.mount(rom(self.read(slot, 0, self.size)), "/rom")

    def _path(self, slot: str) -> str:
        return self._folder + "/slot-" + slot


class SystemClock:
    """`Clock` of the port; ``ticks_ms`` wraps around, so its steps are summed."""

    def __init__(self):
        self._last = time.ticks_ms()
        self._sum = 0

    def monotonic_ms(self) -> int:
        ticks = time.ticks_ms()
        self._sum += time.ticks_diff(ticks, self._last)
        self._last = ticks
        return self._sum

    def now(self):
        seconds = int(time.time())
        return seconds if seconds > _WHOLE_DAYS else None


def chance(limit: int) -> int:
    """A whole number from 0 to ``limit`` - 1."""
    return int.from_bytes(os.urandom(4), "little") % limit


def setting(name: str):
    """A setting of `rung till`, or None."""
    return os.getenv(name)


def port() -> int:
    return int(setting("RUNG_TILL_PORT") or "8080")


def identity():
    """What `rung device enrol` wrote, or None."""
    return loaded(_home() + "/till.json")


def storage(folder: str) -> FolderStorage:
    """The files of one enrolment."""
    return FolderStorage(_home() + "/" + folder)


def secret() -> str:
    """64 random hexadecimal digits."""
    return hexlify(os.urandom(32)).decode()


def kept() -> FolderStorage:
    """What outlives every image: pointer, ratchet, last crash."""
    return FolderStorage(_data() + "/update")


def remount() -> None:
    """A host's files are mounted as they should be."""


def slots() -> FileSlots:
    return FileSlots(_data(), SLOT)


def release() -> dict:
    """What the image says of itself; nothing where it is none."""
    return loaded("/rom/release.json") or {}


def free() -> int:
    """Bytes left for files."""
    told = os.statvfs(_data())
    return told[0] * told[3]


def set_clock(seconds: int) -> None:
    """The host's clock is not ours to set."""


class _Fed:
    """Says in a file that it was fed; who watches is `emulate`."""

    def __init__(self, path):
        self._path = path

    def feed(self) -> None:
        if self._path:
            with open(self._path, "w") as file:
                file.write("fed")


def watchdog(milliseconds: int) -> _Fed:
    return _Fed(setting("RUNG_WATCHDOG"))


def ticks_ms():
    """Milliseconds that begin anew after twelve days: never a number that is allocated."""
    return time.ticks_ms()


def sleep_ms(milliseconds: int) -> None:
    """Stand still."""
    time.sleep_ms(milliseconds)


def pause(milliseconds: int):
    """To be awaited: lets others go on meanwhile. No coroutine of our own: one every 5 ms fills a heap in a second."""
    return asyncio.sleep_ms(milliseconds)


def wifi():
    """A host has its network."""
    return None


def name_server() -> str:
    """The address of the DNS server; "" where the machine finds names by itself, as a host does."""
    return ""


def authority() -> bytes:
    """The certificate of who signs the service's, in DER. Raises `OSError` where there is none."""
    with open(_data() + "/ca.der", "rb") as file:
        return file.read()


def code() -> str:
    """The one-time code that makes this device a till; "" where there is none."""
    try:
        with open(_home() + "/code") as file:
            return file.read()
    except OSError:
        return ""


def enrolled(identity: dict) -> None:
    """Keep what the code was exchanged for; then forget the code."""
    home = FolderStorage(_home())
    home.replace("till.json", json.dumps(identity).encode())
    if code():  # it was not scanned
        home.remove("code")


def restart() -> None:
    """Start anew: `boot.py` first."""
    sys.exit(RESTART)


def loaded(path: str):
    """The JSON of a file, or None where there is none."""
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _data() -> str:
    return setting("RUNG_DATA") or "var"


def _home() -> str:
    return _data() + "/till"
