"""A till in a simulated world: the real till, journal, snapshot file and sync on a medium that can lose its power."""

from collections.abc import Callable
from typing import Any

from pos_client import renewal
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync
from pos_client.till import Till
from tests.fakes import MemoryStorage, PowerCut
from tests.simulator.loop import Task
from tests.simulator.network import Link, Network
from tests.simulator.world import World

LOOK_MS = 1000  # between two looks for something to send
YEAR = 365 * 86400


class MachineClock:
    """`Clock` of one boot; ``off`` seconds wrong, or without a date where that is None."""

    def __init__(self, world: World, off: int | None) -> None:
        self._world, self._off, self._booted = world, off, world.loop.now

    def monotonic_ms(self) -> int:
        return self._world.loop.now - self._booted

    def now(self) -> int | None:
        return None if self._off is None else self._world.seconds + self._off


class Machine:
    """One till. ``boot`` puts its parts together from the medium; nothing else survives a power cut."""

    def __init__(
        self,
        world: World,
        network: Network,
        name: str,
        identity: dict[str, Any],
        twin: "Machine | None" = None,
    ) -> None:
        self.world, self.network, self.name, self.identity = world, network, name, identity
        self.chance = world.chance(f"machine {name}")
        self.storage = MemoryStorage()
        self.images: list[dict[str, bytes]] = []
        self.restores = 0
        self.is_on = False
        self._boots = 0
        self._task: Task | None = None
        self._segment = self.chance.choice((1500, 6000, 131072))
        self._batch = self.chance.choice((1, 4000, 30_000))
        self._every = self.chance.choice((15_000, 60_000, 240_000))
        self._off = (
            twin._off if twin else self._drawn_clock()
        )  # a clock that jumps by weeks makes a journal forget

    @property
    def branch(self) -> str:
        """Names this journal between two settings back of its medium."""
        return f"{self.name}/{self.restores}"

    def boot(self) -> None:
        if self.is_on:
            return
        self._boots += 1
        self.storage = self.storage.restarted()
        self.is_on = self.attempt(self._assemble)
        if self.is_on:
            self._look_soon(self._boots, 1)

    def attempt(self, action: Callable[[], Any]) -> bool:
        """Whether ``action`` came to its end; the power may be cut in the middle."""
        try:
            action()
        except PowerCut:
            self.switch_off("power cut")
            return False
        return True

    def cut_soon(self) -> None:
        """The power will be cut at one of the next writes, which may reach the medium in part."""
        self.storage.fail_at = self.storage.operations + self.chance.randrange(1, 6)
        self.storage.torn = self.chance.randrange(1500)

    def switch_off(self, why: str) -> None:
        if self._task:
            self._task.cancel()
        self._task, self.is_on = None, False
        self.world.say("{}: {}", self.name, why)
        self.world.count(why)
        self.world.loop.after(self.chance.randrange(500, 20_000), self.boot)

    def take_image(self) -> None:
        self.images.append({name: bytes(data) for name, data in self.storage.files.items()})
        self.world.say("{}: image {} taken at number {}", self.name, len(self.images), self.next_sequence)

    def set_back(self, image: dict[str, bytes]) -> None:
        """Go on from ``image``, after a moment."""
        self.switch_off("image set back")
        self.restores += 1
        self.storage = MemoryStorage({name: bytearray(data) for name, data in image.items()})

    @property
    def next_sequence(self) -> int:
        return self.journal.next_sequence

    def is_at_rest(self, history: str) -> bool:
        """Everything was handed in, nothing troubles it, and its snapshot is of the service's present history."""
        if not self.is_on or self.journal.health()["depth"]:
            return False
        health, present = self.sync.health(), self.snapshots.current
        quiet = health["trouble"] is None and health["snapshot_trouble"] is None
        return quiet and present is not None and present.meta["history"] == history

    def _assemble(self) -> None:
        """As `pos_client.starting.assembled` does, with our link, without a server."""
        clock = MachineClock(self.world, self._off)
        identity = renewal.recall(self.identity, self.storage)
        self.journal = Journal(self.storage, clock, self._segment)
        self.snapshots = SnapshotFile(self.storage, identity)
        self.till = Till(identity, clock, self.journal, self._boots, self.snapshots.current)
        link = Link(self.network, self.name)
        self.sync = Sync(
            identity,
            self.storage,
            self.journal,
            self.snapshots,
            link,
            clock,
            self.chance.randrange,
            self.till.adopt,
            self._batch,
        )
        self.sync.tell = self._heard
        self.sync.holds = self.till.holds
        self.sync.every = self._every

    def _heard(self, what: str, trouble: str | None) -> None:
        self.world.say("{}: {}: {}", self.name, what, trouble or "well again")
        if trouble:
            self.world.count("trouble " + trouble.partition(":")[0])

    def _look_soon(self, boot: int, after: int) -> None:
        self.world.loop.after(after, lambda: self._look(boot))

    def _look(self, boot: int) -> None:
        if self.is_on and boot == self._boots:
            self._task = Task(self.sync.step(), lambda moved, trouble: self._stepped(boot, moved, trouble))

    def _stepped(self, boot: int, moved: bool, trouble: BaseException | None) -> None:
        if isinstance(trouble, PowerCut):
            self.switch_off("power cut")
            return
        if trouble:
            self.world.faults.append(f"{self.name}: sync raised {trouble!r}")
        self._look_soon(boot, 1 if moved else LOOK_MS)

    def _drawn_clock(self) -> int | None:
        machines = self.world.weather.machines
        if "clock-dead" in machines and self.chance.random() < 0.5:
            return None
        wrong = "clock-off" in machines and self.chance.random() < 0.5
        return self.chance.randrange(-YEAR, YEAR) if wrong else self.chance.randrange(-20, 20)
