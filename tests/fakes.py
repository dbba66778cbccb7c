"""Real fakes: a machine in memory whose storage can fail, tear a write and lose power, and whose clock is a hand."""

import errno
import io


class PowerCut(BaseException):
    """The machine stopped in the middle; not an `Exception`, so that nothing of the till lives on."""


class MemoryStorage:
    """`Storage` in a dict. ``files`` is the medium and survives a `restarted` machine.

    ``fail_at``: the number of the write operation (append, replace, rename, remove, create, write; from 1) that
    fails, ``error`` what it raises, ``torn`` how many bytes of an append or write still reach the medium.
    ``room``: bytes the medium holds before it is full.
    """

    def __init__(self, files=None):
        self.files = {} if files is None else files
        self.operations = 0
        self.fail_at = 0
        self.error = PowerCut()
        self.torn = 0
        self.room = 1 << 30

    def restarted(self):
        """The same medium in a machine that has just been switched on, with nothing failing."""
        return MemoryStorage(self.files)

    def names(self):
        return sorted(self.files, reverse=True)

    def size(self, name):
        return len(self._file(name))

    def read(self, name):
        return bytes(self._file(name))

    def open(self, name):
        return io.BytesIO(self.read(name))

    def append(self, name, pieces):
        fails = self._counts_down()
        file = self.files.setdefault(name, bytearray())
        self._put(file, b"".join(pieces), fails)

    def replace(self, name, data):
        if self._counts_down():
            raise self.error
        self._take_room(len(data))
        self.files[name] = bytearray(data)

    def rename(self, old, new):
        if self._counts_down():
            raise self.error
        self.files[new] = self._file(old)
        del self.files[old]

    def remove(self, name):
        if self._counts_down():
            raise self.error
        self._file(name)
        del self.files[name]

    def create(self, name):
        if self._counts_down():
            raise self.error
        self.files[name] = bytearray()
        return _Writing(self, self.files[name])

    def free(self):
        return self._free()

    def _file(self, name):
        if name not in self.files:
            raise OSError(errno.ENOENT, name)
        return self.files[name]

    def _counts_down(self):
        self.operations += 1
        return self.operations == self.fail_at

    def _put(self, file, data, fails):
        if fails:
            file.extend(data[: self.torn])
            raise self.error
        free = self._free()
        file.extend(data[:free])
        if free < len(data):
            raise OSError(errno.ENOSPC, "the medium is full")

    def _take_room(self, size):
        if self._free() < size:
            raise OSError(errno.ENOSPC, "the medium is full")

    def _free(self):
        return max(0, self.room - sum(len(file) for file in self.files.values()))


class _Writing:
    def __init__(self, storage, file):
        self._storage = storage
        self._file = file

    def write(self, data):
        self._storage._put(self._file, data, self._storage._counts_down())

    def flush(self):
        pass

    def close(self):
        pass


class HandClock:
    """`Clock` that moves only when told to."""

    def __init__(self, now=1_795_000_000, monotonic_ms=0):
        self._now = now
        self._monotonic_ms = monotonic_ms

    def monotonic_ms(self):
        return self._monotonic_ms

    def now(self):
        return self._now

    def forward(self, seconds=0, milliseconds=0):
        """Lets time pass; a clock that does not know the date goes on not knowing it."""
        passed = seconds * 1000 + milliseconds
        self._monotonic_ms += passed
        if self._now is not None:
            self._now += passed // 1000
