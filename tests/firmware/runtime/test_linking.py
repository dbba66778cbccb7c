"""What a device does about an update that fails: it says so at once, and tries again ever more rarely."""

import asyncio

from firmware.runtime.diary import Diary
from firmware.runtime.idle import Idle
from firmware.runtime.linking import Linking
from firmware.runtime.reporting import Reports
from firmware.runtime.standing import Standing
from tests.fakes import HandClock, MemoryStorage
from tests.firmware.judge import Slots
from tests.firmware.peripherals.tills import make_till

HOUR = 3600


class Clock(HandClock):
    """What `FlooredClock` adds."""

    def heard(self, seconds):
        """The service's word is the date already."""

    def latest(self):
        return self.now()


class Log(Diary):
    """``attempts`` are the updates that were tried."""

    def __init__(self):
        super().__init__(MemoryStorage(), lambda line: None)
        self.attempts: list[str] = []

    def note(self, line):
        super().note(line)
        self.attempts += [line] if line.startswith("update: rung") else []


class Place:
    """A device whose service wants ``wanted`` on it; its update folder has no root, so no update can succeed."""

    host, told, down = "rung", 0, None

    def __init__(self):
        self.wanted = "rung-host-7.romfs"
        self.clock, self.kept, self.diary = Clock(), MemoryStorage(), Log()
        self.reported: list[bytes] = []
        self.board = self.service = self
        self.slots, self.identity = Slots(), {"device": "till-1"}
        self.standing = Standing("host", "a", self.slots)
        self.reports = Reports(self, self.clock, self.chance, self.diary, dict, 0)
        idle = Idle(make_till(), self.clock, 0)
        self.linking = Linking(self, self, self.reports, idle, self.chance, lambda: None)

    def chance(self, below=1):
        return below - 1

    def unsent(self):
        return 0

    async def step(self):
        """Nothing to send, no new rules."""
        return False

    async def post(self, target, body, room, content=""):
        self.reported.append(body)
        return 200, {"target": self.wanted, "after": 60}, ""

    def passes(self, seconds):
        """How often it tried meanwhile."""
        self.diary.attempts.clear()
        for _ in range(4 * seconds):
            asyncio.run(self.linking.step(lambda: None))
            self.clock.forward(milliseconds=250)
        return len(self.diary.attempts)


def test_an_update_that_cannot_be_installed_is_tried_ever_more_rarely_and_another_one_at_once():
    place = Place()
    assert 8 <= place.passes(HOUR) <= 14
    assert b"storage-failed" in place.reported[-1]
    place.passes(HOUR)
    assert place.passes(2 * HOUR) <= 4
    assert len(place.reported) < 5 * HOUR / 50, "it reports at once what failed, and else once a minute"
    place.wanted = "rung-host-8.romfs"
    assert place.passes(130) >= 4
