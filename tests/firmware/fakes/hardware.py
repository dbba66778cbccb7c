"""The modules of a board (``machine``, ``network``, ``esp32``, what of ``vfs`` is about flash), as parts that note what
was made of them. `installed` puts them where an import finds them."""

import sys
import time


class FlashChip(bytearray):
    """Flash as a block device: a block is erased to ones, and programming can only make zeros of them.

    It is programmed by pages of 256 bytes, and what stands in the processor's address space is the bytearray itself.
    """

    def readblocks(self, block, buffer, offset=0):
        start = 4096 * block + offset
        buffer[:] = self[start : start + len(buffer)]

    def writeblocks(self, block, data, offset=None):
        assert offset is not None, "it would be erased first"
        start = 4096 * block + offset
        assert start % 256 == 0 and len(data) % 256 == 0, "not a page"
        for place in range(len(data)):
            self[start + place] &= data[place]

    def ioctl(self, op, arg=0):
        if op == 6:
            for place in range(4096 * arg, 4096 * arg + 4096):
                self[place] = 255
        return {4: len(self) // 4096, 5: 4096, 6: 0}[op]


class Pin:
    """Its number and how it was set up; every pin made is in ``made``."""

    IN, OUT, OPEN_DRAIN, PULL_UP = "in", "out", "open drain", "pull-up"
    made = []

    def __init__(self, number, mode=None, pull=None, value=1):
        self.number, self.mode, self.pull, self.level = number, mode, pull, value
        self.history = []  # levels it was set to
        Pin.made.append(self)

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
        self.history.append(level)


class Part:
    """A bus or timer: what it was made with."""

    PERIODIC = "periodic"

    def __init__(self, *arguments, **named):
        self.arguments = arguments
        self.named = named

    def pins(self):
        """Those of its lines, data or sending first."""
        return [self.named[line] for line in ("sda", "tx", "scl", "rx") if line in self.named]

    def writeto(self, address, data):
        return len(data)

    def any(self):
        return 0

    def freq(self, hertz):
        self.hertz = hertz

    def duty_u16(self, duty):
        self.duty = duty


class Rtc:
    """A clock; ``told`` is what it was set to last."""

    told = None

    def datetime(self, told):
        Rtc.told = told


class Reset(Exception):
    """The board starts anew."""


def _reset():
    raise Reset


class Machine:
    I2C = PWM = UART = WDT = Timer = Part
    Pin = Pin
    RTC = Rtc
    reset = staticmethod(_reset)


class Network:
    class WLAN:
        IF_STA, PM_NONE = 0, 0

        def __init__(self, interface):
            self.interface, self.is_active, self.named = interface, False, {}

        def active(self, is_active):
            self.is_active, self.named = is_active, {}

        def config(self, **named):
            assert self.is_active
            self.named.update(named)


class Vfs:
    """What is mounted, by folder."""

    def __init__(self, chip):
        self._chip = chip
        self.mounted = {}

    def rom_ioctl(self, op, segment):
        assert (op, segment) == (2, 0)
        return self._chip

    def VfsRom(self, memory):  # as MicroPython spells it
        return bytes(memory)

    def mount(self, system, folder):
        assert folder not in self.mounted
        self.mounted[folder] = system

    def umount(self, folder):
        if folder not in self.mounted:
            raise OSError(22)
        del self.mounted[folder]


class _Esp32:
    def __init__(self, chip):
        class Partition:
            TYPE_DATA = 1

            @staticmethod
            def find(kind, label):
                return [chip] if (kind, label) == (1, "romfs") else []

        self.Partition = Partition


def installed(name: str, size: int = 65536):
    """(the module of a board, its flash, its `Vfs`), made on parts of this file."""
    chip = FlashChip(b"\x55" * size)
    files = Vfs(chip)
    fakes = {"machine": Machine, "network": Network, "vfs": files, "esp32": _Esp32(chip)}
    ours = ["firmware.board." + name, "firmware.board.flash"]
    kept = {module: sys.modules.pop(module, None) for module in list(fakes) + ours}
    for module in ours:  # a package keeps what was imported of it
        package = sys.modules.get("firmware.board")
        if hasattr(package, module.split(".")[-1]):
            delattr(package, module.split(".")[-1])
    sys.modules.update(fakes)
    Pin.made = []
    _complete()
    try:
        return __import__(ours[0], None, None, ["*"]), chip, files
    finally:
        for module in kept:
            sys.modules.pop(module, None)
            if kept[module] is not None:
                sys.modules[module] = kept[module]


def _complete() -> None:
    """What CPython lacks of MicroPython."""
    if not hasattr(time, "sleep_ms"):
        time.sleep_ms = lambda milliseconds: None
    if not hasattr(sys.implementation, "_machine"):
        sys.implementation._machine = "Raspberry Pi Pico W with RP2040"
