"""One scenario: a release of one kind is rolled out to a fleet, hour by hour of its own time, and what came of it."""

import heapq
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pricing_service.rolling import board_images, till
from pricing_service.rolling.boards import Board, Boards
from pricing_service.rolling.counter import Counter
from pricing_service.rolling.images import FALLS, GOOD, NEW, OLD, image
from pricing_service.rolling.outcome import Outcome
from pricing_service.rolling.shop import Shop
from pricing_service.rolling.till import Till
from pricing_service.rollout_law import DONE, STOPPED

STEP = 30  # seconds that share a transaction
LONGEST = 24 * 3600  # of a scenario, seconds


def play(
    kind: str,
    tills: int,
    seed: int,
    told: Callable[[int, str], None] = lambda minute, state: None,
    micropython: int = 0,
    files: Path | None = None,
) -> Outcome:
    """Roll ``kind`` out to so many tills, ``micropython`` of them boards with an image of ``files``: then all takes
    place in real time. ``told`` hears now and then how it stands."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rung-simulated-") as folder:
        fleet = _Fleet(Path(folder), kind, tills, seed, micropython if files else 0, files, told)
        try:
            outcome = fleet.play()
        finally:
            fleet.close()
    return outcome._replace(seconds=round(time.monotonic() - began, 1))


class _Pace(NamedTuple):
    """Seconds: all tills report within ``first``, it is looked after ``look`` whether it is over, for ``longest``."""

    first: int
    look: int
    longest: int


_SIMULATED, _REAL = _Pace(1200, 600, LONGEST), _Pace(4, 2, 3600)
_BESIDE_BOARDS = 75  # seconds on trial of a simulated till, which looks once a minute
_HEARD = 300  # seconds in which boards have to be there, however busy this machine is


class _Fleet:
    def __init__(
        self,
        folder: Path,
        kind: str,
        tills: int,
        seed: int,
        micropython: int,
        files: Path | None,
        told: Callable[[int, str], None],
    ) -> None:
        names = [f"till-{number:05}" for number in range(tills)]
        self.told = told
        self.kind, self.pace = kind, _REAL if micropython else _SIMULATED
        self.images = _images(folder, kind, files)
        self.shop = Shop(folder / "data", names)
        self.shop.publish(self.images)
        counters = {
            GOOD: Counter(self.shop.snapshot),
            "wrong-offers": Counter(self.shop.snapshot, wrong=True),
        }
        chance = random.Random(f"{seed} {kind}")
        patience = _BESIDE_BOARDS if micropython else till.PATIENCE
        self.tills = [
            Till(name, folder / name, self.shop, self.images[OLD], counters, chance.getrandbits(60), patience)
            for name in names[micropython:]
        ]
        self._served = ExitStack()
        self.boards = Boards(self._boards(folder, names[:micropython]))
        self.now = self.begun = int(time.time())
        self.stopped = self.back = 0
        for one in self.tills:
            one.start(self.now)
            one.due = one.report_due = self.now + one.chance.randrange(self.pace.first // 2)

    def close(self) -> None:
        self.boards.close()
        self._served.close()
        self.shop.close()

    def play(self) -> Outcome:
        self._begin()
        self.shop.roll_out(NEW, self.now, [board.name for board in self.boards.boards])
        self.begun = self.now
        self.boards.pull_the_plug()  # who starts reports at once
        self.boards.switch_on()
        while not self._is_over() and self.now - self.begun < self.pace.longest:
            self._go_on(self.pace.look)
            self._tell(self.shop.rollout().kept.state)
        self._drain()
        return self._outcome()

    def _boards(self, folder: Path, names: list[str]) -> list[Board]:
        if not names:
            return []
        address = self._served.enter_context(self.shop.served())
        root, old = self.shop.files["1.root.json"], self.images[OLD]
        return [Board(folder / name, self.shop.identity(name, address), old, root) for name in names]

    def _begin(self) -> None:
        """Everybody has reported once, and what boards have sold since has arrived."""
        self._go_on(self.pace.first)
        self.boards.switch_on()
        for step in (lambda told: told[0], lambda told: told[1] > 0):
            if not self._until(
                lambda step=step: all(step(self.shop.heard_of(one.name)) for one in self.boards.boards),
                "its boards start",
            ):
                raise SystemExit(f"A board was not heard of in {_HEARD} s: {self.boards.said()}")
            self.boards.open()

    def _tell(self, state: str) -> None:
        self.told((self.now - self.begun) // 60, state)

    def _until(self, is_so: Callable[[], bool], state: str) -> bool:
        """Whether it is, after waiting for it."""
        most = self.now + _HEARD
        while not is_so():
            if self.now > most:
                return False
            self._tell(state)
            self._go_on(self.pace.look)
        return True

    def _go_on(self, seconds: int) -> None:
        until = self.now + seconds
        waiting = [(one.due, number) for number, one in enumerate(self.tills)]
        heapq.heapify(waiting)
        while waiting and waiting[0][0] < until:
            self._pass_until(waiting[0][0])
            with self.shop.turn(self.now):
                while waiting and waiting[0][0] < min(self.now + STEP, until):
                    when, number = heapq.heappop(waiting)
                    self.tills[number].wake(max(when, self.now))
                    heapq.heappush(waiting, (self.tills[number].due, number))
        self._pass_until(until)

    def _pass_until(self, when: int) -> None:
        """Time goes by: at once, but for boards."""
        if self.pace is _REAL:
            time.sleep(max(0.0, when - time.time()))
        self.now = max(self.now, when)

    @property
    def _everybody(self) -> list[Till | Board]:
        return [*self.tills, *self.boards.boards]

    def _is_over(self) -> bool:
        state = self.shop.rollout().kept.state
        if state == STOPPED and not self.stopped:
            self.stopped = self.now
        is_back = all(self._is_settled(one) for one in self._everybody)
        return (state == STOPPED and is_back) or (state == DONE)

    def _is_settled(self, one: Till | Board) -> bool:
        """Whether a till runs what it will go on to run."""
        return not one.is_trial and (one.image() == self.images[OLD] or self.kind in FALLS)

    def _drain(self) -> None:
        """Everybody is online once more, and what was closed is sent."""
        self.back = self.now
        self.boards.stop_selling()
        for one in self.tills:
            one.offline_until = 0
        with self.shop.turn(self.now):
            for one in self.tills:
                one.sync()
        self._until(
            lambda: all(self.shop.heard_of(one.name)[1] >= len(one.made) for one in self.boards.boards),
            "what waits is sent",
        )

    def _outcome(self) -> Outcome:
        rollout, tallies = self.shop.rollout().kept, self.shop.tallies()
        log = self.shop.records()
        made = {(one.name, number): line for one in self.tills for number, line in enumerate(one.made, 1)}
        closed = [(board.name, number) for board in self.boards.boards for number in board.made]
        running = [sha256(one.image()).digest() for one in self._everybody]
        on_old, on_new = [
            sum(each == _digest(self.images[version]) for each in running) for version in (OLD, NEW)
        ]
        missing = sum(log.get(identity) != line for identity, line in made.items())
        return Outcome(
            kind=self.kind,
            tills=len(self._everybody),
            micropython=len(self.boards.boards),
            state=rollout.state,
            why=rollout.why,
            tried=sum(tally.tried for tally in tallies),
            failed=sum(tally.failed for tally in tallies),
            stopped_after=-(-(self.stopped - self.begun) // 60) if self.stopped else 0,
            back_after=-(-(self.back - self.begun) // 60),
            on_old=on_old,
            on_new=on_new,
            records=len(made) + len(closed),
            lost=missing + sum(identity not in log for identity in closed),
            seconds=0.0,
        )


def _images(folder: Path, kind: str, files: Path | None) -> dict[int, bytes]:
    """What runs before, and the release."""
    kinds = {OLD: GOOD, NEW: kind}
    if files is None:
        return {version: image(version, each) for version, each in kinds.items()}
    return {
        version: board_images.image(files, folder / str(version), version, each)
        for version, each in kinds.items()
    }


def _digest(body: bytes) -> bytes:
    return sha256(body).digest()
