"""A board on a USB cable, by the command line of mpremote, which is stable where its insides are not."""

import glob
import json
import os
import re
import select
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from firmware import usb_programs as programs
from pos_client.claim import Unusable

HARDWARE = (  # what a board calls itself, and the id its images have
    ("Pico 2 W", "rp2-pico-2-w"),
    ("Pico W", "rp2-pico-w"),
    ("ESP32S3", "esp32-s3"),
    ("ESP32-S3", "esp32-s3"),
)
PATIENCE = 30.0  # seconds until a board that starts anew answers
_BLOCK = 4096
_SIGNS = (  # in what mpremote says, and what to do about it
    ("No module named mpremote", "mpremote is missing; the extra `boards` of Rung brings it"),
    ("no device found", "there is no board: plug it in, with a cable that carries data"),
    ("failed to access", "the port cannot be opened: is the board plugged in, does another program use it"),
    ("could not enter raw repl", "this is no MicroPython: flash the board first, docs/hardware.md says how"),
)
_AT = re.compile(r"Writing at offset (\d+)")


class Seen(NamedTuple):
    """What a board says of itself: ``hardware`` as its images call it, or empty; the till it is, or empty; bytes of one
    slot, and bytes free for files; whether it is stopped, because somebody began to make another till of it."""

    machine: str
    hardware: str
    till: str
    slot: int
    free: int
    is_stopped: bool = False


class Usb:
    """``port`` is a device file, or ``auto`` for the first board there is. Raises `Unusable` where nothing answers or a
    command fails, and says which.

    ``deadline`` are seconds for one command; the writing of an image has none, but shows how far it is.
    """

    def __init__(self, port: str = "auto", deadline: float = 300):
        self._port, self._deadline = port, deadline

    def look(self) -> Seen:
        """What is plugged in. A till that runs is interrupted: `pause` or `restart` it soon, its watchdog waits 8 s."""
        told = json.loads(self.run(programs.LOOK))
        found = [name for part, name in HARDWARE if part in told["machine"]]
        slot = told["rom"] // (2 * _BLOCK) * _BLOCK
        hardware = found[0] if found else ""
        return Seen(told["machine"], hardware, told["till"], slot, told["free"], told["stopped"])

    def pause(self, seen: Seen) -> None:
        """Let nothing run until the next start, the watchdog included, which only a start ends."""
        self._started_by(programs.STOP if seen.is_stopped else programs.PAUSE % programs.ONCE)

    def stop(self) -> None:
        """Let nothing run any more, whoever starts it, until it shall `go_on`."""
        self._started_by(programs.STOP)

    def go_on(self, seen: Seen) -> None:
        """Leave the board as it was seen."""
        self._called(
            "exec", "" if seen.is_stopped else programs.BACK, "+", "exec", "--no-follow", programs.RESTART
        )

    def _started_by(self, program: str) -> None:
        """The board, started anew after what a program made of how it starts."""
        self._called("exec", program, "+", "exec", "--no-follow", programs.RESTART)
        self._answered()

    def restart(self) -> None:
        """As if it were plugged in again."""
        self._called("exec", "--no-follow", programs.RESTART)

    def run(self, program: str) -> str:
        """What a program prints on the board."""
        return self._called("exec", program)

    def put(self, files: list[tuple[Path, str]]) -> list[str]:
        """Files from here to there, in their order; the SHA-256 of what is there then."""
        commands: list[tuple[str, ...]] = [
            ("fs", "cp", "-f", str(source), ":" + target) for source, target in files
        ]
        names = [target for _, target in files]
        commands.append(("exec", f"{programs.DIGEST}\nfor name in {names!r}:\n    told(read(name))"))
        said = self._called(*[part for command in commands for part in ("+", *command)][1:])
        return said.split()[-len(names) :]

    def heard(self, seconds: float) -> Iterator[str]:
        """Each line that a till prints for so long, and nothing twice a second: it is only listened to. A board that
        starts anew is gone for a moment, and found again."""
        until, said = time.monotonic() + seconds, b""
        while time.monotonic() < until:
            try:
                line = os.open(self._file(), os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.5)
                yield ""
                continue
            try:
                tty.setraw(line)  # or what it says would be sent back to it
                for piece in _read(line, until):
                    *whole, said = (said + piece).split(b"\n")
                    yield from [one.decode(errors="replace").strip("\x04> \r") for one in whole] or [""]
            finally:
                os.close(line)

    def _file(self) -> str:
        """The port that mpremote takes if it is to choose one. Raises `OSError` where there is none."""
        if self._port != "auto":
            return self._port
        for kind in ("ttyACM", "ttyUSB", "cu.usbmodem"):
            for port in sorted(glob.glob(f"/dev/{kind}*")):
                return port
        raise OSError("no board")

    def get(self, source: str, target: Path) -> None:
        """A file or a folder from there to here."""
        self._called("fs", "cp", "-r", ":" + source, str(target))

    def write_rom(self, image: Path, tell: Callable[[int], None]) -> None:
        """Write an image to where the ROMFS partition begins, which is slot a; ``tell(bytes)`` hears how far it is."""
        size, said = image.stat().st_size, ""
        for piece in self._saying("romfs", "deploy", str(image)):
            said = (said + piece)[-200:]
            for at in _AT.findall(piece):
                tell(min(int(at), size))
        tell(size)

    def rom_digest(self, size: int) -> str:
        """SHA-256 of the first ``size`` bytes of the ROMFS partition."""
        return self.run(programs.DIGEST + programs.ROM_DIGEST % size).strip()

    def _answered(self) -> None:
        """Wait for a board that starts anew: its port is gone for a moment."""
        until = time.monotonic() + PATIENCE
        while True:
            time.sleep(0.5)
            try:
                self.run("print()")
                return
            except Unusable:
                if time.monotonic() > until:
                    raise

    def _called(self, *command: str) -> str:
        try:
            ended = subprocess.run(
                self._line(command), capture_output=True, text=True, check=False, timeout=self._deadline
            )
        except subprocess.TimeoutExpired:
            raise Unusable("the board does not answer any more: pull its cable, plug it in again") from None
        if ended.returncode:
            raise Unusable(_why(ended.stdout + ended.stderr))
        return ended.stdout

    def _saying(self, *command: str) -> Iterator[str]:
        """What mpremote prints while it works; it ends lines that are written over with carriage returns."""
        with subprocess.Popen(
            self._line(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        ) as process:
            assert process.stdout
            said = ""
            while piece := process.stdout.readline():
                said = (said + piece)[-2000:]
                yield piece
        if process.returncode:
            raise Unusable(_why(said))

    def _line(self, command: tuple[str, ...]) -> list[str]:
        """``resume``: no soft reset, which would run boot.py and leave a watchdog as it was."""
        return [sys.executable, "-u", "-m", "mpremote", "connect", self._port, "resume", *command]


def _read(line: int, until: float) -> Iterator[bytes]:
    """What comes, and nothing twice a second, until the port is gone."""
    while time.monotonic() < until:
        ready, _, _ = select.select([line], [], [], 0.5)
        try:
            piece = os.read(line, 1024) if ready else b""
        except OSError:
            return
        if ready and not piece:
            return
        yield piece


def _why(said: str) -> str:
    """The last line of what mpremote said, in words for who plugged the board in."""
    last = ([""] + [line.strip() for line in said.splitlines() if line.strip()])[-1]
    for sign, words in _SIGNS:
        if sign in said:
            return f"{words} ({last})"
    return f"the board refused: {last}"


def json_bytes(value: Any) -> bytes:
    """A file of a board."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True).encode()
