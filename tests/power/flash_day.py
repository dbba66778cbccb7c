"""A day of a device's storage on littlefs, cut at every operation of its flash. Runs under MicroPython.

``micropython tests/power/flash_day.py RECORDS PROGRAM_SIZE TRACE [careless]``: first the day, with the till's own
journal and snapshot file, while TRACE takes down every program and erase and every promise; then, for each operation,
the flash as it is before it and as it is when the power goes in its middle: mounted, opened, judged, and sold on with.
The last line is JSON: what the day cost, and how many cuts left what kind of trouble.
"""

import gc
import json
import struct
import sys

import vfs

sys.path.insert(0, ".")

from firmware.board.host import FolderStorage
from pos_client.core.event import seal
from pos_client.core.snapshot import encode, sign
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from tests.power.flash import Flash, apply, blank, tear

KEY = b"k" * 32
IDENTITY = {"key": "6b" * 32, "store": "sample"}
BLOCKS = 48
SEGMENT, KEPT = 8192, 16384


class FlashStorage(FolderStorage):
    """`Storage` on littlefs, where a name is durable with its file and nobody can flush a folder."""

    def _sync_folder(self):
        pass


class CarelessStorage(FlashStorage):
    """As a till that keeps its file open and flushes it at the end of the day."""

    def append(self, name, pieces):
        held = self.held if self.name == name else b""
        self.name, self.held = name, held + b"".join(pieces)
        if len(self.held) > 6000:
            super().append(name, [self.held])
            self.held = b""

    name, held = "", b""


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
    return seal({"kind": "checkout", "lines": "l" * (sequence * 7919 % 1500 + 300), "sequence": sequence})


def snapshot(version):
    meta = {"format": 1, "version": version, "built": 1000 + version, "history": "h1", "store": "sample"}
    meta["rules"] = "r" * 5000
    return sign(encode(meta, b"", []), KEY)


class Trace:
    """Operations and promises in a file of the host: a day of them is more than the heap should hold."""

    def __init__(self, path):
        self._file = open(path, "wb")  # noqa: SIM115 closed by `close`
        self.counts = {"p": 0, "e": 0, "bytes": 0}

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
        journal = Journal(storage, Clock(), SEGMENT, KEPT)
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
        number = journal.next_sequence
        journal.append(record(number))
        self._trace.promised("k", number)
        if self._chance(5) == 0:
            journal.acknowledge(number - self._chance(min(8, number - journal.acknowledged)))
            self._trace.promised("a", journal.acknowledged)

    def _bring(self, snapshots, version):
        incoming = snapshots.incoming()
        content = snapshot(version)
        for at in range(0, len(content), 512):
            incoming.write(content[at : at + 512])
        incoming.flush()
        incoming.close()
        if snapshots.adopt(lambda taken: None):
            self._trace.promised("s", version)


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
    journal = Journal(storage, Clock(), SEGMENT, KEPT)
    if journal.acknowledged < promised["a"]:
        return "lost: an acknowledgement"
    if promised["b"] and int(storage.read("boot").decode()) < promised["b"]:
        return "lost: the number of the start"
    if promised["s"] and SnapshotFile(storage, IDENTITY).current.version < promised["s"]:
        return "lost: the snapshot"
    return lost(journal, promised["k"]) or goes_on(storage, journal)


def lost(journal, kept):
    expected = journal.acknowledged + 1
    for number, line in journal.since(journal.acknowledged):
        if line != record(number):
            return "a bad record was not seen"
        if number != expected:
            return "lost: a record"
        expected += 1
    return "lost: a record" if expected <= kept or journal.next_sequence != expected else ""


def goes_on(storage, journal):
    number = journal.next_sequence
    journal.append(record(number))
    again = Journal(storage, Clock(), SEGMENT, KEPT)
    found = [line for _, line in again.since(number - 1)]
    return "" if found == [record(number)] and again.next_sequence == number + 1 else "does not go on"


def cuts(data, path, program):
    """{trouble: how many} of the cuts before and within every operation of a trace that begins with ``data``."""
    promised = {"k": 0, "a": 0, "b": 0, "s": 0}
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


def main(records, program, path, storage):
    data = blank(BLOCKS)
    vfs.VfsLfs2.mkfs(Flash(data), progsize=program)
    before = bytearray(data)
    trace = Trace(path)
    Day(data, trace, program, storage).pass_(records)
    trace.close()
    troubles = cuts(before, path, program)
    told = {"records": records, "erases": trace.counts["e"], "programs": trace.counts["p"]}
    told["bytes"] = trace.counts["bytes"]
    told["cuts"] = sum(troubles.values())
    told["troubles"] = {name: count for name, count in troubles.items() if name}
    print(json.dumps(told))


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        sys.argv[3],
        CarelessStorage if len(sys.argv) > 4 else FlashStorage,
    )
