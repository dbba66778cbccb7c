"""`python -m firmware.emulate IMAGE [-X heapsize=190k]`: MicroPython's unix port as a board with the till in its flash.

On a board MicroPython finds the image in flash, mounts it at /rom and runs its code from there; heap is for data. The
unix port has no flash, so the image is mapped into the process instead, and `uctypes` tells the interpreter where. The
heap is as hard a limit as on the command line of `micropython`, whose function this is. Another MicroPython, such as
Debian's of 32 bits, maps the image by its own `ffi`.
"""

import ctypes
import mmap
import os
import shlex
import sys
from pathlib import Path

from micropython_unix import main as micropython

_MOUNT = """
import os, sys, uctypes, vfs
at, size = [int(number) for number in os.getenv("RUNG_FLASH").split(",")]
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(at, size)), "/rom")
sys.path.insert(0, "/rom")
"""
_MAP = """
import ffi, os, sys, uctypes, vfs
def _mount(path):
    size, libc = os.stat(path)[6], ffi.open("libc.so.6")
    file = libc.func("i", "open", "si")(path, 0)
    at = libc.func("p", "mmap", "piiiii")(0, size, 1, 2, file, 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(at, size)), "/rom")
    sys.path.insert(0, "/rom")
_mount({image!r})
del _mount, ffi
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


def command(micropython: str, image: Path, program: str, *options: str) -> list[str]:
    """What runs a program with the image in flash on the MicroPython that a shell would start by ``micropython``."""
    return [*shlex.split(micropython), *options, "-c", _MAP.format(image=str(image)) + program]


if __name__ == "__main__":
    run(Path(sys.argv[1]), _START, *sys.argv[2:])
