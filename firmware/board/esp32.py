"""ESP32-S3. The wiring is that of docs/hardware.md; GPIO 0, 3, 45 and 46 decide how it starts, 19 and 20 are USB."""

import esp32
import network
import vfs
from machine import I2C, PWM, RTC, UART, WDT, Pin, Timer, reset

from firmware.board import flash
from firmware.board.flash import SystemClock as SystemClock
from firmware.board.flash import authority as authority
from firmware.board.flash import chance as chance
from firmware.board.flash import code as code
from firmware.board.flash import enrolled as enrolled
from firmware.board.flash import free as free
from firmware.board.flash import identity as identity
from firmware.board.flash import kept as kept
from firmware.board.flash import port as port
from firmware.board.flash import release as release
from firmware.board.flash import secret as secret
from firmware.board.flash import setting as setting
from firmware.board.flash import storage as storage
from firmware.board.flash import wifi_secret as wifi_secret
from firmware.board.host import pause as pause
from firmware.board.host import sleep_ms as sleep_ms
from firmware.board.host import ticks_ms as ticks_ms

HOST = "0.0.0.0"
HARDWARE = "esp32-s3"

_SDA, _SCL = 8, 9
_PRINTER = (17, 18)  # TX, RX
_SCANNER = (15, 16)
_CLEAR, _LED, _BUZZER = 7, 2, 21
_ROWS, _COLUMNS, _LARGE = (4, 5, 6, 10), (11, 12, 13, 14), (38, 39, 40, 41)


def slots() -> flash.FlashSlots:
    """The ROMFS partition, by its name and by what is mapped of it into the processor's address space."""
    partition = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="romfs")[0]
    return flash.FlashSlots(partition, memoryview(vfs.rom_ioctl(2, 0)))


def remount() -> None:
    """Mount the files by flash's own pages. MicroPython does it by 32 bytes, and littlefs then keeps hardly a file in
    its directory: a record would cost five times the erases. What was written by other pages is read all the same."""
    try:
        partition = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")[0]
        files = vfs.VfsLfs2(partition, progsize=flash.PAGE)
    except (OSError, IndexError):  # as they are mounted, they go on
        return
    vfs.umount("/")
    vfs.mount(files, "/")


def i2c(hertz: int) -> I2C:
    clock = flash.freed(Pin(_SCL, Pin.OPEN_DRAIN, value=1))
    return I2C(0, sda=Pin(_SDA), scl=clock, freq=hertz)


def printer_line(baud: int) -> UART:
    return UART(1, baudrate=baud, tx=Pin(_PRINTER[0]), rx=Pin(_PRINTER[1]), txbuf=256, rxbuf=256)


def scanner_line(baud: int) -> UART:
    return UART(2, baudrate=baud, tx=Pin(_SCANNER[0]), rx=Pin(_SCANNER[1]), rxbuf=256)


def clear_to_send() -> Pin:
    """CTS of the scanner: high asks it to wait."""
    return Pin(_CLEAR, Pin.OUT, value=0)


def rows() -> tuple:
    return tuple([Pin(number, Pin.OPEN_DRAIN, value=1) for number in _ROWS])


def columns() -> tuple:
    return tuple([Pin(number, Pin.IN, Pin.PULL_UP) for number in _COLUMNS])


def large_keys() -> tuple:
    return tuple([Pin(number, Pin.IN, Pin.PULL_UP) for number in _LARGE])


def led() -> Pin:
    return Pin(_LED, Pin.OUT, value=0)


def buzzer() -> PWM:
    return PWM(Pin(_BUZZER), freq=2000, duty_u16=0)


def every(milliseconds: int, callback) -> Timer:
    """Call back from a timer, also while Python computes; what it returns has to be kept."""
    return Timer(0, mode=Timer.PERIODIC, period=milliseconds, callback=callback)


def watchdog(milliseconds: int) -> WDT:
    """Resets the board when it is not fed for so long; nothing stops it any more."""
    return WDT(timeout=milliseconds)


def set_clock(seconds: int) -> None:
    """The clock that TLS asks; it has no battery."""
    RTC().datetime(flash.date(seconds))


def wifi() -> network.WLAN:
    """The station, switched on, also if it was on already; a radio that sleeps answers a tablet late. It says
    why it does not get in only once it has stopped trying, which it would never."""
    station = network.WLAN(network.WLAN.IF_STA)
    station.active(False)
    station.active(True)
    station.config(pm=network.WLAN.PM_NONE, reconnects=2)
    return station


def name_server() -> str:
    """The address of the DNS server that the shop's Wi-Fi named; "0.0.0.0" where it is not joined."""
    return network.WLAN(network.WLAN.IF_STA).ifconfig()[3]


def restart() -> None:
    """Start anew: `boot.py` first."""
    reset()
