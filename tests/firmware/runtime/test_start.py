"""A board that cannot start at all is started again, and what it could not do is noted where that is possible."""

import pytest

from firmware.runtime.diary import Diary
from firmware.runtime.running import run
from tests.fakes import MemoryStorage


class Restarted(BaseException):
    pass


class Board:
    """It has a medium, and nothing else of a board."""

    def __init__(self, storage: MemoryStorage | None):
        self.storage = storage
        self.rested = 0

    def kept(self):
        if self.storage is None:
            raise MemoryError
        return self.storage

    def sleep_ms(self, milliseconds):
        self.rested += milliseconds

    def restart(self):
        raise Restarted


@pytest.mark.parametrize("storage", [MemoryStorage(), None])
def test_what_cannot_start_is_started_again_after_a_rest(storage):
    board = Board(storage)
    with pytest.raises(Restarted):
        run(board, "a")
    assert 1000 <= board.rested <= 5000, "somebody with a cable gets a word in, and no watchdog bites before"
    assert storage is None or Diary(storage).crash.startswith("main: AttributeError")


def test_a_cable_that_interrupts_it_does_not_start_it_again():
    class Interrupted(Board):
        def kept(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Interrupted(None), "a")
