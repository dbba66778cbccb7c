"""What a device remembers over a start: its last crash, and how late it is at least."""

from firmware.runtime.diary import Diary
from firmware.runtime.floored_clock import FlooredClock
from tests.fakes import HandClock, MemoryStorage, PowerCut

BUILT = 1_790_000_000


def test_a_crash_is_there_after_the_start_until_the_service_has_it():
    storage = MemoryStorage()
    Diary(storage, lambda line: None).crashed("link", ValueError("no such thing"))
    diary = Diary(storage.restarted(), lambda line: None)
    assert diary.crash.startswith("link: ") and "no such thing" in diary.crash
    diary.told("another one", 0)
    assert Diary(storage.restarted()).crash == diary.crash != ""
    diary.told(diary.crash, 0)
    assert (diary.crash, Diary(storage.restarted()).crash) == ("", "")


def test_a_crash_that_came_while_another_was_told_stays():
    diary = Diary(MemoryStorage(), lambda line: None)
    diary.crashed("link", ValueError("first"))
    told = diary.crash
    diary.crashed("link", ValueError("second"))
    diary.told(told, 0)
    assert "second" in diary.crash


def test_the_same_crash_over_and_over_is_written_once():
    storage = MemoryStorage()
    for _ in range(100):
        Diary(storage, lambda line: None).crashed("main", OSError(5))
    assert storage.operations == 1
    Diary(storage, lambda line: None).crashed("main", OSError(19))
    assert storage.operations == 2


def test_what_is_kept_is_short_and_plain():
    said = []
    diary = Diary(MemoryStorage(), said.append)
    diary.crashed("link", ValueError("ä\x00" * 900))
    assert len(diary.crash) == 1000 and diary.crash.isascii() and diary.crash.isprintable()
    for number in range(30):
        diary.note(f"{number} " + "ö" * 300)
    assert [line.split()[0] for line in diary.lines] == [str(number) for number in range(10, 30)]
    assert {len(line) for line in diary.lines} == {200}
    assert said[-1].endswith("ö")
    diary.told("", 28)
    assert [line.split()[0] for line in diary.lines] == ["27", "28", "29"], "one line was the crash"
    diary.told("", 31)
    assert diary.lines == []


def test_a_medium_that_takes_nothing_stops_nobody():
    storage = MemoryStorage()
    storage.room = 0
    diary = Diary(storage, lambda line: None)
    diary.crashed("link", ValueError("x"))
    assert "x" in diary.crash


class Machine:
    """A board whose clock begins in 2021 whenever the power comes back, kept by `set` while it lasts."""

    def __init__(self, storage=None, now: int | None = None):
        self.clock = HandClock(now)
        self.storage = storage or MemoryStorage()
        self.sets = []
        self.floored = FlooredClock(self.clock, BUILT, self.storage, self.sets.append)


def test_nobody_told_is_no_date_but_a_floor():
    machine = Machine()
    assert machine.floored.now() is None
    assert machine.floored.at_least() == machine.floored.latest() == BUILT
    assert machine.sets == [BUILT], "certificates are not judged by the year 2021"
    machine.clock.forward(seconds=100)
    assert machine.floored.at_least() == BUILT + 100


def test_a_clock_before_the_image_was_built_is_no_clock():
    machine = Machine(now=BUILT - 200)
    assert machine.floored.now() is None
    machine = Machine(now=BUILT + 5)
    assert machine.floored.now() == BUILT + 5 and machine.sets == []


def test_the_service_says_what_time_it_is():
    machine = Machine()
    machine.floored.heard(BUILT + 1000)
    machine.clock.forward(seconds=7)
    assert machine.floored.now() == BUILT + 1007
    assert machine.sets == [BUILT, BUILT + 1000]


def test_the_service_is_not_believed_about_the_past():
    machine = Machine()
    machine.floored.heard(BUILT + 1000)
    machine.floored.heard(5)
    assert machine.floored.at_least() == BUILT + 1000


def test_a_clock_that_goes_a_little_wrong_is_left_alone():
    machine = Machine(now=BUILT + 1000)
    machine.floored.heard(BUILT + 1060)
    assert machine.floored.now() == BUILT + 1000 and machine.sets == []
    machine.floored.heard(BUILT + 9999)
    assert machine.floored.now() == BUILT + 9999 and machine.sets == [BUILT + 9999]


def test_the_last_word_outlives_a_start_and_costs_a_write_a_day():
    machine = Machine()
    for minute in range(0, 3 * 24 * 60, 10):
        machine.floored.heard(BUILT + 200000 + 60 * minute)
    assert machine.storage.operations <= 4
    again = Machine(machine.storage.restarted())
    assert again.floored.now() is None
    assert BUILT + 200000 + 2 * 86400 <= again.floored.at_least() <= BUILT + 200000 + 3 * 86400


def test_a_word_that_cannot_be_kept_is_a_word():
    machine = Machine()
    machine.storage.fail_at, machine.storage.error = 1, OSError(28)
    machine.floored.heard(BUILT + 200000)
    assert machine.floored.now() == BUILT + 200000
    assert not isinstance(machine.storage.error, PowerCut)
