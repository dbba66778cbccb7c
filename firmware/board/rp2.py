"""Raspberry Pi Pico W and Pico 2 W. The wiring is that of docs/hardware.md; GP numbers are not those of the header."""

import sys

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
from firmware.board.host import remount as remount
from firmware.board.host import sleep_ms as sleep_ms
from firmware.board.host import ticks_ms as ticks_ms

HOST = "0.0.0.0"
HARDWARE = "rp2-pico-2-w" if "Pico 2" in sys.implementation._machine else "rp2-pico-w"

_SDA, _SCL = 4, 5
_PRINTER = (0, 1)  # TX, RX
_SCANNER = (8, 9)
_CLEAR, _LED, _BUZZER = 11, 2, 3
_ROWS, _COLUMNS, _LARGE = (16, 17, 18, 19), (20, 21, 22, 26), (12, 13, 14, 15)
_LONGEST_WATCH = 8388  # ms the counter of an RP2040 holds


def slots() -> flash.FlashSlots:
    """The ROMFS partition, which lies in the processor's address space."""
    partition = vfs.rom_ioctl(2, 0)
    return flash.FlashSlots(partition, memoryview(partition))


def i2c(hertz: int) -> I2C:
    clock = flash.freed(Pin(_SCL, Pin.OPEN_DRAIN, value=1))
    return I2C(0, sda=Pin(_SDA), scl=clock, freq=hertz)


def printer_line(baud: int) -> UART:
    return UART(0, baudrate=baud, tx=Pin(_PRINTER[0]), rx=Pin(_PRINTER[1]), txbuf=64, rxbuf=64)


def scanner_line(baud: int) -> UART:
    return UART(1, baudrate=baud, tx=Pin(_SCANNER[0]), rx=Pin(_SCANNER[1]), rxbuf=256)


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
    return Timer(-1, mode=Timer.PERIODIC, period=milliseconds, callback=callback)


def watchdog(milliseconds: int) -> WDT:
    """Resets the board when it is not fed for so long; nothing stops it any more."""
    return WDT(timeout=min(milliseconds, _LONGEST_WATCH))


def set_clock(seconds: int) -> None:
    """The clock that TLS asks; it has no battery."""
    RTC().datetime(flash.date(seconds))


def wifi() -> network.WLAN:
    """The station, switched on, also if it was on already; a radio that sleeps answers a tablet late."""
    station = network.WLAN(network.WLAN.IF_STA)
    station.active(False)
    station.active(True)
    station.config(pm=network.WLAN.PM_NONE)
    return station


def name_server() -> str:
    """The address of the DNS server that the shop's Wi-Fi named; "0.0.0.0" where it is not joined."""
    return network.WLAN(network.WLAN.IF_STA).ifconfig()[3]


def restart() -> None:
    """Start anew: `boot.py` first."""
    reset()
