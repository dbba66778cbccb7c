"""A device with two slots on an emulated flash, for MicroPython: what `update_day.py` updates and cuts.

A scene is a dict of what there is to update: ``files`` of the repository, ``old`` and ``new`` image, first ``root``.
"""

import asyncio
import hashlib
import json
import os

import vfs

from firmware import boot
from firmware.board.flash import FlashStorage
from firmware.update import ed25519, pointer, updating
from tests.power.flash import BLOCK, Flash, Part, blank
from tests.power.flash_till import Files, FlashTill
from tests.power.flash_trace import Noted

FILES, SLOT = 24, 4  # blocks of littlefs, and of each slot
OLD, NEW = 5, 6
NOW = 1795000000
PROGRAM = 256
SOLD, ACKNOWLEDGED = (
    84,
    64,
)  # records before the update: in its course they come to fill a block, and are summed up
_checked = {}


class FlashSlots:
    """The slots behind the file system, in the same chip."""

    size = SLOT * BLOCK

    def __init__(self, flash):
        self._flash = flash

    def erase(self, slot, offset):
        self._flash.ioctl(6, _first(slot) + offset // BLOCK)

    def write(self, slot, offset, data):
        for at in range(0, len(data), PROGRAM):
            place = offset + at
            self._flash.writeblocks(_first(slot) + place // BLOCK, data[at : at + PROGRAM], place % BLOCK)

    def read(self, slot, offset, count):
        at = _first(slot) * BLOCK + offset
        return bytes(memoryview(self._flash.data)[at : at + count])

    def mount(self, slot):
        unmounted("/rom")
        at = _first(slot) * BLOCK
        vfs.mount(vfs.VfsRom(memoryview(self._flash.data)[at : at + self.size]), "/rom")


class Offered:
    """The repository, in blocks of 500 bytes; tells ``between`` after each."""

    def __init__(self, files, between):
        self._files = files
        self._between = between

    async def fetch(self, name, into, most):
        if name not in self._files:
            return False
        data = self._files[name]
        for at in range(0, len(data), 500):
            into.write(data[at : at + 500])
            self._between()
        return True


class Device:
    """A till with its power on: littlefs mounted, the slot that boot.py chose mounted, journal, sums and snapshot."""

    slots, till = FlashSlots, FlashTill

    def __init__(self, scene, data, watch=None):
        flash = Flash(data, watch)
        self._scene = scene
        self._slots = self.slots(flash)
        vfs.mount(vfs.VfsLfs2(Part(flash, 0, FILES, watch), progsize=PROGRAM), "/c")
        self.storage = FlashStorage("/c/update")
        self.running = boot.start("/c/update", self._slots.mount, lambda: None)
        with open("/rom/version") as file:
            self.version = int(file.read())
        storage = Files("/c/till")
        self.till = self.till(Noted(storage, watch) if watch else storage)
        pointer.settle(self.storage, self.running)

    def off(self):
        unmounted("/rom")
        unmounted("/c")

    def sell(self):
        """The number of the record that is kept now."""
        return self.till.sell()

    def update(self, between=lambda: None):
        """Look and install; the next start tries the new version."""
        board = updating.Board("host", "till-1", self.running, [1])
        offered = Offered(self._scene["files"], between)

        async def whole():
            target = await updating.look(self.storage, offered, board, NOW, verify=_verify)
            await updating.install(self.storage, offered, board, self._slots, target, 3)

        asyncio.run(whole())

    def confirm(self, checks):
        return updating.self_test(self.storage, self.running, checks)

    def image(self):
        """The hash of what runs."""
        length = len(self._scene["old" if self.version == OLD else "new"])
        return hashlib.sha256(self._slots.read(self.running, 0, length)).digest()


def provisioned(scene):
    """A device with the old image in slot a."""
    data = blank(FILES + 2 * SLOT)
    flash = Flash(data)
    part = Part(flash, 0, FILES)
    vfs.VfsLfs2.mkfs(part, progsize=PROGRAM)
    vfs.mount(vfs.VfsLfs2(part, progsize=PROGRAM), "/c")
    storage = FlashStorage("/c/update")
    storage.replace("root.json", scene["root"])
    storage.replace("pointer", json.dumps({"confirmed": ["a", OLD], "trial": None}).encode())
    till = FlashTill(Files("/c/till"))
    while till.sell() < ACKNOWLEDGED:
        pass
    till.journal.acknowledge(ACKNOWLEDGED)
    till.bring(1)
    while till.sell() < SOLD:
        pass
    unmounted("/c")
    at = _first("a") * BLOCK
    data[at : at + len(scene["old"])] = scene["old"]
    return data


def read_scene(folder):
    scene = {"files": {}}
    for name in os.listdir(folder + "/files"):
        with open(folder + "/files/" + name, "rb") as file:
            scene["files"][name] = file.read()
    for name in ("old", "new", "root"):
        with open(folder + "/" + name, "rb") as file:
            scene[name] = file.read()
    return scene


def _first(slot):
    """The first block of a slot."""
    return FILES if slot == "a" else FILES + SLOT


def unmounted(place):
    Files.forget()
    try:  # noqa: SIM105 MicroPython has no contextlib
        vfs.umount(place)
    except OSError:
        pass


def _verify(key, pieces, signature):
    """Each signature is checked once: thousands of cuts see the same ones."""
    if signature not in _checked:
        _checked[signature] = ed25519.verify(key, pieces, signature)
    return _checked[signature]
