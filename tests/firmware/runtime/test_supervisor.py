"""The watchdog is fed while every task keeps its word, and by nobody else."""

import asyncio
from itertools import pairwise

from firmware.runtime.supervisor import Supervisor
from tests.firmware.runtime.hand_time import HandTime


class Bench:
    """A supervisor with hands for time and chance; ``fed`` are the moments, in ms, at which it fed its watchdog."""

    def __init__(self):
        self.time = HandTime()
        self.fed, self.crashes = [], []
        self.supervisor = Supervisor(
            self.time, lambda below: 0, self, lambda *told: self.crashes.append(told), self.time.sleep
        )

    def feed(self):
        self.fed.append(self.time.monotonic_ms())

    def play(self, story):
        """Run the supervisor while ``story()`` lets time pass."""

        async def whole():
            running = asyncio.create_task(self.supervisor.run())
            await story()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(whole())

    def starved(self) -> int:
        """Milliseconds since it was fed last."""
        return self.time.monotonic_ms() - self.fed[-1]


def beating(bench, every):
    async def work(beat):
        while True:
            beat()
            await bench.time.sleep(every)

    return work


def silent_after(bench, seconds):
    async def work(beat):
        beat()
        await bench.time.sleep(seconds)
        beat()
        await asyncio.Event().wait()

    return work


def test_it_is_fed_twice_a_second_while_all_goes_well():
    bench = Bench()
    bench.supervisor.add("link", 10000, beating(bench, 9))
    bench.supervisor.add("server", 2000, beating(bench, 1))
    bench.play(lambda: bench.time.passes(3600))
    gaps = [later - earlier for earlier, later in pairwise(bench.fed)]
    assert set(gaps) == {500} and bench.starved() <= 500
    assert not bench.crashes


def test_one_task_of_many_that_says_nothing_any_more_starves_it():
    bench = Bench()
    bench.supervisor.add("server", 2000, beating(bench, 1))
    bench.supervisor.add("link", 10000, silent_after(bench, 60))
    bench.play(lambda: bench.time.passes(69))
    assert bench.starved() <= 500
    bench = Bench()
    bench.supervisor.add("server", 2000, beating(bench, 1))
    bench.supervisor.add("link", 10000, silent_after(bench, 60))
    bench.play(lambda: bench.time.passes(120))
    assert bench.fed[-1] <= 70000
    assert bench.crashes == [("link", None)]


def test_a_task_that_breaks_is_noted_and_started_again_later_and_later():
    bench = Bench()
    starts = []

    async def work(beat):
        starts.append(bench.time.monotonic_ms())
        raise OSError(5)

    bench.supervisor.add("display", 1000, work)
    bench.play(lambda: bench.time.passes(600))
    waits = [later - earlier for earlier, later in pairwise(starts)]
    assert waits[:8] == [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]
    assert {name for name, _ in bench.crashes} == {"display"} and len(bench.crashes) == len(starts)
    assert bench.starved() <= 500, "it rests, which is no silence"


def test_a_task_that_ends_is_started_again_as_well():
    bench = Bench()

    async def work(beat):
        beat()

    bench.supervisor.add("link", 1000, work)
    bench.play(lambda: bench.time.passes(3))
    assert [(name, str(error)) for name, error in bench.crashes[:2]] == [("link", "it ended")] * 2


def test_a_task_that_lived_long_is_started_again_soon():
    bench = Bench()
    starts = []

    async def work(beat):
        starts.append(bench.time.monotonic_ms())
        for _ in range(100 if len(starts) > 5 else 1):
            beat()
            await bench.time.sleep(1)
        raise ValueError("once more")

    bench.supervisor.add("link", 5000, work)
    bench.play(lambda: bench.time.passes(300))
    lives = [later - earlier for earlier, later in pairwise(starts)]
    assert lives[4] == 1000 + 8000, "the fifth wait in a row"
    assert lives[5] == 100000 + 500, "a long life is forgiven"


def test_who_computes_for_long_feeds_only_what_the_others_earn():
    bench = Bench()
    bench.supervisor.add("link", 1000, beating(bench, 0.5))

    async def story():
        await bench.time.passes(1)
        before = len(bench.fed)
        bench.supervisor.feed()
        bench.time.forward(milliseconds=1100)  # nobody else ran meanwhile
        bench.supervisor.feed()
        assert len(bench.fed) == before + 1

    bench.play(story)


def test_a_task_whose_end_cannot_even_be_told_is_started_again_all_the_same():
    bench = Bench()
    starts = []

    def crashed(name, error):
        raise MemoryError

    async def work(beat):
        starts.append(bench.time.monotonic_ms())
        raise ValueError("no")

    bench.supervisor = Supervisor(bench.time, lambda below: 0, bench, crashed, bench.time.sleep)
    bench.supervisor.add("link", 1000, work)
    bench.supervisor.add("server", 1000, silent_after(bench, 5))
    bench.play(lambda: bench.time.passes(30))
    assert len(starts) > 3
    assert bench.starved() > 20000, "the other one is late, and to say so failed as well"


def test_a_task_that_rests_for_ever_starves_it_as_well():
    bench = Bench()

    async def work(beat):
        raise ValueError("no")

    async def sleep(seconds):
        await (bench.time.sleep(seconds) if seconds == 0.5 else asyncio.Event().wait())

    bench.supervisor = Supervisor(bench.time, lambda below: 1, bench, lambda *told: None, sleep)
    bench.supervisor.add("link", 1000, work)
    bench.play(lambda: bench.time.passes(300))
    assert 60000 <= bench.fed[-1] <= 62000, "a minute is the longest rest there is"
