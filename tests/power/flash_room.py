"""What fits into the flash of each board: checkouts while the service is away, customers of a snapshot.

``micropython -X heapsize=64M tests/power/flash_room.py``. A snapshot without customers is that of the sample shop with
its model, 64,641 bytes. A customer takes 182 as a till PC gets it: 12 of the index, 8 and 30 of facts in the entry, and
132 of a belief, which two customers with more than one visit hardly ever share. Compact it is 37, measured of 5,000
simulated ones; 74 if nobody shares a belief or a fact with anybody.
"""

import sys

import vfs

sys.path.insert(0, ".")

from firmware.board.flash import FlashStorage
from pos_client.core.event import seal
from pos_client.ports import StorageFailed
from pos_client.small_journal import SmallJournal
from pos_client.snapshot_file import SnapshotFile
from tests.power.day_records import record
from tests.power.day_snapshots import IDENTITY
from tests.power.flash import Flash, blank
from tests.power.flash_day import mount
from tests.power.flash_till import Clock

BOARDS = (("Pico W", 848), ("Pico 2 W", 2048), ("ESP32-S3", 5632))
RULES = 64641
CUSTOMER = (37, 74, 182)
MOST = 10000
MANY = 5000  # customers
WORK = 600  # records that wait while a snapshot is replaced


def put(storage, name, size):
    """A file of so many bytes, or False where there is no room for it."""
    file = storage.create(name)
    try:
        for at in range(0, size, 1024):
            file.write(bytes(min(1024, size - at)))
        file.flush()
        return True
    except OSError:
        return False
    finally:
        file.close()


def formatted(kilobytes):
    data = blank(kilobytes // 4)
    vfs.VfsLfs2.mkfs(Flash(data), progsize=256)
    mount(Flash(data), 256, "/d")
    return FlashStorage("/d")


def checkouts(kilobytes, lines, known=0):
    """How many are kept beside a snapshot of so many customers, at most `MOST`; of so many lines, or of any. Then the
    service takes them, and that there is room for the next snapshot is checked."""
    storage = formatted(kilobytes)
    size = RULES + CUSTOMER[0] * known
    put(storage, "snapshot", size)
    journal = SmallJournal(storage, Clock(), 32768, 131072)
    try:
        while journal.next_sequence <= MOST:
            fields = record(journal.next_sequence)
            if lines:
                fields["lines"] = fields["lines"][:lines]
            journal.append(fields)
    except StorageFailed:
        pass
    kept = journal.next_sequence - 1
    for number in range(1, kept + 1):
        journal.acknowledge(number)
    if SnapshotFile(storage, IDENTITY).room() < size or not put(storage, "snapshot.new", size):
        raise ValueError("no room for a snapshot")
    vfs.umount("/d")
    return kept


def customers(kilobytes, each):
    """How many of ``each`` bytes a snapshot may have that is replaced beside itself while `WORK` records wait, in steps
    of 50."""
    storage = formatted(kilobytes)
    journal = SmallJournal(storage, Clock(), 32768, 131072)
    for number in range(1, WORK + 1):
        journal.append(record(number))
    low, high = 0, 100000 // 50
    while low < high:
        middle = (low + high + 1) // 2
        size = RULES + each * 50 * middle
        fits = put(storage, "snapshot", size) and size <= SnapshotFile(storage, IDENTITY).room()
        fits = fits and put(storage, "snapshot.new", size)
        for name in storage.names():
            if name.startswith("snapshot"):
                storage.remove(name)
        low, high = (middle, high) if fits else (low, middle - 1)
    vfs.umount("/d")
    return 50 * low


def main():
    mean = sum([len(seal(record(number))) for number in range(1, 101)]) // 100
    print(f"a record: {mean} bytes")
    print(
        "| board | files | checkouts of 4.5 lines | beside 5,000 known | of 1 line | customers of 37 | 74 | 182 |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, size in BOARDS:
        known = " | ".join([str(customers(size, each)) for each in CUSTOMER])
        kept = f"{checkouts(size, 0)} | {checkouts(size, 0, MANY)} | {checkouts(size, 1)}"
        print(f"| {name} | {size} KB | {kept} | {known} |")


if __name__ == "__main__":
    main()
