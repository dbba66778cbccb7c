"""NOR flash in RAM, for MicroPython: blocks of bytes that an erase sets to ones and a program can only clear.

Every program, ``("p", address, data)``, and every erase, ``("e", address)``, is told to ``watch`` before it happens.
"""

BLOCK = 4096


class Flash:
    """A block device as `vfs.VfsLfs2` wants it, over ``data``, a bytearray of whole blocks."""

    def __init__(self, data, watch=None):
        self.data = data
        self._watch = watch

    def readblocks(self, block, buffer, offset=0):
        start = block * BLOCK + offset
        buffer[:] = memoryview(self.data)[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        self._do(("p", block * BLOCK + offset, bytes(buffer)))

    def ioctl(self, request, argument):
        if request == 4:
            return len(self.data) // BLOCK
        if request == 5:
            return BLOCK
        if request == 6:
            self._do(("e", argument * BLOCK))
        return 0

    def _do(self, operation):
        if self._watch:
            self._watch(operation)
        apply(self.data, operation)


def blank(blocks):
    """As a new chip comes."""
    return bytearray(b"\xff" * (blocks * BLOCK))


def apply(data, operation):
    """What an operation does when the power stays. A file system must never program what it did not erase."""
    at = operation[1]
    if operation[0] == "e":
        data[at : at + BLOCK] = b"\xff" * BLOCK
        return
    new = operation[2]
    if data[at : at + len(new)] != b"\xff" * len(new):
        raise ValueError("programmed without an erase")
    data[at : at + len(new)] = new


def tear(data, operation, chance):
    """What an operation does when the power goes in its middle. ``chance(n)`` is a whole number below n.

    A program reaches some bytes whole, one in part, or scattered ones; an erase some of the block, or leaves bits
    between what they were and one.
    """
    at = operation[1]
    size = BLOCK if operation[0] == "e" else len(operation[2])
    new = b"\xff" * BLOCK if operation[0] == "e" else operation[2]
    reached = chance(size)
    scattered = chance(3) == 0
    for index in range(size):
        if chance(2) if scattered else index < reached:
            data[at + index] = new[index]
    old = data[at + reached]
    bits = chance(256)
    data[at + reached] = old | bits if operation[0] == "e" else old & (new[reached] | bits)


class PowerCut(BaseException):
    """The machine stops."""


class Part:
    """Some blocks of a flash, as a block device. Once the power is off, nothing that littlefs still wants happens."""

    def __init__(self, flash, first, count, watch=None):
        self._flash = flash
        self._first = first
        self._count = count
        self._watch = watch

    def readblocks(self, block, buffer, offset=0):
        self._flash.readblocks(self._first + block, buffer, offset)

    def writeblocks(self, block, buffer, offset=0):
        if not self._is_off():
            self._flash.writeblocks(self._first + block, buffer, offset)

    def ioctl(self, request, argument):
        if request == 4:
            return self._count
        if self._is_off():
            return 0
        return self._flash.ioctl(request, argument + self._first if request == 6 else argument)

    def _is_off(self):
        return self._watch is not None and self._watch.is_off


class Cut:
    """Lets some operations happen, tears the next one, and nothing happens after."""

    def __init__(self, data, left, chance):
        self._data = data
        self._left = left
        self._chance = chance
        self.is_off = False

    def __call__(self, operation):
        if self._left == 0:
            tear(self._data, operation, self._chance)
            self.is_off = True
        if self.is_off:
            raise PowerCut()
        self._left -= 1
