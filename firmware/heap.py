"""`python -m firmware.heap FOLDER`: what the till in a folder made by `firmware.build` takes of a device's heap.

The first line tells what is in use after ``import rung``, the second how many names there are: MicroPython's table of
them has room for 620, and one more costs 7 KB. Then the bytes of compiled code by file, and what each global is alone
in holding, the largest first. ``--json`` writes the same as a budget, which a test compares with the next build;
``--micropython COMMAND`` asks another MicroPython, for instance one of 32 bits.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from firmware import emulate

_WEIGH = """
import gc, micropython
def used():
    gc.collect()
    return gc.mem_alloc()
before = used()
import rung
print("imported", used() - before)
micropython.qstr_info()
for name in list(rung.__dict__):
    if not name.startswith("__"):
        before = used()
        delattr(rung, name)
        print("global", before - used(), name)
"""
_RUN = """
import pathlib, sys
from firmware.emulate import run
run(pathlib.Path(sys.argv[1]), sys.argv[2], "-X", "heapsize=1M")
"""


class Heap(NamedTuple):
    """Bytes after the import, the number of names, bytes by global, largest first, and bytes of `.mpy` by file."""

    imported: int
    names: int
    globals: list[tuple[int, str]]
    code: dict[str, int]

    def __str__(self) -> str:
        lines = [f"{self.imported} bytes after the import", f"{self.names} names"]
        lines += [f"{sum(self.code.values())} bytes of code: {self.code}"]
        return "\n".join(lines + [f"{size:6} {name}" for size, name in self.globals[:40]])


def weighed(folder: Path, micropython: str = "") -> Heap:
    """The heap of the till in ``folder``. Raises `CalledProcessError` where MicroPython does not run it."""
    flash = folder / "rung.romfs"
    command: list = [sys.executable, "-c", _RUN, flash, _WEIGH]
    if micropython:
        command = emulate.command(micropython, flash, _WEIGH, "-X", "heapsize=1M")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = dict([line.split("\t") for line in (folder / "names.txt").read_text().splitlines()])
    found = re.findall(r"^global (\d+) (\S+)$", said, re.MULTILINE)
    by_global = sorted([(int(size), str(names.get(name, name))) for size, name in found], reverse=True)
    imported, count = (int(re.findall(rf"{label}\D?(\d+)", said)[0]) for label in ("imported", "n_qstr"))
    code = {path.name: path.stat().st_size for path in sorted((folder / "files").glob("*.mpy"))}
    return Heap(imported, count, by_global, code)


def grown(heap: Heap, budget: dict) -> str:
    """What takes more than in a budget, the most grown first."""
    before = {**budget["globals"], **budget["code"]}
    now = {**{name: size for size, name in heap.globals}, **heap.code}
    more = sorted([(size - before.get(name, 0), name) for name, size in now.items()], reverse=True)
    return "\n".join([f"+{size} {name}" for size, name in more if size > 0])


if __name__ == "__main__":
    other = sys.argv[sys.argv.index("--micropython") + 1] if "--micropython" in sys.argv else ""
    found = weighed(Path(sys.argv[1]), other)
    told = {"imported": found.imported, "names": found.names, "code": found.code}
    told["globals"] = dict(sorted([(name, size) for size, name in found.globals if size >= 64]))
    print(json.dumps(told, indent=1) if "--json" in sys.argv else found)
