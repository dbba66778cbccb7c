"""A day of a device's storage on littlefs, cut at every operation of its flash. Runs under MicroPython.

``micropython tests/power/flash_day.py RECORDS PAGE DOUBLE TRACE [BEFORE] [FAULT]``: first the day, with the device's
own storage, journal, sums and snapshot file, while TRACE takes down every program and erase and every promise; then,
for each operation, the flash as it is before it and as it is when the power goes in its middle: mounted, opened,
judged, and sold on with. Then DOUBLE random pairs of cuts, the second one while the device goes on after the first.
The first BEFORE records are kept before anything is cut; FAULT is one of `flash_faults`. The last line is JSON: what
the day cost, operations by files, and how many cuts left what kind of trouble.
"""

import gc
import json
import sys

import vfs

sys.path.insert(0, ".")

from tests.power.day_records import Chance, line_of
from tests.power.flash import Cut, Flash, Part, PowerCut, apply, blank, tear
from tests.power.flash_faults import PLANTED
from tests.power.flash_till import Files, FlashTill
from tests.power.flash_trace import BATCH, Noted, Trace, count, traced, troubles

BLOCKS = 64
MARKED = 32  # acknowledgements that a device marks at once
LATEST = 130  # sales after which a newer snapshot comes


class Day:
    """Sales, acknowledgements, snapshots and restarts; promises are told to the trace once they were given."""

    def __init__(self, data, trace, program, kind):
        self._data = data
        self._flash = Flash(data, trace)
        self._trace = trace
        self._program = program
        self._kind = kind
        self._chance = Chance(3)
        self._brought = 0

    def pass_(self, before, records):
        """The flash as it is when ``before`` records are kept; the trace has the rest, up to so many records more."""
        self._lives(before)
        begin = bytearray(self._data)
        self._trace.is_on = True
        self._lives(before + records)
        return begin

    def _lives(self, records):
        kept = 0
        while kept < records:
            mount(self._flash, self._program, "/d")
            kept = self._life(records, 20 + self._chance(150))
            unmounted("/d")

    def _life(self, records, most):
        till = self._kind(Noted(Files("/d"), self._trace))
        until = min(records, till.journal.next_sequence - 1 + most)
        self._started(till)
        while till.journal.next_sequence <= until:
            self._sell(till)
            if self._chance(40) == 0 or till.journal.next_sequence - self._brought > LATEST:
                self._bring(till, till.journal.next_sequence)
        if self._trace.is_on and until == records:
            self._bring(till, records + 1)
        return till.journal.next_sequence - 1

    def _started(self, till):
        """What a start writes: its number."""
        till.storage.replace("boot", str(till.journal.next_sequence).encode())
        self._trace.promised("b", till.journal.next_sequence)

    def _sell(self, till):
        """A record, and the acknowledgement of one or more before it."""
        number = till.sell()
        self._trace.promised("k", number)
        acknowledged = number - self._chance(min(8, number - till.journal.acknowledged))
        self._trace.promised("w", acknowledged)
        till.journal.acknowledge(acknowledged)
        self._trace.promised("a", acknowledged)

    def _bring(self, till, version):
        if till.bring(version):
            self._trace.promised("s", version)
            self._brought = version


def mount(flash, program, place):
    vfs.mount(vfs.VfsLfs2(flash, progsize=program), place)


def unmounted(place):
    Files.forget()
    try:  # noqa: SIM105 MicroPython has no contextlib
        vfs.umount(place)
    except OSError:
        pass


def trouble(data, program, promised, kind):
    """What is wrong with the flash after a cut; nothing, if all is well. Changes ``data``."""
    try:
        mount(Flash(data), program, "/c")
    except OSError:
        return "unmountable"
    try:
        return judged(Files("/c"), promised, kind)
    except Exception as broken:
        return "unopenable: " + repr(broken)
    finally:
        unmounted("/c")


def judged(storage, promised, kind):
    till = kind(storage)
    if not promised["a"] - MARKED < till.journal.acknowledged <= promised["w"]:
        return "lost: acknowledgements"
    if promised["b"] and int(storage.read("boot").decode()) < promised["b"]:
        return "lost: the number of the start"
    if promised["s"] and till.snapshots.current.version < promised["s"]:
        return "lost: the snapshot"
    return lost(till.journal, promised["k"]) or till.miscounted() or goes_on(storage, till, kind)


def lost(journal, kept):
    expected = journal.acknowledged + 1
    for number, line in journal.since(journal.acknowledged):
        if line != line_of(number):
            return "a bad record was not seen"
        if number != expected:
            return "lost: a record"
        expected += 1
    return "lost: a record" if expected <= kept or journal.next_sequence != expected else ""


def goes_on(storage, till, kind):
    number = till.sell()
    again = kind(storage)
    found = [line for _, line in again.journal.since(number - 1)]
    is_there = found == [line_of(number)] and again.journal.next_sequence == number + 1
    return again.miscounted() if is_there else "does not go on"


def cuts(data, path, program, kind, promised):
    """{trouble: how many} of the cuts before and within every operation of a trace that begins with ``data``."""
    promised = dict(promised)
    found, chance = {}, Chance(7)
    for step in traced(path):
        if step[0] in promised:
            promised[step[0]] = step[1]
            continue
        for torn in (False, True):
            cut = bytearray(data)
            if torn:
                tear(cut, step, chance)
            count(found, trouble(cut, program, promised, kind))
        apply(data, step)
        gc.collect()
    return found


def double_cuts(data, path, program, kind, promised, chance, times):
    """The same of random pairs: the power goes once, and again while the device goes on."""
    data, promised, found = bytearray(data), dict(promised), {}
    operations = sum([step[0] not in promised for step in traced(path)])
    places = sorted([chance(operations) for _ in range(times)])
    at = 0
    for step in traced(path):
        if step[0] in promised:
            promised[step[0]] = step[1]
            continue
        while places and places[0] == at:
            places.pop(0)
            cut = bytearray(data)
            tear(cut, step, chance)
            held = dict(promised)
            gone_on(cut, program, held, Cut(cut, chance(40), chance), kind)
            count(found, trouble(cut, program, held, kind))
            gc.collect()
        apply(data, step)
        at += 1
    return found


def gone_on(data, program, promised, cut, kind):
    """Switched on and sold with until the second cut; what a dead machine says is no promise."""
    flash = Flash(data, cut)

    def promise(what, number):
        if cut.is_off:
            raise PowerCut()
        promised[what] = number

    try:
        mount(Part(flash, 0, BLOCKS, cut), program, "/c")
        till = kind(Files("/c"))
        for _ in range(24):
            number = till.sell()
            promise("k", number)
        promise("w", number)
        till.journal.acknowledge(number)
        promise("a", number)
        version = till.snapshots.current.version if till.snapshots.current else 0
        if till.bring(version + 1):
            promise("s", version + 1)
    except BaseException:  # closing a file of a dead machine may hide the cut behind an error of its own
        if not cut.is_off:
            raise
    finally:
        unmounted("/c")


def main(records, program, double, path, before=0, fault=""):
    kind = PLANTED[fault] if fault else FlashTill
    data = blank(BLOCKS)
    vfs.VfsLfs2.mkfs(Flash(data), progsize=program)
    trace = Trace(path)
    begin = Day(data, trace, program, kind).pass_(before, records)
    trace.close()
    told = {"records": records, "erases": trace.counts["e"], "programs": trace.counts["p"]}
    told["bytes"], told["within"] = trace.counts["bytes"], trace.within
    told["double cuts"], told["double troubles"] = 0, {}
    found = cuts(bytearray(begin), path, program, kind, trace.before)
    told["cuts"], told["troubles"] = sum(found.values()), troubles(found)
    found, left, chance = {}, double, Chance(11)
    while left:
        print(json.dumps(told))  # of a day that takes hours
        some = min(left, BATCH)
        left -= some
        for name, times in double_cuts(begin, path, program, kind, trace.before, chance, some).items():
            count(found, name, times)
        told["double cuts"], told["double troubles"] = sum(found.values()), troubles(found)
    print(json.dumps(told))


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        int(sys.argv[3]),
        sys.argv[4],
        int((sys.argv[5:] or ["0"])[0]),
        *sys.argv[6:],
    )
