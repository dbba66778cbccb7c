"""A board that is no till any more: its unsent records are saved, then its flash is erased, block by block."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from firmware.provisioning import Tell
from firmware.usb import Usb
from pos_client.claim import Unusable
from pos_client.desktop import FolderStorage
from pos_client.small_journal import SmallJournal

_ERASE = """
import os, vfs
try:
    import rp2
    flash = rp2.Flash()
except ImportError:
    import esp32
    flash = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")[0]
os.chdir("/")
vfs.umount("/")
for block in range(flash.ioctl(4, 0)):
    flash.ioctl(6, block)
vfs.VfsLfs2.mkfs(flash)
vfs.mount(vfs.VfsLfs2(flash), "/")
"""


class Emptied(NamedTuple):
    """How many records the service may lack, and where they are now: a folder for `RUNG_DATA`, or None without any."""

    unsent: int
    kept: Path | None


def empty(usb: Usb, name: str, rescue: Path, tell: Tell) -> Emptied:
    """Save what the till ``name`` has not sent into the new folder ``rescue``, and leave nothing of it on its board.
    Raises `Unusable`, for instance where another till is plugged in, which then goes on."""
    if rescue.exists():
        raise Unusable(f"{rescue} is there already: name another folder with --rescue")
    tell("looking at the board", 0, 1)
    seen = usb.look()
    if seen.till != name:
        usb.restart()  # it was interrupted
        raise Unusable(f"this board is {seen.till or 'no till'}, not {name}")
    tell("stopping what runs on it", 0, 1)
    usb.stop()
    tell("saving its records", 0, 1)
    unsent = _saved(usb, rescue)
    tell("erasing its flash", 0, 1)
    usb.run(_ERASE)
    return Emptied(unsent, rescue if unsent else None)


def _saved(usb: Usb, rescue: Path) -> int:
    """The number of unsent records; where there are some, ``rescue`` holds them as `rung till` does."""
    with tempfile.TemporaryDirectory(prefix="rung-board-") as folder:
        till = Path(folder) / "till"
        usb.get("/till", till)
        usb.get("/secret/till.json", till / "till.json")
        unsent = sum(_unsent(one) for one in till.iterdir() if one.is_dir())
        if unsent:
            rescue.mkdir(mode=0o700, parents=True)
            shutil.copytree(till, rescue / "till")
            (rescue / "till" / "till.json").chmod(0o600)
    return unsent


def _unsent(folder: Path) -> int:
    journal = SmallJournal(FolderStorage(folder))
    journal.gather()  # `rung till` is going to send them
    return journal.health()["depth"]
