"""A fleet in memory to which a release is rolled out: tills that take it, refuse, fail or fall silent."""

from dataclasses import dataclass, field

from pricing_service import rollout_groups, rollout_law, rollout_till
from pricing_service.rollout_groups import Wanted
from pricing_service.rollout_law import Course, Tally
from pricing_service.rollout_till import Sight, Terms, Till

OLD, NEW = 6, 7
KINDS = ("boot-loop", "wrong-offers", "cannot-sync", "silent", "refuses", "later", "fine", "off")
DEADLINE, TRIAL = 7200, 300
LATER = 50  # reports, every half an hour, of one that works for a day and then is heard of no more
RUN = Course(rollout_law.RUNNING)


@dataclass
class Fake:
    """One till: what it does with a release, and where it is with it."""

    kind: str
    runs: int = OLD
    confirmed: int = OLD
    fell: bool = False
    starts: int = 0
    reports: int = 0  # since it confirmed

    def report(self) -> Sight | None:
        """What it sends, or nothing."""
        if self.kind == "off" or (
            self.runs == NEW and self.kind in ("cannot-sync", "silent") and self._lost()
        ):
            return None
        self.reports += self.confirmed == NEW
        if self.kind == "later" and self.reports > LATER:
            return None
        refused = "journal-format" if self.kind == "refuses" else ""
        trouble = "wrong-offers" if self.kind == "wrong-offers" and self.runs == NEW else ""
        return Sight(
            self.runs,
            self.confirmed,
            self.confirmed < self.runs,
            NEW if self.fell else 0,
            "unconfirmed" if self.fell else "",
            refused,
            trouble,
        )

    def hears(self, is_told: bool, is_content: bool) -> None:
        """The answer: to take the release, or that it may be confirmed."""
        if self.runs == NEW:
            self.confirmed = NEW if is_content else self.confirmed
        elif is_told and not self.fell and self.kind != "refuses":
            self.runs = OLD if self.kind == "boot-loop" else NEW
            self.fell = self.kind == "boot-loop"

    def _lost(self) -> bool:
        """One that cannot reach the service falls back after three starts; a silent one is never heard of again."""
        self.starts += 1
        if self.kind == "cannot-sync" and self.starts == 3:
            self.runs, self.fell = OLD, True
            return False
        return True


@dataclass
class Fleet:
    """``kinds``: of each till, by name. ``told`` collects who was told in which group, in order."""

    kinds: dict[str, str]
    wanted: tuple[Wanted, ...] = rollout_groups.DEFAULT
    now: int = 1_795_000_000
    course: Course = RUN
    told: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.split = rollout_groups.split("r", self.wanted, self.kinds)
        self.groups = [wanted.group for wanted, _ in self.split]
        self.group_of = {name: at for at, (_, names) in enumerate(self.split) for name in names}
        self.fakes = {name: Fake(kind) for name, kind in self.kinds.items()}
        self.tills = dict.fromkeys(self.kinds, Till())
        self._known: list[Tally] | None = None

    def terms(self, name: str) -> Terms:
        return Terms(DEADLINE, TRIAL, self.split[self.group_of[name]][0].watch)

    def put(self, name: str, till: Till) -> None:
        if self.tills[name] != till._replace(seen=self.tills[name].seen):
            self._known = None
        self.tills[name] = till

    def tallies(self) -> list[Tally]:
        if self._known is None:
            self._known = [self._tally(at) for at in range(len(self.groups))]
        return self._known

    def _tally(self, at: int) -> Tally:
        tills = [till for name, till in self.tills.items() if self.group_of[name] == at]
        return Tally(
            len(tills),
            sum(till.state in (rollout_till.TOLD, rollout_till.TRIED) for till in tills),
            sum(till.state == rollout_till.GOOD for till in tills),
            sum(till.state == rollout_till.FAILED for till in tills),
            sum(till.tried > 0 for till in tills),
        )

    @property
    def tried(self) -> int:
        return sum(tally.tried for tally in self.tallies())

    def judge(self) -> None:
        self.course = rollout_law.judge(self.course, self.groups, self.tallies())

    def go_by(self, seconds: int) -> None:
        """Time passes, and nobody says anything."""
        self.now += seconds
        for name, till in self.tills.items():
            goes_on = self.course.state != rollout_law.DONE
            self.put(name, rollout_till.aged(till, self.terms(name), self.now, goes_on))
        self.judge()

    def hear(self, name: str) -> None:
        """One till reports, if it does, and hears its answer."""
        sight = self.fakes[name].report()
        if sight is None:
            return
        terms = self.terms(name)
        till = rollout_till.heard(self.tills[name], NEW, terms, sight, self.now)
        self.put(name, till)
        self.judge()
        index = self.group_of[name]
        if till.state == rollout_till.WAITING and rollout_law.may_tell(
            self.course, self.groups, self.tallies(), index
        ):
            till = rollout_till.told(till, self.now)
            self.told.append((index, name))
            self.put(name, till)
        is_offered = till.state == rollout_till.TOLD and self.course.state in rollout_law.TELLING
        is_content = self.course.state != rollout_law.STOPPED and rollout_till.is_content(
            till, terms, self.now
        )
        self.fakes[name].hears(is_offered, is_content)

    def day(self, hours: int = 24, every: int = 1800) -> None:
        """Everybody reports every so many seconds."""
        for _ in range(hours * 3600 // every):
            self.go_by(every)
            for name in self.fakes:
                self.hear(name)
