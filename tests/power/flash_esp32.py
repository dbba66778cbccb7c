"""What a record costs on an ESP32, whose MicroPython mounts files by pages of 32 bytes. Runs under MicroPython.

``micropython -X heapsize=64M tests/power/flash_esp32.py``: the files are littlefs's on emulated flash, formatted and
mounted as the port does it, then mounted again by the board's own module; 600 records are kept and acknowledged, with a
start in between after each 100, at which `boot.py` writes as the port has mounted them. Prints JSON: erases a record
with the board's pages, and with the port's.
"""

import json
import sys

import vfs

sys.path.insert(0, ".")

from pos_client.small_journal import SmallJournal
from tests.firmware.fakes.hardware import Machine, Network
from tests.power.day_records import record
from tests.power.flash import Flash, blank
from tests.power.flash_cost import Meter
from tests.power.flash_till import Clock

BLOCKS = 1408  # of the files of an ESP32-S3
PORTS_PAGE = 32
RECORDS, STARTS = 600, 6


class Esp32:
    """The module of the port, over one partition."""

    def __init__(self, files):
        class Partition:
            TYPE_DATA = 1

            @staticmethod
            def find(kind, label):
                return [files] if (kind, label) == (1, "vfs") else []

        self.Partition = Partition


def erases(board, remount, files, meter):
    """Of a record, over all of them."""
    vfs.VfsLfs2.mkfs(files)
    meter.__init__()
    for start in range(STARTS):
        vfs.mount(vfs.VfsLfs2(files, progsize=PORTS_PAGE), "/")
        board.kept().replace("trial", b"6 1")
        remount()
        sold(board.storage("till-1"), start * RECORDS // STARTS)
        vfs.umount("/")
    return meter.erases / RECORDS


def sold(storage, after):
    """Raises `AssertionError` where what was kept is not there."""
    journal = SmallJournal(storage, Clock(), 32768, 131072)
    assert journal.next_sequence == after + 1
    for number in range(after + 1, after + 1 + RECORDS // STARTS):
        journal.append(record(number))
        journal.acknowledge(number)


def main():
    meter = Meter()
    files = Flash(blank(BLOCKS), meter)
    sys.modules["machine"], sys.modules["network"], sys.modules["esp32"] = Machine, Network, Esp32(files)
    from firmware.board import esp32 as board

    vfs.umount("/")
    told = {"board": erases(board, board.remount, files, meter)}
    told["port"] = erases(board, lambda: None, files, meter)
    print(json.dumps(told))


main()
