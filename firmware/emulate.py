"""`python -m firmware.emulate IMAGE [-X heapsize=190k]`: MicroPython's unix port as a board with the till in its flash.

On a board MicroPython finds the image in flash, mounts it at /rom and runs its code from there; heap is for data. The
unix port has no flash, so the image is mapped into the process instead, and `uctypes` tells the interpreter where. The
heap is as hard a limit as on the command line of `micropython`, whose function this is.
"""

import ctypes
import mmap
import os
import sys
from pathlib import Path

from micropython_unix import main as micropython

_MOUNT = """
import os, sys, uctypes, vfs
at, size = [int(number) for number in os.getenv("RUNG_FLASH").split(",")]
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(at, size)), "/rom")
sys.path.insert(0, "/rom")
"""
_START = """
import rung
rung.main()
"""


def run(image: Path, program: str, *options: str) -> None:
    """Run a program with the image in flash, in this process, and never return; ``options`` are MicroPython's own."""
    size = image.stat().st_size
    with image.open("rb") as file:
        flash = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    os.environ["RUNG_FLASH"] = f"{ctypes.addressof(ctypes.c_char.from_buffer(flash))},{size}"
    sys.argv = ["micropython", *(options or ["-X", "heapsize=190k"]), "-c", _MOUNT + program]
    sys.exit(micropython())


if __name__ == "__main__":
    run(Path(sys.argv[1]), _START, *sys.argv[2:])
