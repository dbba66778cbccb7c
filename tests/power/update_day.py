"""An update of a device, cut at every operation of its flash. Runs under MicroPython.

``micropython tests/power/update_day.py SCENE DOUBLE``: SCENE is a folder with the repository's files, the two images
(``old``, ``new``) and the device's first root. First the whole of it, from the question through three kinds of start to
the confirmation, sales going on, while every program and erase and every promise is taken down; then, for each
operation, the flash as it is before it and as it is when the power goes in its middle: started, judged, and updated
to the end. Then DOUBLE random pairs of cuts, the second one while the device recovers from the first. The last
line is JSON.
"""

import asyncio
import hashlib
import json
import os
import sys

import vfs

sys.path.insert(0, ".")

from firmware import boot
from firmware.update import ed25519, pointer, updating
from firmware.update.refusal import Refusal
from pos_client.journal import Journal
from tests.power.flash import BLOCK, Flash, apply, blank, tear
from tests.power.flash_day import Chance, Clock, FlashStorage, record

FILES, SLOT = 24, 4  # blocks of littlefs, and of each slot
OLD, NEW = 5, 6
NOW = 1795000000
PROGRAM = 256
_checked = {}


class PowerCut(BaseException):
    """The machine stops."""


class Part:
    """Some blocks of a flash, as a block device. Once the power is off, nothing that littlefs still wants happens."""

    def __init__(self, flash, first, count, watch=None):
        self._flash = flash
        self._first = first
        self._count = count
        self._watch = watch

    def readblocks(self, block, buffer, offset=0):
        self._flash.readblocks(self._first + block, buffer, offset)

    def writeblocks(self, block, buffer, offset=0):
        if not self._is_off():
            self._flash.writeblocks(self._first + block, buffer, offset)

    def ioctl(self, request, argument):
        if request == 4:
            return self._count
        if self._is_off():
            return 0
        return self._flash.ioctl(request, argument + self._first if request == 6 else argument)

    def _is_off(self):
        return self._watch is not None and self._watch.is_off


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
        _unmounted("/rom")
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
    """A till with its power on: littlefs mounted, the slot that boot.py chose mounted, a journal."""

    def __init__(self, scene, data, watch=None):
        flash = Flash(data, watch)
        self._scene = scene
        self._slots = FlashSlots(flash)
        vfs.mount(vfs.VfsLfs2(Part(flash, 0, FILES, watch), progsize=PROGRAM), "/c")
        self.storage = FlashStorage("/c/update")
        self.running = boot.start("/c/update", self._slots.mount, lambda: None)
        with open("/rom/version") as file:
            self.version = int(file.read())
        self.journal = Journal(FlashStorage("/c/till"), Clock(), 8192, 65536)
        pointer.settle(self.storage, self.running)

    def off(self):
        _unmounted("/rom")
        _unmounted("/c")

    def sell(self):
        """The number of the record that is kept now."""
        number = self.journal.next_sequence
        self.journal.append(record(number))
        return number

    def update(self, between=lambda: None):
        """Look and install; the next start tries the new version."""
        board = updating.Board("host", "till-1", self.running, 1)
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


class Trace:
    """Operations of the flash, and after which of them something was promised."""

    is_off = False

    def __init__(self):
        self.steps = []

    def __call__(self, operation):
        self.steps.append(operation)

    def promised(self, what, number):
        self.steps.append((what, number))


class Cut:
    """Lets some operations happen, tears the next one, and nothing happens after."""

    def __init__(self, data, left, chance):
        self._data = data
        self._left = left
        self._chance = chance
        self.is_off = False

    def __call__(self, operation):
        if self._left == 0:
            tear(self._data, operation, self._chance)
            self.is_off = True
        if self.is_off:
            raise PowerCut()
        self._left -= 1


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
    FlashStorage("/c/till")
    _unmounted("/c")
    at = _first("a") * BLOCK
    data[at : at + len(scene["old"])] = scene["old"]
    return data


def day(scene, data, trace, trials):
    """The version that runs at the end of an update; ``trials`` says, start by start, whether the self-test holds."""
    device = Device(scene, data, trace)
    trace.promised("k", device.sell())
    device.update(lambda: None)
    trace.promised("k", device.sell())
    device.off()
    for holds in trials:
        device = Device(scene, data, trace)
        trace.promised("k", device.sell())
        if device.version == NEW:
            device.confirm([("display", lambda: True), ("keys", lambda holds=holds: holds)])
            if holds:
                trace.promised("n", NEW)  # a confirmed version never goes away
        device.off()
    return device.version


def trouble(scene, data, promised):
    """What is wrong with the flash after a cut; nothing, if all is well. Changes ``data``."""
    try:
        return judged(scene, data, promised)
    except Exception as broken:
        return "stopped: " + repr(broken)
    finally:
        _unmounted("/rom")
        _unmounted("/c")


def judged(scene, data, promised):
    for _ in range(6):
        device = Device(scene, data)
        if device.image() != hashlib.sha256(scene["old" if device.version == OLD else "new"]).digest():
            return "runs neither the old image nor the new one"
        if device.version == OLD and promised.get("n"):
            return "lost: a confirmed version"
        missing = lost(device.journal, promised.get("k", 0))
        if missing:
            return missing
        device.sell()
        if pointer.is_on_trial(device.storage, device.running):
            device.confirm([("all", lambda: True)])
        elif device.version == NEW:
            return settled(device)
        elif pointer.fallen(device.storage).get("version") == NEW:
            return refused_again(device)
        else:
            device.update()
        device.off()
    return "the update never ends"


def settled(device):
    kept = pointer.kept_ratchet(device.storage)
    return "" if kept["image"] == NEW and kept["targets"] else "the ratchet was not lifted"


def refused_again(device):
    """After a fall back the same version is not tried again."""
    try:
        device.update()
    except Refusal as refused:
        return "" if refused.code == "failed-here" else "refused as " + refused.code
    return "a version that failed is tried again"


def lost(journal, kept):
    expected = 1
    for number, line in journal.since(0):
        if line != record(number) or number != expected:
            return "a record is not as it was kept"
        expected += 1
    return "lost: a record" if expected <= kept else ""


def cuts(scene, before, steps):
    """{trouble: how many} of the cuts before and within every operation."""
    told, promised, chance = {"": 0}, {}, Chance(7)
    data = bytearray(before)
    for step in steps:
        if step[0] not in ("p", "e"):
            promised[step[0]] = step[1]
            continue
        for torn in (False, True):
            cut = bytearray(data)
            if torn:
                tear(cut, step, chance)
            _count(told, trouble(scene, cut, promised))
        apply(data, step)
    return told


def double_cuts(scene, before, steps, times):
    """The same of random pairs: the power goes once, and again while the device recovers."""
    told, chance = {"": 0}, Chance(11)
    places = [at for at, step in enumerate(steps) if step[0] in ("p", "e")]
    for _ in range(times):
        place = places[chance(len(places))]
        data, promised = bytearray(before), {}
        for step in steps[:place]:
            if step[0] in ("p", "e"):
                apply(data, step)
            else:
                promised[step[0]] = step[1]
        tear(data, steps[place], chance)
        recovered(scene, data, Cut(data, chance(60), chance))
        _count(told, trouble(scene, data, promised))
    return told


def recovered(scene, data, cut):
    """Switched on again until the second cut."""
    try:
        for _ in range(2):
            device = Device(scene, data, cut)
            device.sell()
            if pointer.is_on_trial(device.storage, device.running):
                device.confirm([("all", lambda: True)])
            elif device.version == OLD:
                device.update()
            device.off()
    except Refusal as refused:
        if refused.code != "failed-here":
            raise
    except BaseException:  # closing a file of a dead machine may hide the cut behind an error of its own
        if not cut.is_off:
            raise
    finally:
        _unmounted("/rom")
        _unmounted("/c")


def read_scene(folder):
    scene = {"files": {}}
    for name in os.listdir(folder + "/files"):
        with open(folder + "/files/" + name, "rb") as file:
            scene["files"][name] = file.read()
    for name in ("old", "new", "root"):
        with open(folder + "/" + name, "rb") as file:
            scene[name] = file.read()
    return scene


def main(folder, double, trials):
    scene = read_scene(folder)
    data = provisioned(scene)
    before = bytearray(data)
    trace = Trace()
    told = {"ends with": day(scene, data, trace, trials)}
    told["operations"] = len([step for step in trace.steps if step[0] in ("p", "e")])
    told["erases"] = len([step for step in trace.steps if step[0] == "e"])
    found = cuts(scene, before, trace.steps)
    told["cuts"] = sum(found.values())
    told["troubles"] = {name: count for name, count in found.items() if name}
    found = double_cuts(scene, before, trace.steps, double)
    told["double cuts"] = sum(found.values())
    told["double troubles"] = {name: count for name, count in found.items() if name}
    print(json.dumps(told))


def _first(slot):
    """The first block of a slot."""
    return FILES if slot == "a" else FILES + SLOT


def _unmounted(place):
    try:  # noqa: SIM105 MicroPython has no contextlib
        vfs.umount(place)
    except OSError:
        pass


def _count(told, name):
    told[name] = told.get(name, 0) + 1


def _verify(key, pieces, signature):
    """Each signature is checked once: thousands of cuts see the same ones."""
    if signature not in _checked:
        _checked[signature] = ed25519.verify(key, pieces, signature)
    return _checked[signature]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [letter == "y" for letter in sys.argv[3]])
