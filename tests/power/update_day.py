"""An update of a device, cut at every operation of its flash. Runs under MicroPython.

``micropython tests/power/update_day.py SCENE DOUBLE TRIALS [FAULT]``: SCENE is a folder with the repository's files,
the two images (``old``, ``new``) and the device's first root. First the whole of it, from the question through three
kinds of start to the confirmation, while sales go on, sums are kept and a snapshot comes; every program and erase and
every promise is taken down. Then, for each operation, the flash as it is before it and as it is when the power goes in
its middle: started, judged, and updated to the end. Then DOUBLE random pairs of cuts, the second one while the device
recovers from the first. FAULT is one of `update_faults`. The last line is JSON.
"""

import hashlib
import json
import sys

sys.path.insert(0, ".")

from firmware.update import pointer
from firmware.update.refusal import Refusal
from tests.power.day_records import Chance, line_of
from tests.power.flash import Cut, apply, tear
from tests.power.flash_trace import BATCH, count, troubles
from tests.power.update_device import ACKNOWLEDGED, NEW, OLD, provisioned, read_scene, unmounted
from tests.power.update_faults import PLANTED


class Trace:
    """Operations of the flash, and after which of them something was promised."""

    is_off = False

    def __init__(self):
        self.steps = []
        self.about = ""
        self.within = {}  # operations by the file that the till wrote last

    def __call__(self, operation):
        self.steps.append(operation)
        self.within[self.about] = self.within.get(self.about, 0) + 1

    def promised(self, what, number):
        self.steps.append((what, number))


def day(scene, data, trace, trials):
    """The version that runs at the end of an update; ``trials`` says, start by start, whether the self-test holds."""
    device = scene["device"](scene, data, trace)
    trace.promised("k", device.sell())
    device.update(Between(device, trace))
    trace.promised("k", device.sell())
    device.off()
    for holds in trials:
        device = scene["device"](scene, data, trace)
        trace.promised("k", device.sell())
        if device.version == NEW:
            device.confirm([("display", lambda: True), ("keys", lambda holds=holds: holds)])
            if holds:
                trace.promised("n", NEW)  # a confirmed version never goes away
        device.off()
    return device.version


class Between:
    """What a till does while an update comes: sells, and takes a snapshot."""

    def __init__(self, device, trace):
        self._device = device
        self._trace = trace
        self._blocks = 0

    def __call__(self):
        self._blocks += 1
        if self._blocks % 3 == 0:
            self._trace.promised("k", self._device.sell())
        if self._blocks == 15 and self._device.till.bring(2):
            self._trace.promised("s", 2)


def trouble(scene, data, promised):
    """What is wrong with the flash after a cut; nothing, if all is well. Changes ``data``."""
    try:
        return judged(scene, data, promised)
    except Exception as broken:
        return "stopped: " + repr(broken)
    finally:
        unmounted("/rom")
        unmounted("/c")


def judged(scene, data, promised):
    for start in range(6):
        device = scene["device"](scene, data)
        if device.image() != hashlib.sha256(scene["old" if device.version == OLD else "new"]).digest():
            return "runs neither the old image nor the new one"
        if device.version == OLD and promised.get("n"):
            return "lost: a confirmed version"
        after = max(ACKNOWLEDGED, device.till.journal.next_sequence - 4) if start else ACKNOWLEDGED
        missing = lost(device.till, promised, after) or device.till.miscounted()
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


def lost(till, promised, after):
    """Of the records behind ``after``, or of what else was promised."""
    if till.journal.acknowledged != ACKNOWLEDGED:
        return "lost: acknowledgements"
    if till.snapshots.current.version < promised.get("s", 1):
        return "lost: the snapshot"
    expected = after + 1
    for number, line in till.journal.since(after):
        if line != line_of(number) or number != expected:
            return "a record is not as it was kept"
        expected += 1
    return "lost: a record" if expected <= promised.get("k", 0) else ""


def cuts(scene, before, steps):
    """{trouble: how many} of the cuts before and within every operation."""
    found, promised, chance = {}, {}, Chance(7)
    data = bytearray(before)
    for step in steps:
        if step[0] not in ("p", "e"):
            promised[step[0]] = step[1]
            continue
        for torn in (False, True):
            cut = bytearray(data)
            if torn:
                tear(cut, step, chance)
            count(found, trouble(scene, cut, promised))
        apply(data, step)
    return found


def double_cuts(scene, before, steps, chance, times):
    """The same of random pairs: the power goes once, and again while the device recovers."""
    found = {}
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
        count(found, trouble(scene, data, promised))
    return found


def recovered(scene, data, cut):
    """Switched on again until the second cut."""
    try:
        for _ in range(2):
            device = scene["device"](scene, data, cut)
            device.sell()
            if pointer.is_on_trial(device.storage, device.running):
                device.confirm([("all", lambda: True)])
            elif device.version == OLD:
                device.update()
            device.off()
    except Refusal as refused:
        if refused.code != "failed-here" and not cut.is_off:
            raise
    except BaseException:  # closing a file of a dead machine may hide the cut behind an error of its own
        if not cut.is_off:
            raise
    finally:
        unmounted("/rom")
        unmounted("/c")


def main(folder, double, trials, fault=""):
    scene = read_scene(folder)
    scene["device"] = PLANTED[fault]
    data = provisioned(scene)
    before = bytearray(data)
    trace = Trace()
    told = {"ends with": day(scene, data, trace, trials)}
    told["operations"] = len([step for step in trace.steps if step[0] in ("p", "e")])
    told["within"], told["double cuts"], told["double troubles"] = trace.within, 0, {}
    told["erases"] = len([step for step in trace.steps if step[0] == "e"])
    found = cuts(scene, before, trace.steps)
    told["cuts"], told["troubles"] = sum(found.values()), troubles(found)
    found, left, chance = {}, double, Chance(11)
    while left:
        print(json.dumps(told))  # of a day that takes hours
        some = min(left, BATCH)
        left -= some
        for name, times in double_cuts(scene, before, trace.steps, chance, some).items():
            count(found, name, times)
        told["double cuts"], told["double troubles"] = sum(found.values()), troubles(found)
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [letter == "y" for letter in sys.argv[3]], *sys.argv[4:])
