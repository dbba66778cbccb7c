"""What each thing a till keeps costs on littlefs: erases, programs and bytes programmed, as a table. For MicroPython.

``micropython -X heapsize=8M tests/power/flash_cost.py``; the last two rows are other ways to keep
records, for comparison.
"""

import gc
import sys

import vfs

sys.path.insert(0, ".")

from firmware.board.flash import FlashStorage
from pos_client.core.event import seal
from pos_client.core.shop import without_snapshot
from pos_client.journal import Journal
from pos_client.ledger import Ledger
from pos_client.small_journal import SmallJournal
from tests.power.day_records import record
from tests.power.flash import Flash, blank
from tests.power.flash_day import mount
from tests.power.flash_till import Clock

BLOCKS = 212  # of the files of a Pico W


class Meter:
    """Counts operations."""

    def __init__(self):
        self.erases = self.programs = self.bytes = 0

    def __call__(self, operation):
        if operation[0] == "e":
            self.erases += 1
        else:
            self.programs += 1
            self.bytes += len(operation[2])


def cost(name, program, times, prepare, act):
    """Print the mean cost of ``act(storage, prepared, number)``."""
    meter = Meter()
    data = blank(BLOCKS)
    vfs.VfsLfs2.mkfs(Flash(data), progsize=program)
    mount(Flash(data, meter), program, "/d")
    storage = FlashStorage("/d")
    prepared = prepare(storage)
    meter.__init__()
    for number in range(1, times + 1):
        act(storage, prepared, number)
    del prepared
    gc.collect()  # closes what a reader left open, which MicroPython cannot do after the files are gone
    vfs.umount("/d")
    figures = [meter.erases / times, meter.programs / times, meter.bytes / times]
    print(f"| {name} | {program} | {figures[0]:.2f} | {figures[1]:.1f} | {figures[2]:.0f} |")


def small(storage):
    return SmallJournal(storage, Clock(), 32768, 1 << 20)


def large(storage):
    return Journal(storage, Clock(), 524288, 1 << 20)


def sold(storage):
    kept = small(storage)
    for number in range(1, 601):
        kept.append(record(number))
    return kept


def append(storage, kept, number):
    kept.append(record(number))


def append_and_acknowledge(storage, kept, number):
    kept.append(record(number))
    kept.acknowledge(number)


def counted(storage):
    return small(storage), Ledger(without_snapshot(), 512)


def append_and_sum_up(storage, prepared, number):
    """All that a device writes of a sale; of each two entries are counted, a visit and an allowance."""
    kept, ledger = prepared
    append_and_acknowledge(storage, kept, number)
    last = kept.newest
    if last and last[2] == number - 1 and kept.sums.is_due(number - 1, 0, kept.brought):
        kept.sums.keep("5" * 64, 0, last, ledger)
    ledger.extend(b"e" * 38)


def acknowledge(storage, kept, number):
    kept.acknowledge(number)


def start(storage, kept, number):
    small(storage)
    storage.replace("boot", str(number).encode())


def alone(storage, kept, number):
    storage.append("r" + str(number), [seal(record(number))])


def main():
    print("| kept | bytes of a page | erases | programs | bytes programmed |")
    print("|---|---|---|---|---|")
    for program in (256, 32):
        cost("a record", program, 600, small, append)
        cost("a record and its acknowledgement", program, 600, small, append_and_acknowledge)
        cost("a record, its acknowledgement and sums", program, 600, counted, append_and_sum_up)
        cost("an acknowledgement", program, 600, sold, acknowledge)
        cost("a start", program, 40, sold, start)
        cost("a record as a till PC keeps it", program, 100, large, append)
        cost("a record's line in a file of its own", program, 40, large, alone)


if __name__ == "__main__":
    main()
