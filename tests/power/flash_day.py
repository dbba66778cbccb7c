"""A day of a device's storage on littlefs, cut at every operation of its flash. Runs under MicroPython.

``micropython tests/power/flash_day.py RECORDS PAGE DOUBLE TRACE [careless]``: first the day, with the device's own
storage, journal and snapshot file, while TRACE takes down every program and erase and every promise; then, for each
operation, the flash as it is before it and as it is when the power goes in its middle: mounted, opened, judged, and
sold on with. Then DOUBLE random pairs of cuts, the second one while the device goes on after the first. The last line
is JSON: what the day cost, and how many cuts left what kind of trouble.
"""

import gc
import json
import struct
import sys

import vfs

sys.path.insert(0, ".")

from firmware.board.flash import FlashStorage
from pos_client.core.event import seal
from pos_client.core.snapshot import encode, sign
from pos_client.small_journal import SmallJournal
from pos_client.snapshot_file import SnapshotFile
from tests.power.flash import Cut, Flash, Part, PowerCut, apply, blank, tear

KEY = b"k" * 32
IDENTITY = {"key": "6b" * 32, "store": "sample"}
BLOCKS = 48
SEGMENT, KEPT = 8192, 16384
MARKED = 32  # acknowledgements that a device marks at once
NOTHING = {"k": 0, "a": 0, "w": 0, "b": 0, "s": 0}


class CarelessStorage(FlashStorage):
    """As a device that writes its tail when eight records have come."""

    def __init__(self, folder):
        super().__init__(folder)
        self._held = {}

    def replace(self, name, data):
        if not name.startswith("tail-"):
            super().replace(name, data)
            return
        self._held[name] = data
        if len(self._held) == 8:
            for one in self._held:
                super().replace(one, self._held[one])
            self._held = {}

    def read(self, name):
        return self._held[name] if name in self._held else super().read(name)


class Clock:
    def now(self):
        return 1795000000


class Chance:
    """The same numbers on every machine."""

    def __init__(self, seed):
        self._state = seed

    def __call__(self, limit):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % limit


def record(sequence):
    """A checkout of one to eight lines; some customers come again."""
    chance = Chance(sequence)
    lines = [_line(chance) for _ in range(1 + chance(8))]
    fields = {"sequence": sequence, "checkout_id": "c%012x" % (sequence * 7919), "lines": lines}
    fields["customer"] = "%064x" % (7 ** (60 + chance(60)) % 2**256) if chance(10) < 7 else None
    fields["gross"] = chance(30000)
    fields["monotonic_ms"] = 37000 * sequence
    fields["offers"] = [{"rung": 0, "reaction": "asked_more", "milliseconds": chance(20000)}]
    fields["ladder"] = [
        {"amount": 100 * at + chance(900), "depth": 100 * at, "discounts": [name]}
        for at, name in enumerate(("card", "spring", "ten-off")[: 1 + chance(3)])
    ]
    for name in _USUAL:
        fields[name] = _USUAL[name]
    return fields


_USUAL = {
    "arm": "smallest_first",
    "automatic": [],
    "boot": 3,
    "cashier": "c1",
    "clock": "2026-11-18T11:06:40Z",
    "currency": "EUR",
    "day": 20775,
    "device": "till-1",
    "disclosure": "This price was personalised for you by an automated decision.",
    "discount": None,
    "epoch": 1,
    "experiment": None,
    "goodwill": None,
    "held": None,
    "kind": "checkout",
    "limits": {},
    "margin": 4711,
    "notice": None,
    "outcome": "sold",
    "plan": [0, 1],
    "policy": "smallest_first",
    "profile": True,
    "propensity": 10000,
    "queue": 0,
    "release": "hand-1-00d0038a",
    "snapshot": 12,
    "state": "top_reached",
    "store": "sample",
    "training": False,
}
_lines = {}


def line_of(sequence):
    """The sealed line of a record; thousands of cuts look at the same ones."""
    if sequence not in _lines:
        _lines[sequence] = seal(record(sequence))
    return _lines[sequence]


def _line(chance):
    return {
        "brand": ("Lumi", "Veld", "Aster")[chance(3)],
        "category": ("care", "make-up", "hair")[chance(3)],
        "quantity": 1 + chance(3),
        "sku": str(4006381000000 + chance(1000)),
        "unit_price": 199 + chance(4800),
    }


def snapshot(version):
    """In either layout: without customers they differ in what they are called."""
    meta = {"format": 1, "version": version, "built": 1000 + version, "history": "h1", "store": "sample"}
    meta["rules"] = "r" * 5000
    body = encode(meta, b"", [])
    return sign(body if version % 2 else b"RUNGSNP3" + body[8:], KEY)


class Trace:
    """Operations and promises in a file of the host: a day of them is more than the heap should hold."""

    def __init__(self, path):
        self._file = open(path, "wb")  # noqa: SIM115 closed by `close`
        self.counts = {"p": 0, "e": 0, "bytes": 0}
        self.journaling = 0  # erases for records and acknowledgements

    def __call__(self, operation):
        data = operation[2] if operation[0] == "p" else b""
        self.counts[operation[0]] += 1
        self.counts["bytes"] += len(data)
        self._file.write(struct.pack("<1sIH", operation[0].encode(), operation[1], len(data)) + data)

    def promised(self, what, number):
        self._file.write(struct.pack("<1sIH", what.encode(), number, 0))

    def close(self):
        self._file.close()


def traced(path):
    """Yields the operations and promises of a trace."""
    with open(path, "rb") as file:
        head = file.read(7)
        while head:
            kind, number, length = struct.unpack("<1sIH", head)
            kind = kind.decode()
            yield (kind, number, file.read(length)) if kind == "p" else (kind, number)
            head = file.read(7)


class Day:
    """Sales, acknowledgements, snapshots and restarts; promises are told to the trace once they were given."""

    def __init__(self, data, trace, program, storage):
        self._flash = Flash(data, trace)
        self._trace = trace
        self._program = program
        self._storage = storage
        self._chance = Chance(3)

    def pass_(self, records):
        kept = 0
        while kept < records:
            mount(self._flash, self._program, "/d")
            kept = self._life(min(records, kept + 20 + self._chance(150)))
            vfs.umount("/d")

    def _life(self, until):
        storage = self._storage("/d")
        snapshots = SnapshotFile(storage, IDENTITY)
        journal = SmallJournal(storage, Clock(), SEGMENT, KEPT)
        self._started(storage, journal)
        while journal.next_sequence <= until:
            self._sell(journal)
            if self._chance(40) == 0:
                self._bring(snapshots, journal.next_sequence)
        return journal.next_sequence - 1

    def _started(self, storage, journal):
        """What a start writes: its number."""
        storage.replace("boot", str(journal.next_sequence).encode())
        self._trace.promised("b", journal.next_sequence)

    def _sell(self, journal):
        """A record, and the acknowledgement of one or more before it."""
        before = self._trace.counts["e"]
        number = journal.next_sequence
        journal.append(record(number))
        self._trace.promised("k", number)
        acknowledged = number - self._chance(min(8, number - journal.acknowledged))
        self._trace.promised("w", acknowledged)
        journal.acknowledge(acknowledged)
        self._trace.promised("a", acknowledged)
        self._trace.journaling += self._trace.counts["e"] - before

    def _bring(self, snapshots, version):
        if _adopted(snapshots, version):
            self._trace.promised("s", version)


def _adopted(snapshots, version):
    """Whether a newer snapshot came and is in use."""
    incoming = snapshots.incoming()
    content = snapshot(version)
    for at in range(0, len(content), 512):
        incoming.write(content[at : at + 512])
    incoming.flush()
    incoming.close()
    return snapshots.adopt(lambda taken: None)


def mount(flash, program, place):
    vfs.mount(vfs.VfsLfs2(flash, progsize=program), place)


def trouble(data, program, promised):
    """What is wrong with the flash after a cut; nothing, if all is well. Changes ``data``."""
    try:
        mount(Flash(data), program, "/c")
    except OSError:
        return "unmountable"
    try:
        return judged(FlashStorage("/c"), promised)
    except Exception as broken:
        return "unopenable: " + repr(broken)
    finally:
        vfs.umount("/c")


def judged(storage, promised):
    journal = SmallJournal(storage, Clock(), SEGMENT, KEPT)
    if not promised["a"] - MARKED < journal.acknowledged <= promised["w"]:
        return "lost: acknowledgements"
    if promised["b"] and int(storage.read("boot").decode()) < promised["b"]:
        return "lost: the number of the start"
    if promised["s"] and SnapshotFile(storage, IDENTITY).current.version < promised["s"]:
        return "lost: the snapshot"
    return lost(journal, promised["k"]) or goes_on(storage, journal)


def lost(journal, kept):
    expected = journal.acknowledged + 1
    for number, line in journal.since(journal.acknowledged):
        if line != line_of(number):
            return "a bad record was not seen"
        if number != expected:
            return "lost: a record"
        expected += 1
    return "lost: a record" if expected <= kept or journal.next_sequence != expected else ""


def goes_on(storage, journal):
    number = journal.next_sequence
    journal.append(record(number))
    again = SmallJournal(storage, Clock(), SEGMENT, KEPT)
    found = [line for _, line in again.since(number - 1)]
    return "" if found == [line_of(number)] and again.next_sequence == number + 1 else "does not go on"


def cuts(data, path, program):
    """{trouble: how many} of the cuts before and within every operation of a trace that begins with ``data``."""
    promised = dict(NOTHING)
    troubles = {"": 0}
    chance = Chance(7)
    for step in traced(path):
        if step[0] in promised:
            promised[step[0]] = step[1]
            continue
        for torn in (False, True):
            cut = bytearray(data)
            if torn:
                tear(cut, step, chance)
            found = trouble(cut, program, promised)
            troubles[found] = troubles.get(found, 0) + 1
        apply(data, step)
        gc.collect()
    return troubles


def double_cuts(data, path, program, times):
    """The same of random pairs: the power goes once, and again while the device goes on."""
    promised, troubles, chance = dict(NOTHING), {"": 0}, Chance(11)
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
            gone_on(cut, program, held, Cut(cut, chance(40), chance))
            found = trouble(cut, program, held)
            troubles[found] = troubles.get(found, 0) + 1
            gc.collect()
        apply(data, step)
        at += 1
    return troubles


def gone_on(data, program, promised, cut):
    """Switched on and sold with until the second cut; what a dead machine says is no promise."""
    flash = Flash(data, cut)

    def promise(what, number):
        if cut.is_off:
            raise PowerCut()
        promised[what] = number

    try:
        mount(Part(flash, 0, BLOCKS, cut), program, "/c")
        storage = FlashStorage("/c")
        snapshots = SnapshotFile(storage, IDENTITY)
        journal = SmallJournal(storage, Clock(), SEGMENT, KEPT)
        for number in range(journal.next_sequence, journal.next_sequence + 12):
            journal.append(record(number))
            promise("k", number)
        promise("w", number)
        journal.acknowledge(number)
        promise("a", number)
        version = snapshots.current.version if snapshots.current else 0
        if _adopted(snapshots, version + 1):
            promise("s", version + 1)
    except BaseException:  # closing a file of a dead machine may hide the cut behind an error of its own
        if not cut.is_off:
            raise
    finally:
        try:  # noqa: SIM105 MicroPython has no contextlib
            vfs.umount("/c")
        except OSError:
            pass


def main(records, program, double, path, storage):
    data = blank(BLOCKS)
    vfs.VfsLfs2.mkfs(Flash(data), progsize=program)
    before = bytearray(data)
    trace = Trace(path)
    Day(data, trace, program, storage).pass_(records)
    trace.close()
    told = {"records": records, "erases": trace.counts["e"], "programs": trace.counts["p"]}
    told["bytes"] = trace.counts["bytes"]
    told["erases a record"] = trace.journaling / records
    found = cuts(bytearray(before), path, program)
    told["cuts"] = sum(found.values())
    told["troubles"] = {name: count for name, count in found.items() if name}
    found = double_cuts(before, path, program, double)
    told["double cuts"] = sum(found.values())
    told["double troubles"] = {name: count for name, count in found.items() if name}
    print(json.dumps(told))


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        int(sys.argv[3]),
        sys.argv[4],
        CarelessStorage if len(sys.argv) > 5 else FlashStorage,
    )
