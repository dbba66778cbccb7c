"""Any `Storage` with the N-th thing asked of it failing, reads included, and of a kept file each read and write."""

import errno


class FaultyStorage:
    """``fail_at`` is the number of the call, from 1, that raises ``error`` and ``lasting`` how many in a row do; an
    append that fails has written ``torn`` bytes. A call counts before it does anything."""

    def __init__(self, storage, fail_at=0, number=errno.EIO, lasting=1, torn=0):
        self._storage = storage
        self.calls = 0
        self.fail_at = fail_at
        self._number = number
        self.lasting = lasting
        self._torn = torn

    def obey(self):
        """From now on nothing fails."""
        self.fail_at = 0

    def checked(self, undone=None):
        self.calls += 1
        if self.fail_at and self.fail_at <= self.calls < self.fail_at + self.lasting:
            if undone is not None:
                undone()
            raise OSError(self._number, "injected")

    def names(self):
        self.checked()
        return self._storage.names()

    def size(self, name):
        self.checked()
        return self._storage.size(name)

    def read(self, name):
        self.checked()
        return self._storage.read(name)

    def append(self, name, pieces):
        torn = b"".join(pieces)[: self._torn]
        self.checked(lambda: self._storage.append(name, [torn]))
        self._storage.append(name, pieces)

    def replace(self, name, data):
        self.checked()
        self._storage.replace(name, data)

    def rename(self, old, new):
        self.checked()
        self._storage.rename(old, new)

    def remove(self, name):
        self.checked()
        self._storage.remove(name)

    def free(self):
        self.checked()
        return self._storage.free()

    def open(self, name):
        self.checked()
        return _File(self._storage.open(name), self)

    def create(self, name):
        self.checked()
        return _File(self._storage.create(name), self)


class _File:
    def __init__(self, file, storage):
        self._file = file
        self._storage = storage

    def seek(self, offset):
        return self._file.seek(offset)

    def read(self, size):
        self._storage.checked()
        return self._file.read(size)

    def readinto(self, buffer):
        self._storage.checked()
        return self._file.readinto(buffer)

    def write(self, data):
        self._storage.checked()
        return self._file.write(data)

    def flush(self):
        self._storage.checked()
        return self._file.flush()

    def close(self):
        self._file.close()
