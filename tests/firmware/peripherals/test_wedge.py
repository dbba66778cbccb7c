"""What a scanner types is a scan, and what somebody types is none. Runs on both interpreters."""

from firmware.peripherals.wedge import TypingScanner
from tests.firmware.fakes.bench import Bench
from tests.firmware.fakes.serial import Flash, Uart

EAN = "4006381333931"


# USB HID usage tables, 10: what a keyboard reports for a character, as (modifiers, usage).
def usage(character):
    if "a" <= character <= "z":
        return 0, ord(character) - ord("a") + 4
    if "A" <= character <= "Z":
        return 2, ord(character) - ord("A") + 4
    if "1" <= character <= "9":
        return 0, ord(character) - ord("1") + 0x1E
    return {
        "0": (0, 0x27),
        "\r": (0, 0x28),
        "]": (0, 0x30),
        "\x1d": (1, 0x30),
        "-": (0, 0x2D),
        "_": (2, 0x2D),
        "/": (0, 0x38),
        "#": (2, 0x20),
        ";": (0, 0x33),
        '"': (2, 0x34),
    }[character]


class Typist:
    """A wedge scanner, or somebody at a keyboard, on a CH9350L on its wire."""

    def __init__(self, cards=()):
        self.bench = Bench()
        self.flash = Flash(self.bench)
        self.uart = Uart(self.bench, self.flash, 115200)
        self.scanner = TypingScanner(self.uart, cards)

    def reports(self, modifiers, *keys):
        rest = (0,) * (6 - len(keys))
        self.uart.arrives(b"\x57\xab\x01" + bytes((modifiers, 0) + keys + rest))

    def wait(self, milliseconds):
        for _ in range(milliseconds):
            self.bench.sleep_ms(1)
            self.scanner.poll(self.bench.ticks_ms())

    def types(self, text, pause=8):
        for character in text:
            modifiers, key = usage(character)
            self.reports(modifiers, key)
            self.wait(2)
            self.reports(0)
            self.wait(pause - 2)
        scan = self.scanner.scanned()
        self.wait(1000)
        return scan and (scan.kind, scan.text)


def test_what_a_wedge_scanner_types_is_a_scan():
    typist = Typist()
    assert typist.types(EAN + "\r") == ("item", EAN)
    assert typist.types("]d20104006381333931\x1d10A\r") == ("item", EAN)
    assert typist.types('Ab-1_/#;"\r') == ("item", 'Ab-1_/#;"')


def test_keys_that_stay_down_or_come_together_are_typed_once():
    typist = Typist()
    for keys in ((4,), (4, 5), (5,), (5, 6), (0x28,), ()):
        typist.reports(0, *keys)
        typist.wait(2)
    assert typist.scanner.scanned().text == "abc"
    typist.reports(0, 1, 1, 1, 1, 1, 1)  # too many keys at once
    typist.wait(2)
    assert typist.scanner.scanned() is None


def test_what_somebody_types_is_no_scan():
    typist = Typist()
    for key in "1234":
        assert typist.types(key) is None
    assert typist.types("12\r") is None
    assert typist.types("123\r", pause=400) is None
    assert typist.scanner.refused == 0


def test_noise_and_the_chips_own_frames_are_passed_over():
    typist = Typist()
    typist.uart.arrives(b"\x00\x57\x57\x01\xff\x57\xab\x80\xff\x57\xab\x82\xa3")
    assert typist.types(EAN + "\r") == ("item", EAN)
    assert not typist.scanner.talking(typist.bench.ticks_ms())
    typist.uart.arrives(b"\x57\xab\x80\xff")
    typist.wait(2)
    assert not typist.scanner.talking(typist.bench.ticks_ms())  # nobody types


def test_a_scan_during_which_flash_was_written_is_whole_or_refused_and_the_next_one_is_whole():
    typist = Typist()
    for at in range(0, 30, 2):
        before = typist.scanner.refused
        for character in "]C0SHELF-12345\r":
            typist.reports(*usage(character))
            typist.reports(0)
        typist.wait(at)
        typist.flash.write(at)
        typist.scanner.written(typist.bench.ticks_ms())
        typist.wait(500)
        scan = typist.scanner.scanned()
        assert scan is None or scan.text == "SHELF-12345", scan.text
        assert typist.types(EAN + "\r") == ("item", EAN)
        assert scan or typist.scanner.refused > before, at
    assert typist.uart.lost > 100
