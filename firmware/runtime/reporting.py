"""What a device tells retail IT of itself, and what it hears: which image it should run, and when to report again."""

import gc
import json

from pos_client.core.record import Refused
from pos_client.link import LinkDown
from pos_client.schedule import Schedule

_PATH = "/v1/firmware/reports"
_SHORTEST, _LONGEST = 10, 3600  # seconds between two reports
_MOST = 4096  # bytes
_UNKNOWN = 404  # what a service from before there were reports says


class Reports:
    """``service`` is the `SignedLink`, ``facts()`` gives the members of a report that others know. ``target`` is the
    image that the service wants here, "" for what runs. The ``first`` is due after so many milliseconds, or twice as
    many."""

    def __init__(self, service, clock, chance, diary, facts, first: int):
        self._service = service
        self._clock = clock
        self._chance = chance
        self._diary = diary
        self._facts = facts
        self._schedule = Schedule(chance, self._changed)
        self._schedule.due = clock.monotonic_ms() + first + chance(first + 1)
        self.target = ""
        self.answers = 0  # since the start
        self.refused = ""  # why the last look for an update failed

    async def step(self) -> bool:
        """One report if one is due."""
        now = self._clock.monotonic_ms()
        if now < self._schedule.due or not self._service.host:
            return False
        try:
            await self._report()
        except LinkDown as down:
            # Records and rules may have nothing to ask for an hour: till then only this knows.
            self._service.down = "service-unreachable: " + str(down)
            self._schedule.failed(self._clock.monotonic_ms(), str(down))
        except MemoryError:
            gc.collect()
            self._schedule.failed(self._clock.monotonic_ms(), "out-of-memory")
        except (OSError, Refused):
            self._schedule.failed(self._clock.monotonic_ms(), "storage-failed")
        return True

    def soon(self) -> None:
        """There is something to tell."""
        self._schedule.due = self._clock.monotonic_ms()

    async def _report(self) -> None:
        crash, noted = self._diary.crash, self._diary.noted
        status, told, _ = await self._service.post(_PATH, self._body(crash), _MOST, "application/json")
        self._service.down = None
        now = self._clock.monotonic_ms()
        if status == 200:
            self._diary.told(crash, noted)
            self.answers += 1
            self.target = _text(told.get("target"))
            self._schedule.succeeded(now, self._jittered(told.get("after")))
        elif self._service.corrects(told):
            self._schedule.corrected(now, str(told.get("code")))
        elif status == _UNKNOWN:
            self._schedule.succeeded(now, self._jittered(_LONGEST))
        else:
            self._schedule.failed(now, "report-refused-" + str(status))

    def _body(self, crash: str) -> bytes:
        """The report; of too much log the oldest lines stay here."""
        told = self._facts()
        told["refused"], told["crash"] = self.refused, crash
        lines = self._diary.lines
        while True:
            told["log"] = lines
            body = json.dumps(told).encode()
            if len(body) <= _MOST or not lines:
                return body
            lines = lines[1:]

    def _jittered(self, after) -> int:
        """Milliseconds: a thousand tills must not report in the same second."""
        seconds = min(max(after, _SHORTEST), _LONGEST) if type(after) is int else _LONGEST
        return 1000 * seconds - self._chance(125 * seconds)

    def _changed(self, trouble) -> None:
        self._diary.note("reports: " + (trouble or "well again"))


def _text(value) -> str:
    return value if type(value) is str else ""
