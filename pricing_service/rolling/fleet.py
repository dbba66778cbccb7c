"""One scenario: a release of one kind is rolled out to a fleet, hour by hour of its own time, and what came of it."""

import heapq
import random
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pricing_service.rolling.counter import Counter
from pricing_service.rolling.images import GOOD, NEW, OLD, image
from pricing_service.rolling.shop import Shop
from pricing_service.rolling.till import Till
from pricing_service.rollout_law import DONE, STOPPED

STEP = 30  # seconds that share a transaction
LONGEST = 24 * 3600  # of a scenario, seconds


class Outcome(NamedTuple):
    """``tried``: tills that ever ran the release; ``stopped_after`` and ``back_after`` in minutes of the fleet's time.

    ``on_old`` and ``on_new`` count tills by the bytes in the slot they run. ``lost``: records a till had closed that
    are not in the log as it sealed them."""

    kind: str
    tills: int
    state: str
    why: str
    tried: int
    failed: int
    stopped_after: int
    back_after: int
    on_old: int
    on_new: int
    records: int
    lost: int
    seconds: float

    @property
    def held(self) -> bool:
        """Whether it went as it has to: done-when 5 of the issue that asked for rollouts."""
        if self.kind == GOOD:
            return self.state == DONE and self.lost == 0
        is_small = self.tried <= max(1, 2 * self.tills // 100)
        return self.state == STOPPED and is_small and self.on_old == self.tills and self.lost == 0


def play(
    kind: str, tills: int, seed: int, told: Callable[[int, str], None] = lambda minute, state: None
) -> Outcome:
    """Roll ``kind`` out to so many tills. ``told`` hears of every hour that went by."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rung-simulated-") as folder:
        fleet = _Fleet(Path(folder), kind, tills, seed)
        try:
            outcome = fleet.play(told)
        finally:
            fleet.shop.close()
    return outcome._replace(seconds=round(time.monotonic() - began, 1))


class _Fleet:
    def __init__(self, folder: Path, kind: str, tills: int, seed: int) -> None:
        names = [f"till-{number:05}" for number in range(tills)]
        self.kind, self.images = kind, {OLD: image(OLD, GOOD), NEW: image(NEW, kind)}
        self.shop = Shop(folder / "data", names)
        self.shop.publish(self.images)
        counters = {
            GOOD: Counter(self.shop.snapshot),
            "wrong-offers": Counter(self.shop.snapshot, wrong=True),
        }
        chance = random.Random(f"{seed} {kind}")
        self.tills = [
            Till(name, folder / name, self.shop, self.images[OLD], counters, chance.getrandbits(60))
            for name in names
        ]
        self.now = self.begun = int(time.time())
        self.stopped = self.back = 0
        for till in self.tills:
            till.start(self.now)
            till.due = till.report_due = self.now + till.chance.randrange(600)

    def play(self, told: Callable[[int, str], None]) -> Outcome:
        self._go_on(1200)  # everybody has reported once
        self.shop.roll_out(NEW, self.now)
        self.begun = self.now
        while not self._is_over() and self.now - self.begun < LONGEST:
            self._go_on(600)
            told((self.now - self.begun) // 60, self.shop.rollout().kept.state)
        self._drain()
        return self._outcome()

    def _go_on(self, seconds: int) -> None:
        until = self.now + seconds
        waiting = [(till.due, number) for number, till in enumerate(self.tills)]
        heapq.heapify(waiting)
        while waiting and waiting[0][0] < until:
            self.now = max(self.now, waiting[0][0])
            with self.shop.turn(self.now):
                while waiting and waiting[0][0] < min(self.now + STEP, until):
                    when, number = heapq.heappop(waiting)
                    self.tills[number].wake(max(when, self.now))
                    heapq.heappush(waiting, (self.tills[number].due, number))
        self.now = until

    def _is_over(self) -> bool:
        state = self.shop.rollout().kept.state
        if state == STOPPED and not self.stopped:
            self.stopped = self.now
        is_back = all(till.image() == self.images[OLD] and not till.standing.is_trial for till in self.tills)
        return (state == STOPPED and is_back) or (state == DONE)

    def _drain(self) -> None:
        """Everybody is online once more, and what was closed is sent."""
        self.back = self.now
        for till in self.tills:
            till.offline_until = 0
        with self.shop.turn(self.now):
            for till in self.tills:
                till.sync()

    def _outcome(self) -> Outcome:
        rollout, tallies = self.shop.rollout().kept, self.shop.tallies()
        log = self.shop.records()
        made = {(till.name, number): line for till in self.tills for number, line in enumerate(till.made, 1)}
        running = [sha256(till.image()).digest() for till in self.tills]
        on_old, on_new = [
            sum(each == _digest(self.images[version]) for each in running) for version in (OLD, NEW)
        ]
        return Outcome(
            kind=self.kind,
            tills=len(self.tills),
            state=rollout.state,
            why=rollout.why,
            tried=sum(tally.tried for tally in tallies),
            failed=sum(tally.failed for tally in tallies),
            stopped_after=(self.stopped - self.begun) // 60 if self.stopped else 0,
            back_after=(self.back - self.begun) // 60,
            on_old=on_old,
            on_new=on_new,
            records=len(made),
            lost=sum(log.get(identity) != line for identity, line in made.items()),
            seconds=0.0,
        )


def _digest(body: bytes) -> bytes:
    return sha256(body).digest()
