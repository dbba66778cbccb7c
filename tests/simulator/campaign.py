"""Many histories, in some processes, added up; and how to make a failing one smaller."""

import gc
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field

from pricing_service import logs
from tests.simulator import pretending, web
from tests.simulator.history import Outcome, play
from tests.simulator.service import prepared

CHUNK = 25  # histories that a process plays before it reports
Planted = Callable[[], AbstractContextManager]


@dataclass
class Tally:
    """What became of some histories; ``failed`` are those with something wrong, with their stories."""

    histories: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    having: Counter[str] = field(default_factory=Counter)  # histories whose weather has a fault
    failed: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.histories += 1
        self.counts += outcome.counts
        self.having.update(outcome.weather.names)
        if outcome.wrong:
            self.failed.append(outcome)

    def join(self, other: "Tally") -> None:
        self.histories += other.histories
        self.counts += other.counts
        self.having += other.having
        self.failed += other.failed


@contextmanager
def stage() -> Iterator[None]:
    """Everything that is simulated in the place of the real thing, for as long as the block lasts."""
    with ExitStack() as stack:
        stack.enter_context(pretending.pretended())
        stack.enter_context(web.without_threads())
        stack.enter_context(web.listened())
        prepared()
        gc.collect()
        gc.freeze()  # to look for garbage among all that is there before a history takes longer than to play it
        yield


def some(seeds: range) -> Tally:
    """Histories of this process."""
    tally = Tally()
    with stage():
        for seed in seeds:
            tally.add(play(seed))
    return tally


def campaign(first: int, histories: int, jobs: int) -> Iterator[Tally]:
    """The histories of ``histories`` seeds from ``first`` on, as they come in."""
    ends = range(first, first + histories, CHUNK)
    chunks = [range(seed, min(seed + CHUNK, first + histories)) for seed in ends]
    if jobs == 1:
        yield from map(some, chunks)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, _quiet) as pool:
        yield from pool.imap(some, chunks)


def transcript(seed: int) -> str:
    """Everything that happened in a history, to the last byte that matters: the same on every machine."""
    with stage():
        outcome = play(seed, with_story=True)
        rows = (
            prepared().memory.raw.execute("SELECT position, hash, received, hex(seal) FROM events").fetchall()
        )
    return "\n".join([*outcome.story, *map(str, sorted(outcome.counts.items())), *map(str, rows)])


def caught(planted: Planted, first: int, most: int) -> tuple[int, Outcome | None]:
    """How many histories it takes until one shows the planted fault, and that one; None if none of ``most`` does."""
    with stage(), planted():
        for count in range(1, most + 1):
            outcome = play(first + count - 1)
            if outcome.wrong:
                return count, outcome
    return most, None


def shrunk(failed: Outcome, planted: Planted = nullcontext) -> Outcome:
    """The same seed with as few faults as still make it fail."""
    with stage(), planted():
        smallest = failed
        for name in failed.weather.names:
            smaller = play(failed.seed, smallest.weather.without(name))
            if smaller.wrong:
                smallest = smaller
    return smallest


def told(failed: Outcome) -> str:
    """A failing history for a person: its faults, what is wrong, what happened, and how to play it again."""
    again = f"python -m tests.simulator 1 --seed {failed.seed}"
    faults = f"faults: {', '.join(failed.weather.names) or 'none'}"
    return "\n".join([f"seed {failed.seed}: {again}", faults, *failed.wrong, *failed.story])


def _quiet() -> None:
    logs.configure()
