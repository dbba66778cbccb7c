"""What boards with flash have in common: littlefs for files, two slots for images, a clock that may begin in 2000.

On littlefs: `config.json` (settings, by the names that `rung till` has for them), `secret/till.json` (identity and
keys), `till/` (journal and snapshots). A copy of the configuration gives nothing away.
"""

import json
import os
import time
from binascii import hexlify

import vfs

from firmware.board import host

BLOCK = 4096
PAGE = 256  # bytes that flash is programmed by
_ERASE = 6  # of `ioctl`
_YEARS_1970_TO_2000 = 946684800
_SPARING = {"RUNG_SNAPSHOT_SECONDS": 3600}  # a snapshot of 65 KB erases flash 17 times
_SET = 1577836800  # 2020-01-01: an earlier clock was never set


class FlashStorage(host.FolderStorage):
    """`Storage` on littlefs, where a name is durable with its file."""

    def replace(self, name: str, data: bytes) -> None:
        """littlefs shows the old file until the new one is whole, so that no other name is needed, which costs twice.
        A file that there was not would be there at once, and empty."""
        try:
            self.size(name)
        except OSError:
            super().replace(name, data)
            return
        self._write(name, "wb", [data])

    def _sync_folder(self):
        pass


class SystemClock(host.SystemClock):
    """`Clock` of a board."""

    def now(self):
        seconds = int(time.time()) + (_YEARS_1970_TO_2000 if time.gmtime(0)[0] == 2000 else 0)
        return seconds if seconds > _SET else None


class FlashSlots:
    """The two slots of `firmware/update` as the halves of one partition.

    ``device`` is its block device, ``memory`` the same where the processor sees it: what is mounted runs in place.
    """

    def __init__(self, device, memory):
        self._device = device
        self._memory = memory
        self.size = len(memory) // (2 * BLOCK) * BLOCK

    def erase(self, slot: str, offset: int) -> None:
        """One block; some 45 ms in which nothing else runs on an RP2040."""
        self._device.ioctl(_ERASE, self._at(slot, offset) // BLOCK)

    def write(self, slot: str, offset: int, data) -> None:
        """At most one block, from a multiple of 256 on; a last part of a page is filled up."""
        at = self._at(slot, offset)
        if offset % PAGE or len(data) > BLOCK or offset + len(data) > self.size:
            raise ValueError("a piece is at most a block, begins with a page and ends in its slot")
        rest = -len(data) % PAGE
        self._device.writeblocks(at // BLOCK, bytes(data) + b"\xff" * rest if rest else data, at % BLOCK)

    def read(self, slot: str, offset: int, count: int) -> bytes:
        at = self._at(slot, offset)
        return bytes(self._memory[at : at + min(count, self.size - offset)])

    def mount(self, slot: str) -> None:
        """At /rom, in the place of what is there."""
        try:
            vfs.umount("/rom")
        except OSError:
            pass
        image = self._memory[self._at(slot, 0) : self._at(slot, 0) + self.size]
        vfs.mount(vfs.VfsRom(image), "/rom")  # pyright: ignore[reportAttributeAccessIssue] stubs lack it

    def _at(self, slot: str, offset: int) -> int:
        return offset + (self.size if slot == "b" else 0)


def freed(clock):
    """The clock line of a bus, after the clocks for which a chip may wait that was cut off in a byte: as long as it
    holds the other line nobody can begin."""
    for level in (0, 1) * 9:
        clock.value(level)
    return clock


def chance(limit: int) -> int:
    """A whole number from 0 to ``limit`` - 1."""
    return int.from_bytes(os.urandom(4), "little") % limit


def secret() -> str:
    """64 random hexadecimal digits."""
    return hexlify(os.urandom(32)).decode()


def setting(name: str):
    """A setting of the configuration as text, or None."""
    value = (loaded("/config.json") or _SPARING).get(name, _SPARING.get(name))
    return None if value is None else str(value)


def port() -> int:
    return int(setting("RUNG_TILL_PORT") or "8080")


def identity():
    """What the provisioning wrote, or None."""
    return loaded("/secret/till.json")


def kept() -> FlashStorage:
    """What outlives every image: pointer, ratchet, last crash."""
    return FlashStorage("/update")


def release() -> dict:
    """What the image says of itself; nothing where it says nothing."""
    return loaded("/rom/release.json") or {}


def free() -> int:
    """Bytes left for files."""
    told = os.statvfs("/")
    return told[0] * told[3]


def wifi_secret() -> dict:
    """``ssid`` and ``key`` of the shop's Wi-Fi, or nothing."""
    return loaded("/secret/wifi.json") or {}


def authority() -> bytes:
    """The certificate of who signs the service's, in DER. Raises `OSError` where there is none."""
    with open("/ca.der", "rb") as file:
        return file.read()


def code() -> str:
    """The one-time code that makes this device a till; "" where there is none."""
    try:
        with open("/secret/code") as file:
            return file.read()
    except OSError:
        return ""


def enrolled(identity: dict) -> None:
    """Keep what the code was exchanged for; then forget the code."""
    secret = FlashStorage("/secret")
    secret.replace("till.json", json.dumps(identity).encode())
    if code():  # it was not scanned
        secret.remove("code")


def date(seconds: int) -> tuple:
    """Unix seconds as `machine.RTC.datetime` takes them."""
    epoch = _YEARS_1970_TO_2000 if time.gmtime(0)[0] == 2000 else 0
    year, month, day, hour, minute, second, weekday = time.gmtime(seconds - epoch)[:7]
    return year, month, day, weekday, hour, minute, second, 0


def storage(folder: str) -> FlashStorage:
    """The files of one enrolment."""
    try:
        os.mkdir("/till")
    except OSError:  # it exists
        pass
    return FlashStorage("/till/" + folder)


def loaded(path: str):
    """The JSON of a file, or None where there is none."""
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None
