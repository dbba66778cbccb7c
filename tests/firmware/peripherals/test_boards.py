"""Each board gives the drivers what they need, on pins of its own. Runs on both interpreters."""

from firmware.peripherals import wired
from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.scanner import SerialScanner
from firmware.peripherals.ssd1306 import DotDisplay
from firmware.peripherals.wedge import TypingScanner
from tests.firmware.fakes.hardware import Pin, Reset, Rtc, installed

BOARDS = ("rp2", "esp32")
# Pins that are taken: by the radio and the power supply of a Pico W, by flash, start mode and USB of an ESP32-S3.
TAKEN = {"rp2": (23, 24, 25, 29), "esp32": (0, 3, 19, 20, 45, 46) + tuple(range(26, 38))}


def everything(name):
    """All parts of a board, and its pins."""
    board, _, _ = installed(name)
    board.setting = lambda setting: None
    parts = [wired.display(board), wired.keypad(board), wired.scanner(board), wired.printer(board)]
    parts.append(wired.signals(board))
    return parts, Pin.made


def test_no_two_parts_share_a_pin_and_none_is_a_pin_the_board_needs():
    for name in BOARDS:
        _, pins = everything(name)
        numbers = [pin.number for pin in pins]
        assert len(set(numbers)) == len(numbers) == 2 + 2 + 2 + 1 + 1 + 1 + 4 + 4 + 4
        assert not [number for number in numbers if number in TAKEN[name]]


def test_rows_are_open_drain_and_keys_have_pull_ups():
    for name in BOARDS:
        _, pins = everything(name)
        assert (
            len([pin for pin in pins if pin.mode == Pin.OPEN_DRAIN and pin.level == 1]) == 4 + 1
        )  # a bus's clock
        assert len([pin for pin in pins if (pin.mode, pin.pull) == (Pin.IN, Pin.PULL_UP)]) == 8


def test_keys_are_looked_at_every_5_ms_by_a_timer():
    for name in BOARDS:
        board, _, _ = installed(name)
        keys, timer = wired.keypad(board)
        assert timer.named["period"] == 5
        timer.named["callback"](timer)
        assert keys.pressed() == -1


def test_the_display_is_the_configured_one():
    for kind, made in (
        (None, CharacterDisplay),
        ("lcd-a02", CharacterDisplay),
        ("oled", DotDisplay),
    ):
        board, _, _ = installed("rp2")
        board.setting = {"RUNG_DISPLAY": kind}.get
        assert type(wired.display(board)) is made
        assert Pin.made[0].number != Pin.made[1].number


def test_the_scanner_is_the_configured_one():
    for kind, made, baud in ((None, SerialScanner, 9600), ("usb", TypingScanner, 115200)):
        board, _, _ = installed("esp32")
        board.setting = {"RUNG_SCANNER": kind, "RUNG_CARDS": "24,29"}.get
        lines = []
        line = board.scanner_line
        board.scanner_line = lambda rate, line=line, lines=lines: lines.append(rate) or line(rate)
        assert type(wired.scanner(board)) is made
        assert lines == [baud]


def test_the_two_slots_are_halves_that_do_not_touch_each_other():
    for name in BOARDS:
        board, _, _ = installed(name)
        slots = board.slots()
        assert slots.size == 32768
        pieces = {"a": bytes(range(256)) * 16, "b": bytes(reversed(range(256))) * 16}
        for slot in pieces:
            slots.erase(slot, 4096)
            slots.write(slot, 4096, pieces[slot])
        for slot in pieces:
            assert slots.read(slot, 4096, 4096) == pieces[slot]
            assert slots.read(slot, 0, 4096) == slots.read(slot, 8192, 4096) == b"\x55" * 4096
        slots.erase("a", 28672)
        assert slots.read("a", 28672, 9999) == b"\xff" * 4096
        assert slots.read("b", 0, 16) == b"\x55" * 16


def test_the_last_part_of_a_page_is_filled_up_and_other_odd_pieces_are_refused():
    board, _, _ = installed("rp2")
    slots = board.slots()
    slots.erase("b", 0)
    slots.write("b", 0, b"\x01" * 300)
    assert slots.read("b", 0, 513) == b"\x01" * 300 + b"\xff" * 213
    for offset, size in ((10, 256), (0, 4097), (32768, 256), (32512, 512)):
        try:
            slots.write("b", offset, b"\x00" * size)
            raise AssertionError("taken")
        except ValueError:
            pass


def test_the_slot_that_is_mounted_takes_the_place_of_the_other():
    board, chip, files = installed("esp32")
    chip[0], chip[32768] = 1, 2
    for slot, first in (("a", 1), ("b", 2), ("b", 2)):
        board.slots().mount(slot)
        assert (files.mounted["/rom"][0], len(files.mounted["/rom"])) == (first, 32768)


def test_a_watchdog_of_an_rp2040_is_never_longer_than_its_counter():
    board, _, _ = installed("rp2")
    assert board.watchdog(20000).named == {"timeout": 8388}
    assert board.watchdog(3000).named == {"timeout": 3000}


def test_the_clock_is_set_to_the_moment_whatever_the_epoch():
    for name in BOARDS:
        board, _, _ = installed(name)
        board.set_clock(1795000000)  # 2026-11-18 11:06:40, a Wednesday
        assert Rtc.told == (2026, 11, 18, 2, 11, 6, 40, 0)


def test_a_restart_begins_with_boot():
    for name in BOARDS:
        board, _, _ = installed(name)
        try:
            board.restart()
            raise AssertionError("it went on")
        except Reset:
            pass


def test_the_radio_is_a_station_and_switched_on():
    for name in BOARDS:
        board, _, _ = installed(name)
        station = board.wifi()
        assert (station.interface, station.is_active, station.named["pm"]) == (0, True, 0)
        assert ("reconnects" in station.named) == (name == "esp32"), (
            "it says why it failed only once it gave up"
        )


def test_a_chip_that_was_cut_off_in_a_byte_gets_its_clocks_before_the_bus_begins():
    for name in BOARDS:
        board, _, _ = installed(name)
        bus = board.i2c(100000)
        clock = bus.named["scl"]
        assert clock.mode == Pin.OPEN_DRAIN and clock.level == 1, "let go, whoever else may hold it"
        assert clock.history.count(0) == 9 and clock.history[-1] == 1
