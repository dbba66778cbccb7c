"""A scan arrives whole or not at all, and is never a key. Runs on both interpreters."""

from firmware.peripherals.scanner import SerialScanner
from tests.firmware.fakes.bench import Bench
from tests.firmware.fakes.serial import Flash, Uart

EAN = "4006381333931"


class Counter:
    """A scanner on its wire."""

    def __init__(self, cards=(), clear=None):
        self.bench = Bench()
        self.flash = Flash(self.bench)
        self.uart = Uart(self.bench, self.flash)
        self.scanner = SerialScanner(self.uart, cards, clear)

    def wait(self, milliseconds):
        """What is scanned meanwhile."""
        out = []
        for _ in range(milliseconds):
            self.bench.sleep_ms(1)
            self.scanner.poll(self.bench.ticks_ms())
            scan = self.scanner.scanned()
            while scan:
                out.append((scan.kind, scan.text))
                scan = self.scanner.scanned()
        return out


def test_lines_of_a_serial_scanner_are_scans_whatever_ends_them():
    counter = Counter()
    for end in (b"\r", b"\n", b"\r\n"):
        counter.uart.arrives(EAN.encode() + end)
        assert counter.wait(100) == [("item", EAN)]
    assert counter.scanner.refused == 0


def test_two_scans_behind_each_other_are_two():
    counter = Counter()
    counter.uart.arrives((EAN + "\r" + "96385074\r").encode())
    assert counter.wait(100) == [("item", EAN), ("item", "96385074")]


def test_half_a_scan_is_forgotten_before_the_next_one():
    counter = Counter()
    counter.uart.arrives(b"40063813")
    assert counter.wait(1000) == []
    counter.uart.arrives(EAN.encode() + b"\r")
    assert counter.wait(100) == [("item", EAN)]


def test_what_was_misread_is_counted_and_is_no_scan():
    counter = Counter()
    for line in (b"4006381333930\r", b"\xff\xfe\xfd\r", b"x" * 500 + b"\r"):
        counter.uart.arrives(line)
        assert counter.wait(700) == []
    assert counter.scanner.refused == 3
    counter.uart.arrives(b"1\r\n\r\n")
    assert counter.wait(100) == []
    assert counter.scanner.refused == 3


def test_a_scan_that_flash_tore_is_refused_even_if_what_is_left_looks_whole():
    counter = Counter()
    counter.uart.arrives(b"x" * 60 + b"\r")
    assert counter.wait(5) == []
    counter.flash.write(46)
    assert 5 < counter.uart.lost < 20
    counter.scanner.written(counter.bench.ticks_ms())
    assert counter.wait(400) == []
    assert counter.scanner.refused == 1
    counter.uart.arrives(EAN.encode() + b"\r")
    assert counter.wait(400) == [("item", EAN)]


def test_a_scanner_talks_until_it_has_been_silent_for_50_ms_and_a_broken_one_not_for_ever():
    counter = Counter()
    assert not counter.scanner.talking(counter.bench.ticks_ms())
    counter.uart.arrives(EAN.encode() + b"\r")
    counter.wait(10)
    assert counter.scanner.talking(counter.bench.ticks_ms())
    counter.wait(30)
    assert counter.scanner.talking(counter.bench.ticks_ms())
    counter.wait(40)
    assert not counter.scanner.talking(counter.bench.ticks_ms())
    counter.uart.arrives(b"\x00" * 4000)
    counter.wait(1900)
    assert counter.scanner.talking(counter.bench.ticks_ms())
    counter.wait(200)
    assert not counter.scanner.talking(counter.bench.ticks_ms())


def test_a_scanner_that_never_stops_keeps_nobody_waiting():
    counter = Counter()
    counter.uart.arrives(b"\x00" * 4000)
    counter.wait(50)
    before = counter.bench.now
    counter.scanner.poll(counter.bench.ticks_ms())
    assert counter.bench.now == before, "what has come is taken, what comes meanwhile is another time's"
    counter.wait(5000)
    assert counter.uart.lost == 0


def test_a_scanner_that_can_wait_is_asked_to():
    class Pin:
        level = None

        def value(self, level):
            self.level = level

    pin = Pin()
    counter = Counter(clear=pin)
    assert pin.level == 0
    counter.scanner.hold(True)
    assert pin.level == 1
