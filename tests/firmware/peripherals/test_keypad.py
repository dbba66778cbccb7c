"""A key pressed once is one key, whatever its contacts do. Runs on both interpreters."""

from firmware.peripherals.keypad import LARGE, NONE, Keypad
from tests.core.expect import Chance
from tests.firmware.fakes.bench import Bench
from tests.firmware.fakes.keys import Contacts
from tests.firmware.peripherals.locked import locked_heap


class Pad:
    """Contacts, the keypad on them, and time."""

    def __init__(self, bounce_ms: int = 0, seed: int = 1):
        self.bench = Bench()
        self.contacts = Contacts(self.bench, bounce_ms, seed)
        self.keypad = Keypad(self.contacts.rows, self.contacts.columns, self.contacts.large)

    def wait(self, milliseconds: int) -> list:
        """What is pressed meanwhile."""
        keys = []
        for _ in range(milliseconds // 5):
            self.bench.sleep_ms(5)
            self.keypad.scan()
            key = self.keypad.pressed()
            while key != NONE:
                keys.append(key)
                key = self.keypad.pressed()
        return keys


def test_each_key_is_known_by_its_number():
    pad = Pad()
    for key in range(20):
        pad.contacts.press(key)
        assert pad.wait(20) == [key]
        assert pad.wait(500) == []  # held down, it does not repeat
        pad.contacts.release(key)
        assert pad.wait(50) == []


def test_three_hundred_bouncing_presses_are_three_hundred_keys():
    pad, chance = Pad(bounce_ms=20), Chance(3)
    for _ in range(300):
        key = chance.below(20)
        pad.contacts.press(key)
        pressed = pad.wait(40 + 5 * chance.below(10))
        pad.contacts.release(key)
        assert pressed + pad.wait(60) == [key]


def test_a_key_is_believed_within_15_ms_where_it_does_not_bounce():
    pad = Pad()
    pad.wait(50)
    pad.contacts.press(18)
    assert pad.wait(15) == [18]


def test_a_disturbance_shorter_than_5_ms_is_no_key():
    pad = Pad()
    for key in (3, 17):
        pad.contacts.press(key)
        assert pad.wait(5) == []
        pad.contacts.release(key)
        assert pad.wait(100) == []


def test_three_keys_of_a_rectangle_do_not_make_a_fourth():
    pad = Pad()
    pad.contacts.press(0)
    pad.contacts.press(1)
    assert sorted(pad.wait(30)) == [0, 1]
    pad.contacts.press(4)  # now 5 looks pressed, too
    assert pad.wait(100) == []
    pad.contacts.release(1)
    assert pad.wait(30) == [4]


def test_of_two_large_keys_pressed_together_neither_is_taken():
    pad = Pad()
    pad.contacts.press(LARGE)
    pad.contacts.press(LARGE + 2)
    assert pad.wait(200) == []
    pad.contacts.release(LARGE + 2)
    assert pad.wait(200) == [LARGE]


def test_keys_pressed_while_nobody_asks_wait_and_the_ninth_is_lost():
    pad = Pad()
    for _ in range(300):  # the counters behind begin anew
        pad.contacts.press(0)
        assert pad.wait(15) == [0]
        pad.contacts.release(0)
        pad.wait(30)
    for key in range(9):
        pad.contacts.press(key)
        for _ in range(4):
            pad.bench.sleep_ms(5)
            pad.keypad.scan()
        pad.contacts.release(key)
        for _ in range(8):
            pad.bench.sleep_ms(5)
            pad.keypad.scan()
    assert [pad.keypad.pressed() for _ in range(9)] == [0, 1, 2, 3, 4, 5, 6, 7, NONE]


def test_while_nobody_presses_a_key_a_scan_looks_at_the_columns_and_large_keys_once():
    pad = Pad()
    looks = [0]

    class Counted:
        def __init__(self, line):
            self._line = line

        def value(self, level=None):
            looks[0] += 1
            return self._line.value() if level is None else self._line.value(level)

    contacts = pad.contacts
    lines = [
        tuple([Counted(one) for one in part]) for part in (contacts.rows, contacts.columns, contacts.large)
    ]
    pad.keypad = Keypad(lines[0], lines[1], lines[2])
    pad.wait(5)
    looks[0] = 0
    assert pad.wait(100) == []
    assert looks[0] == 20 * 8
    pad.contacts.press(5)
    assert pad.wait(15) == [5]
    pad.contacts.release(5)
    pad.wait(50)
    looks[0] = 0
    pad.wait(100)
    assert looks[0] == 20 * 8


def test_scanning_and_asking_allocate_nothing():
    pad = Pad()
    pressed = 0
    with locked_heap() as heap:
        for turn in range(1000):
            pad.contacts.closed[16 + (turn & 3)] = 1
            for _ in range(3):
                pad.keypad.scan()
            pressed += pad.keypad.pressed() == 16 + (turn & 3)
            pad.contacts.closed[16 + (turn & 3)] = 0
            for _ in range(6):
                pad.keypad.scan()
    assert heap.grown == 0
    assert pressed == 1000
