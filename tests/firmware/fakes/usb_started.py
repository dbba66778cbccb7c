"""A board that starts: ``micropython -i tests/firmware/fakes/usb_started.py FOLDER cold|soft WORN``, see `usb_board`.

Its files are littlefs in ``FOLDER/files.img``, its ROMFS partition is ``FOLDER/romfs.img``, its name ``FOLDER/name``. A
cold start runs boot.py and main.py, a soft one boot.py alone, as MicroPython does in raw REPL. Then comes the REPL.
"""

import os
import sys

import vfs

BLOCK = 4096
_FOLDER = sys.argv[1]
_READY = "\x06"


class Chip(bytearray):
    """Flash that is kept in a file: a block is erased to ones, and programming can only make zeros of them."""

    worn = -1

    def kept_in(self, path):
        self._file = open(path, "r+b")
        self._file.readinto(self)
        return self

    def readblocks(self, block, buffer, offset=0):
        start = BLOCK * block + offset
        buffer[:] = self[start : start + len(buffer)]

    def writeblocks(self, block, data, offset=None):
        if offset is None:
            self.ioctl(6, block)
        start = BLOCK * block + (offset or 0)
        for place in range(len(data)):
            self[start + place] &= data[place]
        if start <= self.worn < start + len(data):
            self[self.worn] = 0
        if len(data) % 256:
            self._noted()
        self._keep(start, len(data))

    def _noted(self):
        """It was programmed by less than a page."""
        note = open_on_host(_FOLDER + "/small", "a")
        note.write("x")
        note.close()

    def ioctl(self, op, arg=0):
        if op == 6:
            self[BLOCK * arg : BLOCK * arg + BLOCK] = b"\xff" * BLOCK
            self._keep(BLOCK * arg, BLOCK)
        return {4: len(self) // BLOCK, 5: BLOCK, 6: 0}.get(op, 0)

    def _keep(self, start, length):
        self._file.seek(start)
        self._file.write(memoryview(self)[start : start + length])
        self._file.flush()


def chip(name):
    path = _FOLDER + "/" + name
    return Chip(os.stat(path)[6]).kept_in(path)


class Module:
    """A module of the port, with members of a board's."""

    def __init__(self, module, **members):
        self._module = module
        for name in members:
            setattr(self, name, members[name])

    def __getattr__(self, name):
        return getattr(self._module, name)


def read(name):
    with open(_FOLDER + "/" + name) as file:
        return file.read()


class Part:
    """A bus, a pin, a timer, the watchdog: it is there, and nothing is connected to it."""

    IN, OUT, OPEN_DRAIN, PULL_UP, PERIODIC = range(5)

    def __init__(self, *arguments, **named):
        pass

    def value(self, level=None):
        return 1

    def writeto(self, address, data):
        raise OSError(5)

    def any(self):
        return 0

    def write(self, data):
        return len(data)

    def datetime(self, date):
        pass

    def feed(self):
        pass

    def freq(self, hertz):
        pass

    def duty_u16(self, duty):
        pass


class Wlan:
    """The shop's Wi-Fi, for who has its key; what goes over it goes over this machine's network."""

    IF_STA = PM_NONE = 0

    def __init__(self, interface):
        self._is_joined = False

    def active(self, on):
        pass

    def config(self, **settings):
        pass

    def connect(self, ssid, key):
        self._is_joined = [ssid, key] == wifi

    def disconnect(self):
        pass

    def isconnected(self):
        return self._is_joined

    def status(self):
        return 3 if self._is_joined else -3

    def ifconfig(self):
        return ("127.0.0.1", "", "", "")


class Network:
    WLAN = Wlan


def reset():
    """The board starts anew, cold; `usb_board` sees the file."""
    open_on_host(_FOLDER + "/reset", "w").close()
    sys.exit()


def run(name):
    """A file of the board's own, as MicroPython runs it at a start."""
    if name in os.listdir("/"):
        with open("/" + name) as file:
            source = file.read()
        try:
            exec(source, shared)
        except (Exception, KeyboardInterrupt) as error:
            sys.print_exception(error)


files, rom = chip("files.img"), chip("romfs.img")
rom.worn = int(sys.argv[3])
name, wifi = read("name"), read("wifi").split("\n")
host = os.getcwd()
_system = vfs.VfsPosix(_FOLDER)


def open_on_host(path, mode):
    return _system.open(path[len(_FOLDER) :], mode)


page = 32 if "ESP32" in name else 256  # as the two ports mount what they have
try:
    littlefs = vfs.VfsLfs2(files, progsize=page)
except OSError:  # what MicroPython does with flash that holds nothing
    vfs.VfsLfs2.mkfs(files, progsize=page)
    littlefs = vfs.VfsLfs2(files, progsize=page)
vfs.umount("/")
vfs.mount(littlefs, "/")
os.chdir("/")
sys.path[:] = [".frozen", "/rom"]


class Uname:
    machine = name

    def __getitem__(self, place):
        return self.machine


def rom_ioctl(op, segment=0):
    return 1 if op == 1 else rom


class Rp2:
    def Flash(self):  # as the port spells it
        return files


class Esp32:
    class Partition:
        TYPE_DATA = 1

        @staticmethod
        def find(kind, label):
            return {(1, "vfs"): [files], (1, "romfs"): [rom]}[kind, label]


class Machine:
    I2C = PWM = RTC = UART = WDT = Pin = Timer = Part
    reset = staticmethod(reset)

    @staticmethod
    def unique_id():
        return b"\xe6\x61\x64\x08"


sys.modules["machine"], sys.modules["rp2"], sys.modules["network"] = Machine, Rp2(), Network
if "ESP32" in name:
    sys.modules["esp32"] = Esp32
sys.modules["os"] = Module(os, uname=Uname)
sys.modules["vfs"] = Module(vfs, rom_ioctl=rom_ioctl)
shared = {"__name__": "__main__"}
sys.stdout.write(_READY)
run("boot.py")
if sys.argv[2] == "cold":
    run("main.py")
