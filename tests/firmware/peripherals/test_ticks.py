"""After twelve days a board counts its milliseconds from nought again: scanner, printer, keys and display notice
nothing. Runs on both interpreters."""

from firmware.peripherals.ticks import passed
from tests.firmware.fakes.bench import Bench
from tests.firmware.peripherals import test_desk as desk
from tests.firmware.peripherals import test_patient_display as patient_display
from tests.firmware.peripherals import test_printer as printer
from tests.firmware.peripherals import test_quiet as quiet
from tests.firmware.peripherals import test_scanner as scanner
from tests.firmware.peripherals import test_signals as signals
from tests.firmware.peripherals import test_wedge as wedge

PERIOD = 1 << 30
PLACES = (desk, patient_display, printer, quiet, scanner, signals, wedge)


def test_the_time_between_two_moments_is_told_over_the_end_of_the_count():
    assert passed(7, PERIOD - 3) == 10
    assert passed(PERIOD - 1, PERIOD - 3) == 2
    assert passed(5, -2000) == 2005


def test_all_that_is_tested_of_the_parts_holds_over_the_end_of_the_count():
    for before in (20, 700):
        Bench.BEGIN = PERIOD - before
        try:
            for place in PLACES:
                for name in sorted(dir(place)):
                    if name.startswith("test_"):
                        getattr(place, name)()
        finally:
            Bench.BEGIN = 0
