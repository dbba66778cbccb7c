"""What a device does with an update that somebody offers it: on CPython and on MicroPython, from the first byte.

A case is a dict of plain values and bytes: ``files`` (name -> bytes) of the repository, ``stored`` of the device's
folder, ``now``, ``hardware``, ``device``, ``name`` of the target the service chose or "", ``unsent`` records,
``endless`` (names of files that never end).
"""

import asyncio

from firmware.update import ed25519, updating
from firmware.update.refusal import Refusal

SLOT = 32768


class Folder:
    """`Storage` in a dict."""

    def __init__(self, files):
        self.files = files

    def names(self):
        return list(self.files)

    def read(self, name):
        return self.files[name]

    def replace(self, name, data):
        self.files[name] = data

    def remove(self, name):
        del self.files[name]


class Slots:
    """Two slots of flash in RAM, which clear bits and must be erased first."""

    size = SLOT

    def __init__(self):
        self.data = {"a": bytearray(SLOT), "b": bytearray(SLOT)}

    def erase(self, slot, offset):
        self.data[slot][offset : offset + 4096] = b"\xff" * 4096

    def write(self, slot, offset, data):
        there = self.data[slot]
        for at in range(len(data)):
            there[offset + at] &= data[at]

    def read(self, slot, offset, count):
        return bytes(self.data[slot][offset : offset + count])


class Offered:
    """A repository that hands out what it was given, in small blocks; the files of ``endless`` go on and on."""

    def __init__(self, files, endless):
        self._files = files
        self._endless = endless
        self.given = 0

    async def fetch(self, name, into, most):
        if name not in self._files:
            return False
        data = self._files[name]
        for at in range(0, len(data), 500):
            self.given += 500
            into.write(data[at : at + 500])
        while name in self._endless:
            self.given += 500
            into.write(b" " * 500)
        return True


def judged(case, verify=ed25519.verify):
    """(code of the refusal or "accepted", the device's folder, slots, bytes fetched). Anything else goes through."""
    folder, slots = Folder(dict(case["stored"])), Slots()
    offered = Offered(case["files"], case["endless"])
    board = updating.Board(case["hardware"], case["device"], "a", [1])
    try:
        asyncio.run(_updated(folder, offered, board, slots, case, verify))
        code = "accepted"
    except Refusal as refused:
        code = refused.code
    return code, folder, slots, offered.given


async def _updated(folder, offered, board, slots, case, verify):
    now, name = case["now"], case["name"]
    target = await updating.look(folder, offered, board, now, name, verify=verify)
    await updating.install(folder, offered, board, slots, target, case["unsent"])
