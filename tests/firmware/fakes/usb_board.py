"""A board on a USB cable: a terminal behind which MicroPython runs on flash that is kept in files."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILES, ROM = 848 * 1024, 320 * 1024  # of a Pico W
PICO_W = "Rung till on Raspberry Pi Pico W with RP2040"
ESP32_S3 = "Rung till on ESP32-S3 with ESP32S3"
_READY = b"\x06"
_PROMPT = b">>> "
_RAW_PROMPTS = (b"\x04>", b"exit\r\n>")  # after what a program said, and after the greeting


class Keys:
    """What a PC types, kept until the board is there to read it.

    A board throws away what was typed before its prompt, ctrl-C excepted, and before the ``>`` of raw REPL, in which it
    is from ctrl-A to ctrl-B. What it has not read when it starts anew is typed again.
    """

    def __init__(self) -> None:
        self._held = self._unread = self._said = b""
        self._raw = self._is_prompted = False

    def started(self, raw: bool) -> None:
        """The board starts anew."""
        self._held, self._unread, self._said = self._unread + self._held, b"", b""
        self._raw, self._is_prompted = raw, False

    def typed(self, keys: bytes) -> bytes:
        """What of it the board gets now."""
        self._held += keys
        return self._passed()

    def said(self, words: bytes) -> bytes:
        """The board said something; what it gets now of what was typed before."""
        self._said = (self._said + words)[-len(words) - 10 :]
        if not self._raw and _PROMPT in self._said:
            self._is_prompted, self._unread = True, b""
        return self._passed()

    def _passed(self) -> bytes:
        passed = b""
        while self._held and (keys := self._next()):
            passed += keys
        return passed

    def _next(self) -> bytes:
        if self._raw:
            return self._in_raw_repl()
        return self._at_the_prompt() if self._is_prompted else self._while_it_runs()

    def _in_raw_repl(self) -> bytes:
        if self._held.startswith(b"\x02") and self._said.endswith(_RAW_PROMPTS):
            self._raw, self._is_prompted, self._said = False, False, b""
            return self._taken(1)
        return self._taken((self._held + b"\x02").index(b"\x02"))

    def _at_the_prompt(self) -> bytes:
        passed = self._taken((self._held + b"\x01").index(b"\x01") + 1)
        self._raw = passed.endswith(b"\x01")
        return passed

    def _while_it_runs(self) -> bytes:
        passed = self._taken(self._held.rfind(b"\x03") + 1)
        self._unread += passed
        return passed

    def _taken(self, count: int) -> bytes:
        taken, self._held = self._held[:count], self._held[count:]
        return taken


class UsbBoard:
    """``port`` is what a PC opens. What it prints is in ``said``; ``starts`` are its starts, "cold" or "soft".

    The byte ``worn`` of the ROMFS partition reads as 0 whatever is written. ``wifi``: name and key of the Wi-Fi that is
    there, in two lines.

    `close` pulls the plug; a new `UsbBoard` of the same folder is the same board plugged in again.
    """

    def __init__(self, folder: Path, name: str = PICO_W, rom: int = ROM, worn: int = -1, wifi: str = ""):
        self._folder = folder
        self._worn = worn
        folder.mkdir(exist_ok=True)
        for file, size in (("files.img", FILES), ("romfs.img", rom)):
            if not (folder / file).exists():
                (folder / file).write_bytes(b"\xff" * size)
        (folder / "name").write_text(name)
        (folder / "wifi").write_text(wifi)
        self._keys = Keys()
        self.said = b""
        self.starts: list[str] = []
        self._outer, slave = pty.openpty()
        self._slave = slave  # kept open: a PC that closes the port must not end the line
        _plain(slave, False)
        self._line = folder / "port"  # a name that nobody else's line gets once the plug was pulled
        self._line.symlink_to(os.ttyname(slave))
        self.port = str(self._line)
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._line.unlink()
        os.write(self._woken, b"x")
        self._thread.join(30)
        for one in (self._outer, self._slave, self._wake, self._woken):
            os.close(one)

    def rom(self) -> bytes:
        return (self._folder / "romfs.img").read_bytes()

    def flash(self) -> bytes:
        """What somebody with a screwdriver reads of its file system."""
        return (self._folder / "files.img").read_bytes()

    def small_programs(self) -> int:
        """How often flash was programmed by less than a page of 256 bytes."""
        note = self._folder / "small"
        return note.stat().st_size if note.exists() else 0

    def _run(self) -> None:
        kind: str | None = "cold"
        while kind:
            kind = self._life(kind)

    def _life(self, kind: str) -> str | None:
        """One start; the kind of the next, None when the plug was pulled."""
        self.starts.append(kind)
        (self._folder / "reset").unlink(missing_ok=True)
        inner, tty = pty.openpty()
        _plain(tty, True)
        process = self._started(kind, tty)
        os.close(tty)
        try:
            if not self._ready(inner, kind):
                return None
            self._keys.started(raw=kind == "soft")
            if not self._talk(inner, self._keys):
                return None
        finally:
            process.kill()
            process.wait()
            os.close(inner)
        if (self._folder / "reset").exists():
            return "cold"
        if (
            process.returncode == -signal.SIGINT
        ):  # between a program and its prompt, where a board has no such gap
            return "interrupted"
        os.write(self._outer, b"MPY: soft reboot\r\n")
        return "soft"

    def _started(self, kind: str, tty: int) -> subprocess.Popen:
        return subprocess.Popen(
            [
                str(Path(sys.executable).with_name("micropython")),
                "-X",
                "heapsize=8M",
                "-i",
                "tests/firmware/fakes/usb_started.py",
                str(self._folder),
                kind,
                str(self._worn),
            ],
            cwd=ROOT,
            stdin=tty,
            stdout=tty,
            stderr=tty,
            start_new_session=True,
            preexec_fn=_takes_the_terminal,
        )

    def _ready(self, inner: int, kind: str) -> bool:
        """Wait until the board listens; after a soft start it is in raw REPL, as it was before."""
        return self._swallowed(inner, _READY) and (
            kind != "soft" or (self._swallowed(inner, _PROMPT) and os.write(inner, b"\x01") == 1)
        )

    def _swallowed(self, inner: int, until: bytes) -> bool:
        seen = b""
        while not seen.endswith(until):
            one = self._heard(inner, 1)
            if not one:
                return False
            seen += one
        return True

    def _heard(self, inner: int, most: int) -> bytes | None:
        """What the board says next, nothing when it has ended; None when the plug was pulled."""
        ready, _, _ = select.select([inner, self._wake], [], [])
        if self._wake in ready:
            return None
        try:
            return os.read(inner, most)
        except OSError:  # the other end is closed
            return b""

    def _talk(self, inner: int, keys: Keys) -> bool:
        """Carry bytes both ways until the board ends; False when the plug was pulled."""
        while True:
            ready, _, _ = select.select([inner, self._outer, self._wake], [], [])
            if self._wake in ready:
                return False
            if self._outer in ready:
                _type(inner, keys.typed(os.read(self._outer, 1024)))
            if inner in ready:
                said = self._heard(inner, 1024)
                if not said:
                    return said is not None
                self.said += said
                os.write(self._outer, said)
                _type(inner, keys.said(said))


def _type(inner: int, keys: bytes) -> None:
    with suppress(OSError):  # it has ended, as what it says next tells
        os.write(inner, keys)


def _plain(tty: int, interrupts: bool) -> None:
    """No echo, no lines; ctrl-C interrupts what runs, except where MicroPython reads it itself."""
    modes = termios.tcgetattr(tty)
    modes[0], modes[1] = 0, 0
    modes[3] = termios.ISIG if interrupts else 0
    modes[6][termios.VQUIT], modes[6][termios.VSUSP] = b"\0", b"\0"
    termios.tcsetattr(tty, termios.TCSANOW, modes)


def _takes_the_terminal() -> None:
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
