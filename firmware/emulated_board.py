"""`python -m firmware.emulated_board FOLDER [-X heapsize=190k]`: a board with two slots that starts again as boards do.

``FOLDER`` is all that a board keeps: ``slot-a`` and ``slot-b``, mapped as flash is, ``update``, ``till``. Each start
runs `boot.py` and then what it chose; the end of the program, whatever it is, is a reset. A watchdog that was started
and is not fed resets as well: its time is the processor's, so that a busy machine starves nobody. A kill is a power
cut.
"""

import ctypes
import mmap
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from micropython_unix import main as micropython

SLOT = 163840  # bytes, as `firmware.board.host` has them
RESET = 75  # the exit status of who asks for it
WATCHDOG_SECONDS = 8.3
_LONGEST_PAUSE = 20  # times as long for a program that waits instead of computing
_DIES_WITH_PARENT = 1  # of prctl(2)
_PROGRAM = """
import os, sys, uctypes, vfs
sys.path.insert(0, os.getenv("RUNG_BOOT"))
import boot
del sys.path[0]
sys.path.insert(0, "/rom")
def mount(slot):
    try:
        vfs.umount("/rom")
    except OSError:
        pass
    at = [int(place) for place in os.getenv("RUNG_FLASH").split(",")]["ab".find(slot)]
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(at, %d)), "/rom")
slot = boot.start(os.getenv("RUNG_DATA") + "/update", mount, open(os.getenv("RUNG_WATCHDOG"), "w").close)
import rung
rung.main(slot)
"""


def start(folder: Path, options: list[str]) -> None:
    """One life of the board, in this process; never returns."""
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    flash = [_mapped(folder / ("slot-" + slot)) for slot in "ab"]
    os.environ["RUNG_FLASH"] = ",".join(
        str(ctypes.addressof(ctypes.c_char.from_buffer(one))) for one in flash
    )
    os.environ.update(RUNG_BOOT=str(Path(__file__).parent), RUNG_DATA=str(folder))
    os.environ["RUNG_WATCHDOG"] = str(folder / "fed")
    sys.argv = ["micropython", *(options or ["-X", "heapsize=190k"]), "-c", _PROGRAM % SLOT]
    sys.exit(micropython())


def _mapped(path: Path) -> mmap.mmap:
    """A slot's file, of a slot's size; what is written to the file is in the map."""
    with open(path, "a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.write(b"\xff" * (SLOT - size))
        file.flush()
        return mmap.mmap(file.fileno(), SLOT)


class Life:
    """One start of the board as a process of its own, watched by its watchdog."""

    def __init__(self, folder: Path, options: list[str], seconds: float):
        self._fed = folder / "fed"
        self._fed.unlink(missing_ok=True)
        command = (sys.executable, "-m", "firmware.emulated_board", "--life", str(folder), *options)
        self._process = subprocess.Popen(command)
        self._seconds = seconds
        self._seen: tuple[int, float, float] = (0, 0.0, 0.0)

    def lived(self) -> str:
        """What ended it: "reset", "starved" by its watchdog, or how its program ended."""
        while (status := self._process.poll()) is None:
            if self._starves():
                self._process.kill()
                self._process.wait()
                return "starved"
            time.sleep(0.05)
        return "reset" if status == RESET else f"ended with {status}"

    def _starves(self) -> bool:
        if not self._fed.exists():
            return False
        fed, used, now = self._fed.stat().st_mtime_ns, _processor_seconds(self._process.pid), time.monotonic()
        if fed != self._seen[0]:
            self._seen = (fed, used, now)
        hungry, waited = used - self._seen[1], now - self._seen[2]
        return hungry > self._seconds or waited > _LONGEST_PAUSE * self._seconds


def _processor_seconds(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: list[str]) -> None:
    """Lives, one after another, until it is killed."""
    if arguments[:1] == ["--life"]:
        start(Path(arguments[1]), arguments[2:])
    folder = Path(arguments[0])
    seconds = float(os.environ.get("RUNG_WATCHDOG_SECONDS", WATCHDOG_SECONDS))
    while True:
        print("board: on", flush=True)
        print("board:", Life(folder, arguments[1:], seconds).lived(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
