"""When flash may be written: while nobody talks on a serial line.

On an RP2040 code runs from flash, and while that is erased (some 45 ms) nothing runs: a UART then keeps 32 bytes and
drops the rest. So a write waits until scanner and printer have finished, which they do by themselves, and the scanner
is asked to wait meanwhile. What it says all the same is not believed (`scanner.Scanner.tear`).
"""


class Quiet:
    """``talkers`` have ``poll``, ``talking``, ``hold`` and ``written``."""

    def __init__(self, talkers: list, ticks_ms, sleep_ms):
        self._talkers = talkers
        self._ticks_ms = ticks_ms
        self._sleep_ms = sleep_ms
        self._depth = 0

    def __enter__(self):
        """Stands still until all are silent. Their lines are read meanwhile."""
        self._depth += 1
        if self._depth == 1:
            for talker in self._talkers:
                talker.hold(True)
            while self._poll():
                self._sleep_ms(1)
        return self

    def __exit__(self, kind, error, trace):
        self._depth -= 1
        if not self._depth:
            now = self._ticks_ms()
            for talker in self._talkers:
                talker.written(now)
                talker.hold(False)
        return False

    def _poll(self) -> bool:
        """Let every talker go on; whether one still talks."""
        now = self._ticks_ms()
        talking = False
        for talker in self._talkers:
            talker.poll(now)
            talking = talker.talking(now) or talking
        return talking


class QuietStorage:
    """`Storage` (`pos_client.ports`) whose every write waits for quiet."""

    def __init__(self, storage, quiet: Quiet):
        self._storage = storage
        self._quiet = quiet
        self.names, self.size = storage.names, storage.size
        self.read, self.open = storage.read, storage.open
        self.free = storage.free

    def append(self, name: str, pieces: list) -> None:
        with self._quiet:
            self._storage.append(name, pieces)

    def replace(self, name: str, data: bytes) -> None:
        with self._quiet:
            self._storage.replace(name, data)

    def rename(self, old: str, new: str) -> None:
        with self._quiet:
            self._storage.rename(old, new)

    def remove(self, name: str) -> None:
        with self._quiet:
            self._storage.remove(name)

    def create(self, name: str):
        with self._quiet:
            return _QuietFile(self._storage.create(name), self._quiet)


class QuietSlots:
    """Slots of a board (`firmware.update.updating`) whose every erase and write waits for quiet."""

    def __init__(self, slots, quiet: Quiet):
        self._slots = slots
        self._quiet = quiet
        self.size, self.read = slots.size, slots.read

    def erase(self, slot: str, offset: int) -> None:
        with self._quiet:
            self._slots.erase(slot, offset)

    def write(self, slot: str, offset: int, data) -> None:
        with self._quiet:
            self._slots.write(slot, offset, data)


class _QuietFile:
    """A new file whose every write waits for quiet."""

    def __init__(self, file, quiet: Quiet):
        self._file = file
        self._quiet = quiet

    def write(self, data) -> int:
        with self._quiet:
            return self._file.write(data)

    def flush(self) -> None:
        with self._quiet:
            self._file.flush()

    def close(self) -> None:
        with self._quiet:
            self._file.close()
