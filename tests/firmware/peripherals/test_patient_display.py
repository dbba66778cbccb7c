"""A display that is pulled out and put back, or was never there. Runs on both interpreters."""

from firmware.peripherals.hd44780 import CharacterDisplay
from firmware.peripherals.patient_display import PatientDisplay
from firmware.peripherals.screen import Page
from tests.firmware.fakes.bench import I2C, Bench
from tests.firmware.fakes.lcd import Lcd
from tests.firmware.peripherals.locked import locked_heap


class Place:
    """An LCD on a plug; ``buses`` were made for it."""

    def __init__(self, is_there=True):
        self.bench, self.lcd, self.said = Bench(), Lcd(), []
        self.wires = {39: self.lcd} if is_there else {}
        self.buses = 0
        self.display = PatientDisplay(self._made, self.said.append)

    def _made(self):
        self.buses += 1
        return CharacterDisplay(I2C(self.bench, 100000, self.wires), self.bench.sleep_ms)

    def plug(self):
        self.wires[39] = self.lcd

    def pull(self):
        del self.wires[39]

    def show(self, head):
        self.display.show(self.display.prepare(Page(head))[0])

    def wait(self, milliseconds):
        """As the counter does, every quarter of a second."""
        for _ in range(milliseconds // 250):
            self.bench.sleep_ms(250)
            self.display.revive(self.bench.ticks_ms())

    def stands(self, word):
        return any([word in row for row in self.lcd.screen()])


def test_a_display_that_comes_back_shows_what_it_should_by_now():
    place = Place()
    place.wait(250)
    place.show("first")
    assert place.stands("first")
    place.pull()
    place.show("second")
    place.show("third")
    place.wait(60000)
    assert place.stands("first") and len(place.said) == 1 and "does not answer" in place.said[0]
    place.plug()
    place.wait(2500)
    assert place.stands("third") and not place.stands("first")
    assert len(place.said) == 2 and place.said[1].endswith("is back")
    place.show("fourth")
    assert place.stands("fourth") and place.lcd.faults == []


def test_each_try_has_a_bus_of_its_own_and_there_are_few():
    place = Place()
    place.wait(250)
    place.pull()
    place.show("second")
    before = place.buses
    place.wait(20000)
    assert 5 <= place.buses - before <= 10
    place.plug()
    place.wait(2500)
    before = place.buses
    place.wait(20000)
    assert place.buses == before


def test_a_display_that_is_plugged_in_late_shows_what_stood_there_all_the_time():
    place = Place(is_there=False)
    place.wait(1000)
    place.show("first")
    place.plug()
    place.wait(2500)
    assert place.stands("first")


def test_a_test_of_itself_hears_that_there_is_none():
    place = Place(is_there=False)
    try:
        place.display.start()
        told = False
    except OSError:
        told = True
    assert told


def test_while_there_is_one_nothing_is_allocated():
    place = Place()
    place.wait(250)
    frames = [place.display.prepare(Page(head))[0] for head in ("one", "two")]
    place.display.show(frames[1])
    with locked_heap() as heap:
        place.display.show(frames[0])
    assert heap.grown == 0
