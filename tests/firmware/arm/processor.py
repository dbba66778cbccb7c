"""A Pico's processor in QEMU, an instruction each 8 ns, so that time there is a count of instructions: MicroPython as
`requirements/arm.sh` builds it. It has no pins, no network and no `time`; what it runs is given those that it wants."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from firmware.romfs import image

ELF = Path(__file__).resolve().parents[3] / "build" / "arm" / "built" / "firmware.elf"
MISSING = (
    ""
    if ELF.exists() and shutil.which("qemu-system-arm")
    else "no MicroPython for a Pico's processor: make arm builds it"
)
_ROM, _RAM = 0x21000000, 0x21800000  # in the memory of the machine that MicroPython does not use
_RAW, _END = b"\x01", b"\x04"  # of MicroPython's raw REPL
_GIVEN = Path(__file__).with_name("given.py")


class Failed(Exception):
    """The program raised: its traceback."""


def run(program: str, files: Path) -> str:
    """What ``program`` prints, with ``files`` in ``/rom`` and an empty ``/``. Raises `Failed`."""
    with tempfile.TemporaryDirectory(prefix="rung-arm-") as scratch:
        rom = Path(scratch) / "rom"
        rom.write_bytes(image(files))
        given = f"{_GIVEN.read_text()}\ngive({_ROM}, {rom.stat().st_size}, {_RAM})\n"
        printed, raised = _answered(_started(rom), (given + program).encode())
    if raised:
        raise Failed(raised)
    return printed


def _started(rom: Path) -> subprocess.Popen[bytes]:
    machine = ["-machine", "mps2-an385", "-icount", "shift=3"]  # 2 ** 3 ns
    quiet = ["-nographic", "-semihosting", "-monitor", "none", "-serial", "stdio"]
    loaded = ["-kernel", str(ELF), "-device", f"loader,file={rom},addr={_ROM:#x},force-raw=on"]
    return subprocess.Popen(
        ["qemu-system-arm", *machine, *quiet, *loaded], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _answered(qemu: subprocess.Popen[bytes], source: bytes) -> tuple[str, str]:
    """What it prints, and with what exception it ends: none is ''."""
    assert qemu.stdin and qemu.stdout
    try:
        qemu.stdin.write(_RAW + source + _END)
        qemu.stdin.flush()
        told = b""
        while told.count(_END) < 2:
            told += qemu.stdout.read1(4096) or _stopped(told)
    finally:
        qemu.kill()
        qemu.communicate()
    printed, raised, _ = told.decode().replace("\r", "").split("\x04", 2)
    return printed.partition("OK")[2], raised


def _stopped(told: bytes) -> bytes:
    raise Failed(told.decode(errors="replace") + "\nthe emulator stopped")
