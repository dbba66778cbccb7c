"""A board on a USB cable: a terminal behind which MicroPython runs on flash that is kept in files."""

import os
import pty
import select
import subprocess
import sys
import termios
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILES, ROM = 848 * 1024, 320 * 1024  # of a Pico W
PICO_W = "Rung till on Raspberry Pi Pico W with RP2040"
_READY = b"\x06"
_PROMPT = b">>> "


class Keys:
    """What a PC types, until the board is there to read it: one that comes to its prompt throws away what was typed
    before, but for ctrl-C. In raw REPL (from ctrl-A to ctrl-B) everything is read."""

    def __init__(self, raw: bool) -> None:
        self._raw, self._is_prompted = raw, False
        self._held, self._said = b"", b""

    def typed(self, keys: bytes) -> bytes:
        """What of it the board gets now."""
        self._held += keys
        return self._passed()

    def said(self, words: bytes) -> bytes:
        """The board said something; what it gets now of what was typed before."""
        self._said = (self._said + words)[-len(words) - len(_PROMPT) :]
        self._is_prompted = self._is_prompted or (not self._raw and _PROMPT in self._said)
        return self._passed()

    def _passed(self) -> bytes:
        passed = b""
        while self._held:
            if self._raw:
                keys, end, self._held = self._held.partition(b"\x02")
                self._raw, self._is_prompted, self._said = not end, False, b""
            elif self._is_prompted:
                keys, end, self._held = self._held.partition(b"\x01")
                self._raw = bool(end)
            else:
                keys, end, self._held = self._held.rpartition(b"\x03")
                if not end:
                    break
            passed += keys + end
        return passed


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
        self.said = b""
        self.starts: list[str] = []
        self._outer, slave = pty.openpty()
        self._slave = slave  # kept open: a PC that closes the port must not end the line
        _plain(slave, False)
        self.port = os.ttyname(slave)
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        os.write(self._woken, b"x")
        self._thread.join(30)
        for one in (self._outer, self._slave, self._wake, self._woken):
            os.close(one)

    def rom(self) -> bytes:
        return (self._folder / "romfs.img").read_bytes()

    def flash(self) -> bytes:
        """What somebody with a screwdriver reads of its file system."""
        return (self._folder / "files.img").read_bytes()

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
            if not self._ready(inner, kind) or not self._talk(inner, Keys(raw=kind == "soft")):
                return None
        finally:
            process.kill()
            process.wait()
            os.close(inner)
        if (self._folder / "reset").exists():
            return "cold"
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
            kind == "cold" or (self._swallowed(inner, _PROMPT) and os.write(inner, b"\x01") == 1)
        )

    def _swallowed(self, inner: int, until: bytes) -> bool:
        seen = b""
        while not seen.endswith(until):
            one = self._heard(inner, 1)
            if one is None:
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
                os.write(inner, keys.typed(os.read(self._outer, 1024)))
            if inner in ready:
                said = self._heard(inner, 1024)
                if not said:
                    return said is not None
                self.said += said
                os.write(self._outer, said)
                os.write(inner, keys.said(said))


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
