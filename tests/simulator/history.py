"""One history: machines sell for a while and everything goes wrong; then nothing does, and all must come right."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.simulator import copies, judge, poison, pretending, web
from tests.simulator.cashier import Cashier
from tests.simulator.faults import Weather, draw
from tests.simulator.machine import Machine
from tests.simulator.network import Network
from tests.simulator.notes import Notes
from tests.simulator.service import DEVICES, Backend, prepared
from tests.simulator.world import World

PATIENCE_MS = 3600_000  # of quiet after which who still has something to do is stuck
ROUND_MS = 5_000
MOST_EXCHANGES = 150  # in the quiet, of each machine: a till that needs more goes in circles


@dataclass
class Outcome:
    """What became of a history: what is wrong with it, what happened, and its story."""

    seed: int
    weather: Weather
    wrong: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)


def play(seed: int, weather: Weather | None = None, with_story: bool = False) -> Outcome:
    """The history of ``seed``, under its own weather or another one."""
    weather = weather or draw(Random(f"{seed} weather"))
    history = History(World(seed, weather))
    wrong = history.played()
    world = history.world
    story = world.story() if wrong or with_story else []
    return Outcome(seed, weather, wrong, world.counts, story)


class History:
    """The people and machines of one world."""

    def __init__(self, world: World) -> None:
        pretending.enter(world)
        web.UNFORESEEN.found = []
        self.world = world
        self.notes = Notes()
        self.backend = Backend(world)
        self.network = Network(world, self.backend)
        self.chance = world.chance("plan")
        self.machines: list[Machine] = []
        for device in DEVICES[: self.chance.choice((1, 1, 1, 2))]:
            self._open(device, prepared().identities[device])

    def played(self) -> list[str]:
        seconds = self.chance.randrange(20, 150)
        for machine in list(self.machines):
            self._busy(machine, seconds)
        self._trouble(seconds)
        self.world.loop.run(seconds * 1000)
        wrong = self._quiet()
        self._count()
        return (
            wrong
            + judge.judged(self.notes, self.backend, self.machines)
            + self.world.faults
            + web.UNFORESEEN.found
        )

    def _open(self, name: str, identity: dict, twin: Machine | None = None) -> Machine:
        machine = Machine(self.world, self.network, name, identity, twin)
        self.machines.append(machine)
        return machine

    def _busy(self, machine: Machine, seconds: int) -> None:
        """A machine with a cashier who sells a few times until the end."""
        cashier = Cashier(machine, self.notes, prepared().first.tenant_key)
        began = self.world.loop.now
        machine.boot()
        for _ in range(self.chance.choice((1, 2, 3, 4, 8))):
            self._at(seconds - began // 1000, cashier.work)

    def _trouble(self, seconds: int) -> None:
        """When which of the weather's faults befalls whom."""
        doing = {
            "power-cut": lambda: self._someone().cut_soon(),
            "switched-off": lambda: self._if_on(lambda one: one.switch_off("switched off")),
            "till-restored": self._restore_till,
            "till-cloned": self._clone,
            "service-killed": lambda: self.backend.kill("between requests"),
            "service-cut": lambda: self.backend.cut_at(self.chance.randrange(50)),
            "service-restored": self._restore_service,
            "poison": self._poison,
        }
        for name in sorted(self.world.weather.machines & doing.keys()):
            for _ in range(self.chance.choice((1, 1, 2, 3))):
                self._at(seconds, doing[name])
        if "till-restored" in self.world.weather.machines or "till-cloned" in self.world.weather.machines:
            for _ in range(3):
                self._at(seconds, lambda: self._someone().take_image())
        if "service-restored" in self.world.weather.machines:
            for _ in range(3):
                self._at(seconds, self.backend.copy)

    def _at(self, seconds: int, action) -> None:
        self.world.loop.after(self.chance.randrange(1, max(2, seconds * 1000)), action)

    def _someone(self) -> Machine:
        return self.chance.choice(self.machines)

    def _if_on(self, action) -> None:
        one = self._someone()
        if one.is_on:
            action(one)

    def _poison(self) -> None:
        self._if_on(lambda one: poison.lay(one, self.notes, self.chance))
        copies.excuse(self.notes, self.backend, self.machines)

    def _restore_till(self) -> None:
        one = self._someone()
        if one.images:
            one.set_back(self.chance.choice(one.images))
            self.world.count("till restored")
            copies.excuse(self.notes, self.backend, self.machines)

    def _clone(self) -> None:
        one = self._someone()
        if one.images:
            twin = self._open(f"{one.name}.{len(self.machines)}", one.identity, one)
            twin.storage.files.update(
                {name: bytearray(data) for name, data in self.chance.choice(one.images).items()}
            )
            self.world.say("{}: cloned as {}", one.name, twin.name)
            self.world.count("till cloned")
            self._busy(twin, self.world.loop.now // 1000 + 60)

    def _restore_service(self) -> None:
        self.backend.restore()
        copies.excuse(self.notes, self.backend, self.machines)

    def _quiet(self) -> list[str]:
        """From now on nothing new goes wrong; who cannot come to rest is stuck."""
        self.network.calm()
        self.backend.spare()
        for machine in self.machines:
            machine.storage.fail_at = 0
        self.world.say("calm: no new faults")
        sent, until = self.network.sent, self.world.loop.now + PATIENCE_MS
        most = sent + MOST_EXCHANGES * len(self.machines)
        while self._is_busy() and self.world.loop.now < until and self.network.sent <= most:
            self.world.loop.run(self.world.loop.now + ROUND_MS)
        return self._stuck(self.network.sent - sent)

    def _count(self) -> None:
        """What the service holds in the end."""
        raw = self.backend.database.raw
        for code, many in raw.execute("SELECT code, COUNT(*) FROM quarantine GROUP BY code").fetchall():
            self.world.count(f"set aside: {code}", many)
        (epochs,) = raw.execute("SELECT COUNT(*) FROM devices").fetchone()
        self.world.count("renewals", epochs - len(DEVICES))
        self.world.count("records in logs", raw.execute("SELECT COUNT(*) FROM events").fetchone()[0])
        self.world.count("requests", self.network.sent)

    def _is_busy(self) -> bool:
        if self.backend.running is None or self.network.under_way:
            return True
        (history,) = self.backend.database.raw.execute("SELECT history FROM service").fetchone()
        return not all(machine.is_at_rest(history) for machine in self.machines)

    def _stuck(self, sent: int) -> list[str]:
        wrong = []
        if self._is_busy():
            for machine in self.machines:
                wrong.append(f"stuck: {machine.name}: {machine.journal.health()} {machine.sync.health()}")
        if sent > MOST_EXCHANGES * len(self.machines):
            wrong.append(f"stuck: {sent} exchanges in the quiet")
        return wrong
