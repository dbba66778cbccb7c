"""A day of a till's storage, run in a process of its own so that its system calls can be watched.

``python -m tests.power.journal_day FOLDER RECORDS [careless]``: records are kept and acknowledged, snapshots come, the
till is killed between any two calls and started again. What the till promised is said on standard error: ``kept N``
before a cashier would be answered, ``acknowledged N`` when the mark is on the disk, ``snapshot V`` when that is in use.
"""

import os
import random
import sys
from pathlib import Path

from pos_client import desktop
from pos_client.core.event import seal
from pos_client.core.snapshot import encode, sign
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from tests.fakes import HandClock, PowerCut
from tests.power.faulty_os import FaultyOs

KEY = b"k" * 32
IDENTITY = {"key": KEY.hex(), "store": "sample"}
SEGMENT, KEPT = 6000, 24000


def record(sequence: int) -> bytes:
    """A sealed line, up to three sectors long."""
    return seal({"kind": "checkout", "lines": "l" * (sequence * 7919 % 1300), "sequence": sequence})


def snapshot(version: int) -> bytes:
    """A signed snapshot of some kilobytes."""
    meta = {"format": 1, "version": version, "built": 1000 + version, "history": "h1", "store": "sample"}
    return sign(encode({**meta, "rules": "r" * 5000}, b"", []), KEY)


def main(folder: Path, records: int, careless: bool) -> None:
    chance = random.Random(11)
    kept = 0
    while kept < records:
        kept = life(folder, records, chance, careless)
    os._exit(0)


def life(folder: Path, records: int, chance: random.Random, careless: bool) -> int:
    """From a start to the end of the day or a kill; the number of records the till knows of."""
    calls = FaultyOs(fail_at=chance.randint(5, 300), error=PowerCut(), careless=careless)
    desktop.os = calls  # pyright: ignore[reportAttributeAccessIssue]
    storage = desktop.FolderStorage(folder)
    journal = Journal(storage, HandClock(), segment_bytes=SEGMENT, keep_bytes=KEPT)
    try:
        snapshots = SnapshotFile(storage, IDENTITY)
        while journal.next_sequence <= records:
            _work(journal, snapshots, chance)
    except PowerCut:
        pass
    return journal.next_sequence - 1


def _work(journal: Journal, snapshots: SnapshotFile, chance: random.Random) -> None:
    number = journal.next_sequence
    journal.append(record(number))
    say(f"kept {number}")
    if chance.random() < 0.2:
        journal.acknowledge(chance.randint(journal.acknowledged, number))
        say(f"acknowledged {journal.acknowledged}")
    if chance.random() < 0.05:
        _bring(snapshots, number)


def _bring(snapshots: SnapshotFile, version: int) -> None:
    incoming = snapshots.incoming()
    content = snapshot(version)
    for at in range(0, len(content), 1000):
        incoming.write(content[at : at + 1000])
    incoming.flush()
    incoming.close()
    if snapshots.adopt(lambda taken: None):
        say(f"snapshot {version}")


def say(promise: str) -> None:
    os.write(2, promise.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), "careless" in sys.argv)
