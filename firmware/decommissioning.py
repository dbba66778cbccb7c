"""A board that is no till any more: its unsent records are saved, then its flash is erased, block by block."""

import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from firmware.provisioning import Tell, only_read
from firmware.usb import Seen, Usb
from pos_client import starting
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


Holds = Callable[
    [str, int], int
]  # up to which record of a device and epoch the service has all; 0 if nobody knows


class Emptied(NamedTuple):
    """How many records the service may lack, and where they are now: a folder for `RUNG_DATA`, or None without any;
    ``late`` of them are of enrolments before the last, which `rung till` does not send."""

    unsent: int
    kept: Path | None
    late: int = 0


def empty(usb: Usb, name: str, rescue: Path, tell: Tell, holds: Holds) -> Emptied:
    """Save what the till ``name`` has not sent into the new folder ``rescue``, and leave nothing of it on its board.
    Raises `Unusable`, for instance where another till is plugged in, which then goes on."""
    if rescue.exists():
        raise Unusable(f"{rescue} is there already: name another folder with --rescue")
    tell("looking at the board", 0, 1)
    seen = usb.look()
    if seen.till != name:
        usb.restart()  # it was interrupted
        raise Unusable(f"this board is {seen.till or 'no till'}, not {name}")
    tell("saving its records", 0, 1)
    emptied = _saved(usb, seen, rescue, holds)
    tell("erasing its flash", 0, 1)
    try:
        usb.run(_ERASE)
    except Unusable as failed:
        raise Unusable(
            f"{failed}. The flash of {name} is erased in part, and it is no till any more. {_where(emptied)}. What is"
            f" left on it is worth nothing after `rung device revoke {name}`"
        ) from failed
    return emptied


def _saved(usb: Usb, seen: Seen, rescue: Path, holds: Holds) -> Emptied:
    """What the board has not sent is in ``rescue``. Raises `Unusable`; the till goes on then."""
    with tempfile.TemporaryDirectory(prefix="rung-board-") as folder:
        till = Path(folder) / "till"
        try:
            usb.pause(seen)
            waiting = _waiting(usb, till, holds)
        except Unusable as failed:
            with suppress(Unusable):
                usb.go_on(seen)
            raise Unusable(f"{failed}. {only_read(seen)}") from failed
        unsent = sum(waiting.values())
        if unsent:
            rescue.mkdir(mode=0o700, parents=True)
            shutil.copytree(till, rescue / "till")
            (rescue / "till" / "till.json").chmod(0o600)
        return Emptied(unsent, rescue if unsent else None, unsent - waiting.get(_folder(till), 0))


def _where(emptied: Emptied) -> str:
    if emptied.kept is None:
        return "The service has all of its records"
    return f"The {emptied.unsent} records that it had not sent are in {emptied.kept}: send them first"


def unsent(usb: Usb, holds: Holds) -> int:
    """How many records of the till that is plugged in, and stopped, the service may lack."""
    with tempfile.TemporaryDirectory(prefix="rung-board-") as folder:
        return sum(_waiting(usb, Path(folder) / "till", holds).values())


def _waiting(usb: Usb, till: Path, holds: Holds) -> dict[str, int]:
    """Unsent records by the folder of their enrolment. All of it, and the identity, is in the new folder ``till``."""
    if usb.run("import os; print('till' in os.listdir('/'))").strip() == "True":
        usb.get("/till", till)
    else:  # it never ran
        till.mkdir()
    usb.get("/secret/till.json", till / "till.json")
    return {one.name: _unsent(one, holds) for one in till.iterdir() if one.is_dir()}


def _folder(till: Path) -> str:
    return starting.folder(json.loads((till / "till.json").read_text()))


def _unsent(folder: Path, holds: Holds) -> int:
    """A till notes what was acknowledged now and then only, so the service knows better."""
    journal = SmallJournal(FolderStorage(folder))
    journal.gather()  # `rung till` is going to send them
    device, _, epoch = folder.name.rpartition("-")
    return max(0, journal.next_sequence - 1 - max(journal.acknowledged, holds(device, int(epoch))))
