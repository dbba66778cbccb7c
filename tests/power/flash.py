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
