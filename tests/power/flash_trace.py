"""What happened to a flash in a day, in order: programs and erases, and promises between them. For MicroPython.

Promises: a record is kept ("k"), an acknowledgement is under way ("w"), was heard ("a"), a start was numbered ("b"), a
snapshot is in use ("s"); each with its number.
"""

import struct

BATCH = 500  # pairs of cuts, after which a day of hours says how it is
NOTHING = {"k": 0, "a": 0, "w": 0, "b": 0, "s": 0}


class Trace:
    """Operations and promises in a file of the host: a day of them is more than the heap should hold."""

    def __init__(self, path):
        self._file = open(path, "wb")  # noqa: SIM115 closed by `close`
        self.counts = {"p": 0, "e": 0, "bytes": 0}
        self.within = {}  # operations by what is being written
        self.about = ""
        self.before = dict(NOTHING)  # what was promised before
        self.is_on = False

    def __call__(self, operation):
        if not self.is_on:
            return
        data = operation[2] if operation[0] == "p" else b""
        self.counts[operation[0]] += 1
        self.counts["bytes"] += len(data)
        self.within[self.about] = self.within.get(self.about, 0) + 1
        self._file.write(struct.pack("<1sIH", operation[0].encode(), operation[1], len(data)) + data)

    def promised(self, what, number):
        if not self.is_on:
            self.before[what] = number
            return
        self._file.write(struct.pack("<1sIH", what.encode(), number, 0))

    def close(self):
        self._file.close()


def traced(path):
    """Yields the operations and promises of a trace."""
    with open(path, "rb") as file:
        head = file.read(7)
        while head:
            kind, number, length = struct.unpack("<1sIH", head)
            kind = kind.decode()
            yield (kind, number, file.read(length)) if kind == "p" else (kind, number)
            head = file.read(7)


class Noted:
    """A storage that tells a trace what is being written: a file's name up to its first sign that is no letter."""

    def __init__(self, storage, trace):
        self._storage = storage
        self._trace = trace

    def __getattr__(self, name):
        done = getattr(self._storage, name)

        def noted(*rest):
            if rest and name not in ("read", "open", "size"):
                self._trace.about = rest[0].split("-")[0].split(".")[0]
            return done(*rest)

        return noted


def count(found, name, times=1):
    found[name] = found.get(name, 0) + times


def troubles(found):
    return {name: count for name, count in found.items() if name}
