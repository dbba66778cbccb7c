"""MicroPython, on the emulated processor, before any program of it: what QEMU has not, and where files lie.

The text of this file is typed into the REPL, and a call of `give` after it.
"""

import sys

import machine
import uctypes
import vfs

BLOCKS, BLOCK = 1024, 512
COUNTER = 0x40000000  # a timer of the machine: it counts down 25 times a microsecond


class Nothing:
    """In place of a module that is imported and not asked for anything."""


class Time:
    def __init__(self):
        machine.mem32[COUNTER + 8] = machine.mem32[COUNTER + 4] = 0xFFFFFFFF
        machine.mem32[COUNTER] = 1

    def ticks_us(self):
        return (0xFFFFFFFF - machine.mem32[COUNTER + 4]) // 25

    def ticks_ms(self):
        return self.ticks_us() // 1000

    def ticks_diff(self, late, early):
        return late - early


class Memory:
    """A block device for littlefs."""

    def __init__(self, address):
        self._bytes = uctypes.bytearray_at(address, BLOCKS * BLOCK)

    def readblocks(self, block, into, offset=0):
        at = block * BLOCK + offset
        into[:] = self._bytes[at : at + len(into)]

    def writeblocks(self, block, data, offset=0):
        at = block * BLOCK + offset
        self._bytes[at : at + len(data)] = data

    def ioctl(self, asked, argument):
        return {4: BLOCKS, 5: BLOCK}.get(asked, 0)


def give(rom, size, ram):
    """The ROMFS of ``size`` bytes at ``rom`` becomes ``/rom``, an empty file system from ``ram`` on ``/``."""
    for name in ("asyncio", "select", "socket", "ssl"):
        sys.modules[name] = Nothing()
    sys.modules["time"] = Time()
    memory = Memory(ram)
    vfs.VfsLfs2.mkfs(memory)
    vfs.mount(vfs.VfsLfs2(memory), "/")
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(rom, size)), "/rom")
    sys.path.append("/rom")
