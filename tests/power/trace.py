"""What a program really asked of the disk: its writes, truncations, flushes and changes of names, in order, by strace.

An operation is a tuple: ``("new", name, inode)``, ``("write", inode, offset, data)``, ``("size", inode, size)``,
``("flush", inode)``, ``("flush names",)``, ``("rename", old, new)``, ``("remove", name)`` or ``("said", text)``.
An inode is a number given here, so that a name may come to mean another file. What the program writes to its standard
error is what it ``said``: a promise it gave at that moment.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_CALLS = (
    "open,openat,creat,close,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,ftruncate,truncate,"
    "fallocate,rename,renameat,renameat2,link,linkat,unlink,unlinkat"
)
_KNOWN = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate")
_LINE = re.compile(rb"^(\d+) +(.*)$")
_CALL = re.compile(rb"^(\w+)\((.*)\) += (-?\d+|\?)")
_TEXT = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')


def needed() -> None:
    """Skips a test, saying why, where no process may watch another one."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed: requirements/strace.sh")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip("this system lets no process be traced")


def traced(program: list[str], folder: Path, log: Path, files=("*",)) -> tuple[dict, list]:
    """Run ``python -m program...`` and give ({name: bytes} of ``folder`` before it ran, what it did there)."""
    before = contents(folder, files)
    command = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-xx",
        "-s",
        "100000000",
        "-o",
        str(log),
        "-e",
        "trace=" + _CALLS,
    ]
    run = subprocess.run([*command, sys.executable, "-m", *program], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    operations = Reader(folder, list(before), files).read(log)
    return before, operations


def contents(folder: Path, files=("*",)) -> dict[str, bytes]:
    """The files of a folder that match one of ``files``."""
    found = [path for path in sorted(folder.iterdir()) if path.is_file()]
    return {path.name: path.read_bytes() for path in found if any(path.match(pattern) for pattern in files)}


class Reader:
    """Makes operations of strace's lines. ``known`` are the names that are there, inode 0 and on in their order."""

    def __init__(self, folder: Path, known: list[str], files) -> None:
        self._folder = str(folder)
        self._files = files
        self._inodes = {name: number for number, name in enumerate(known)}
        self._count = len(known)
        self._opened: dict[int, list] = {}  # descriptor -> [inode or None for the folder, position, appends]
        self._begun: dict[bytes, bytes] = {}
        self._out: list[tuple] = []
        self._sizes: dict[int, int] = {
            number: (folder / name).stat().st_size if (folder / name).exists() else 0
            for name, number in self._inodes.items()
        }

    def read(self, log: Path) -> list[tuple]:
        with log.open("rb") as lines:
            for line in lines:
                matched = _LINE.match(line)
                if matched:
                    self._line(matched[1], matched[2])
        return self._out

    def _line(self, process: bytes, text: bytes) -> None:
        if text.endswith(b"<unfinished ...>"):
            self._begun[process] = text[: -len(b"<unfinished ...>")].rstrip()
            return
        if text.startswith(b"<... "):
            text = self._begun.pop(process) + text.partition(b" resumed>")[2]
        called = _CALL.match(text)
        if called and called[3] != b"?" and int(called[3]) >= 0:
            self._call(called[1].decode(), called[2], int(called[3]))

    def _call(self, name: str, arguments: bytes, result: int) -> None:
        texts = [bytes.fromhex(one.decode().replace("\\x", "")) for one in _TEXT.findall(arguments)]
        if name in ("open", "openat", "creat"):
            self._open(texts[0].decode(), arguments, result)
        elif name == "rename":
            self._rename(texts[0].decode(), texts[1].decode())
        elif name == "unlink":
            self._remove(texts[0].decode())
        elif arguments[:1].isdigit():
            numbers = arguments.split(b", ")
            self._on(name, int(numbers[0]), texts, numbers[-1], result)

    def _on(self, name: str, descriptor: int, texts: list[bytes], last: bytes, result: int) -> None:
        if name == "close":
            self._opened.pop(descriptor, None)
        elif descriptor == 2 and name == "write":
            self._out.append(("said", texts[0].decode()))
        elif descriptor in self._opened:
            assert name in _KNOWN, name + " is not understood here"
            self._change(name, self._opened[descriptor], texts, last, result)

    def _change(self, name: str, opened: list, texts: list[bytes], last: bytes, result: int) -> None:
        inode = opened[0]
        if name in ("fsync", "fdatasync"):
            self._out.append(("flush names",) if inode is None else ("flush", inode))
        elif name == "ftruncate":
            self._sized(inode, int(last))
        else:
            offset = int(last) if name == "pwrite64" else self._sizes[inode] if opened[2] else opened[1]
            self._out.append(("write", inode, offset, texts[0][:result]))
            self._sizes[inode] = max(self._sizes[inode], offset + result)
            if name == "write":
                opened[1] = offset + result

    def _open(self, path: str, arguments: bytes, descriptor: int) -> None:
        self._opened.pop(descriptor, None)
        name = self._name(path)
        if path == self._folder:
            self._opened[descriptor] = [None, 0, False]
        if name is None or not (name in self._inodes or b"O_CREAT" in arguments):
            return
        if name not in self._inodes:
            self._inodes[name] = self._count
            self._sizes[self._count] = 0
            self._out.append(("new", name, self._count))
            self._count += 1
        inode = self._inodes[name]
        if b"O_TRUNC" in arguments and self._sizes[inode]:
            self._sized(inode, 0)
        self._opened[descriptor] = [inode, 0, b"O_APPEND" in arguments]

    def _sized(self, inode: int, size: int) -> None:
        self._sizes[inode] = size
        self._out.append(("size", inode, size))

    def _rename(self, old: str, new: str) -> None:
        before, after = self._name(old), self._name(new)
        if before in self._inodes:
            self._inodes[after] = self._inodes.pop(before)
            self._out.append(("rename", before, after))

    def _remove(self, path: str) -> None:
        name = self._name(path)
        if self._inodes.pop(name, None) is not None:
            self._out.append(("remove", name))

    def _name(self, path: str) -> str | None:
        """The name in the watched folder, if it is a file of interest."""
        place = Path(path)
        is_here = str(place.parent) == self._folder and any(place.match(pattern) for pattern in self._files)
        return place.name if is_here else None
