"""What a device remembers for who has to find out from afar what is wrong with it: the last crash, the last lines."""

import io
import sys

_LINES, _LINE, _CRASH = 20, 200, 1000  # what a report has room for
_FILE = "crash"


class Diary:
    """The crash is kept in ``storage`` until the service has it, the lines in RAM; both in ASCII."""

    def __init__(self, storage, say=print):
        self._storage = storage
        self._say = say
        self.lines = []  # that the service does not know
        self.noted = 0  # lines ever
        self.crash = _kept(storage)

    def note(self, line: str) -> None:
        """A line of the log; the oldest one makes room."""
        self.lines = self.lines[1 - _LINES :] + [_plain(line).strip().replace("\n", " ")[:_LINE]]
        self.noted += 1
        try:
            self._say(line)
        except OSError:  # nobody reads the console any more
            pass

    def crashed(self, name: str, error) -> None:
        """``error`` ended the task ``name``; None: it did not beat in time. The same one again writes no flash: a
        device without its display, or one that cannot start, would do so a thousand times a day."""
        told = name + ": " + ("does not beat" if error is None else _traced(error))
        known, self.crash = self.crash, _plain(told).strip()[-_CRASH:]  # the end of a traceback says most
        self.note(self.crash)
        if self.crash == known:
            return
        try:
            self._storage.replace(_FILE, self.crash.encode())
        except (OSError, MemoryError):  # a device that cannot even note why goes on all the same
            pass

    def told(self, crash: str, noted: int) -> None:
        """The service knows of this crash and of the first ``noted`` lines."""
        new = self.noted - noted
        self.lines = self.lines[-new:] if new else []
        if crash and crash == self.crash:
            self.crash = ""
            try:
                self._storage.remove(_FILE)
            except OSError:  # it is told again after the next start
                pass


def _kept(storage) -> str:
    try:
        return storage.read(_FILE).decode()
    except (OSError, ValueError):
        return ""


def _traced(error) -> str:
    """The traceback where the interpreter writes one."""
    if not hasattr(sys, "print_exception"):
        return repr(error)
    written = io.StringIO()
    sys.print_exception(error, written)  # pyright: ignore[reportArgumentType] it is a stream
    return written.getvalue()  # pyright: ignore[reportAttributeAccessIssue] of MicroPython as well


def _plain(text: str) -> str:
    return "".join([one if " " <= one <= "~" or one == "\n" else "?" for one in text])
