"""What each thing a till keeps costs on littlefs: erases, programs and bytes programmed, as a table. For MicroPython.

``micropython tests/power/flash_cost.py``; the last two rows are other ways to keep records, for comparison.
"""

import sys

import vfs

sys.path.insert(0, ".")

from pos_client.journal import Journal
from tests.power.flash import Flash, blank
from tests.power.flash_day import BLOCKS, Clock, FlashStorage, mount, record


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
    vfs.umount("/d")
    figures = [meter.erases / times, meter.programs / times, meter.bytes / times]
    print(f"| {name} | {program} | {figures[0]:.2f} | {figures[1]:.1f} | {figures[2]:.0f} |")


def journal(storage):
    return Journal(storage, Clock(), 524288, 65536)


def sold(storage):
    kept = journal(storage)
    for number in range(1, 41):
        kept.append(record(number))
    return kept


def append(storage, kept, number):
    kept.append(record(number))


def acknowledge(storage, kept, number):
    kept.acknowledge(number)


def start(storage, kept, number):
    journal(storage)
    storage.replace("boot", str(number).encode())


def alone(storage, kept, number):
    storage.append("r" + str(number), [record(number)])


def ten(storage, kept, number):
    if number % 10 == 0:
        storage.append("r" + str(number), [record(one) for one in range(number - 9, number + 1)])


def main():
    print("| kept | bytes of a page | erases | programs | bytes programmed |")
    print("|---|---|---|---|---|")
    for program in (256, 32):
        cost("a record, in the journal", program, 100, journal, append)
        cost("an acknowledgement", program, 40, sold, acknowledge)
        cost("a start", program, 40, sold, start)
        cost("a record in a file of its own", program, 40, journal, alone)
        cost("a record, ten in a file", program, 100, journal, ten)


if __name__ == "__main__":
    main()
