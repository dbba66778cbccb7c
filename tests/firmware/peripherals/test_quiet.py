"""Records and flash wait for scanner and printer, and never for long. Runs on both interpreters."""

from firmware.peripherals.escpos import Printer
from firmware.peripherals.quiet import Quiet, QuietStorage
from firmware.peripherals.scanner import SerialScanner
from pos_client.printing import block, slip
from tests.core.expect import Chance
from tests.fakes import MemoryStorage
from tests.firmware.fakes.bench import Bench
from tests.firmware.fakes.paper import Paper
from tests.firmware.fakes.serial import Flash, Uart
from tests.firmware.peripherals.tills import basket, make_till

EAN = "4006381333931"


class FlashStorage(MemoryStorage):
    """Storage in flash: every write stops the processor."""

    def __init__(self, flash):
        super().__init__()
        self._flash = flash

    def append(self, name, pieces):
        self._flash.write()
        super().append(name, pieces)

    def replace(self, name, data):
        self._flash.write()
        super().replace(name, data)


class Place:
    """A till in flash, with scanner and printer; ``patient`` tills wait for quiet."""

    def __init__(self, patient=True):
        self.bench = Bench()
        self.flash = Flash(self.bench)
        self.scan_uart, self.print_uart = (
            Uart(self.bench, self.flash, 9600),
            Uart(self.bench, self.flash, 19200),
        )
        self.paper = Paper(self.bench, self.print_uart)
        self.scanner, self.printer = SerialScanner(self.scan_uart), Printer(self.print_uart)
        storage = FlashStorage(self.flash)
        if patient:
            quiet = Quiet([self.scanner, self.printer], self.bench.ticks_ms, self.bench.sleep_ms)
            storage = QuietStorage(storage, quiet)
        self.till = make_till(storage=storage)
        self.scans = []

    def passed(self, begun) -> int:
        """Milliseconds since the bench was at ``begun``."""
        return (self.bench.now - begun) // 1000

    def wait(self, milliseconds):
        for _ in range(milliseconds):
            self.bench.sleep_ms(1)
            self.scanner.poll(self.bench.ticks_ms())
            self.printer.poll(self.bench.ticks_ms())

    def collected(self):
        scan = self.scanner.scanned()
        while scan:
            self.scans.append(scan.text)
            scan = self.scanner.scanned()
        return self.scans

    def sell(self, name):
        self.till.put(name, basket())
        return self.till.close(name, {"outcome": "cancelled"})["record"]


def busy_day(place):
    """Sales while the scanner and the printer talk: how many records, scans and slips there are of 40 each."""
    chance, records = Chance(5), 0
    for number in range(40):
        place.scan_uart.arrives(("]C0SHELF-" + str(number) + "-" + "x" * 60)[:62].encode() + b"\r")
        place.printer.send(slip(block(["slip " + str(number)])))
        place.wait(1 + chance.below(60))
        records += place.sell(str(number)) is not None
        place.wait(400)
        place.collected()
    place.wait(1000)
    return records, len(place.collected()), len(place.paper.slips)


def test_nothing_is_lost_of_scans_slips_and_records_on_a_busy_day():
    place = Place()
    assert busy_day(place) == (40, 40, 40)
    assert place.scan_uart.lost == place.print_uart.lost == 0
    assert place.flash.writes >= 40


def test_without_waiting_the_same_day_loses_bytes():
    place = Place(patient=False)
    _, scans, _ = busy_day(place)
    assert place.scan_uart.lost > 100
    assert scans < 40


def test_a_record_waits_for_a_scan_and_its_silence_and_no_longer():
    place = Place()
    place.sell("first")
    place.scan_uart.arrives(EAN.encode() + b"\r")
    place.wait(3)
    begun = place.bench.now
    assert place.sell("second") is not None
    assert place.passed(begun) < 15 + 50 + 46 + 10
    assert place.collected() == [EAN]


def test_a_broken_scanner_holds_up_a_record_for_two_seconds_at_most():
    place = Place()
    place.scan_uart.arrives(b"\x55" * 3000)
    place.wait(10)
    begun = place.bench.now
    assert place.sell("one") is not None
    assert place.passed(begun) < 2200


def test_a_printer_without_paper_holds_up_no_record():
    place = Place()
    place.paper.has_paper = False
    place.printer.send(slip(block(["hello"])))
    place.wait(1000)
    begun = place.bench.now
    assert place.sell("one") is not None
    assert place.passed(begun) < 60


def test_a_scan_that_comes_during_a_write_is_whole_or_refused():
    place = Place()
    for delay in range(0, 46, 3):
        before = place.scanner.refused
        place.scan_uart._coming = [
            (place.bench.now + 1000 * delay + 1042 * number, byte)
            for number, byte in enumerate(("SHELF-" + "x" * 50).encode() + b"\r")
        ]
        place.sell(str(delay))
        place.wait(500)
        scans = place.collected()
        assert scans in ([], ["SHELF-" + "x" * 50]), scans
        assert scans or place.scanner.refused > before
        place.scans = []


def test_a_record_waits_for_a_piece_of_a_slip_and_not_for_all_slips():
    place = Place()
    for number in range(4):
        assert place.printer.send(slip(block(["slip " + str(number) + " of many words"] * 30)))
    place.wait(700)  # it printed some of it, whatever it had to be asked
    before = place.bench.now
    assert place.sell("one")
    assert place.passed(before) < 250, "writes of 46 ms each, and a piece of 17 before each"
    place.wait(20000)
    assert len(place.paper.slips) == 4 and (place.paper.lost, place.paper.faults) == (0, [])
