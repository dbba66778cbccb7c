"""Keeps a device's tasks alive, and feeds its watchdog only while every one of them keeps its word.

A task is a coroutine that never ends and beats, once at least in its deadline. One that ends or raises is started
again, later and later; one that says nothing any more cannot be helped from within: nobody feeds the watchdog, and the
whole device starts anew.
"""

import asyncio

_LOOK = 0.5  # seconds between two looks: four fit into the shortest watchdog a board has
_FIRST_WAIT, _LONGEST_WAIT = 1000, 60000  # milliseconds until a task that ended is started again


class Task:
    """``work(beat)`` makes the coroutine. Times are milliseconds."""

    def __init__(self, name: str, deadline: int, work, clock):
        self.name = name
        self._deadline = deadline
        self._work = work
        self._clock = clock
        self._failures = 0
        self._begun = self._beaten = clock.monotonic_ms()
        self._is_resting = True

    def beat(self) -> None:
        """Work goes on."""
        self._beaten = self._clock.monotonic_ms()

    def is_late(self) -> bool:
        """Whether it should have beaten by now; who waits to be started again may rest before, but not for ever."""
        patience = self._deadline + (_LONGEST_WAIT if self._is_resting else 0)
        return self._clock.monotonic_ms() - self._beaten > patience

    async def lived(self):
        """One life; what ended it."""
        self.beat()
        self._begun = self._beaten
        self._is_resting = False
        try:
            await self._work(self.beat)
            return RuntimeError("it ended")
        except Exception as error:
            return error
        finally:
            self.beat()
            self._is_resting = True

    def wait(self, chance) -> int:
        """How long to rest before the next life: longer each time, unless it was a long life."""
        if self._clock.monotonic_ms() - self._begun > _LONGEST_WAIT:
            self._failures = 0
        longest = min(_LONGEST_WAIT, _FIRST_WAIT << min(self._failures, 10))
        self._failures += 1
        return longest // 2 + chance(longest // 2 + 1)


class Supervisor:
    """``clock`` is the till's, ``watchdog.feed()`` the board's; ``crashed(name of a task, error)`` hears what ended it,
    and with None, once, that it is late. ``chance(n)`` gives a whole number below n."""

    def __init__(self, clock, chance, watchdog, crashed, sleep=asyncio.sleep):
        self._clock = clock
        self._chance = chance
        self._watchdog = watchdog
        self._crashed = crashed
        self._sleep = sleep
        self._tasks = []
        self._told_late = False

    def add(self, name: str, deadline: int, work) -> None:
        """A task that beats at least every ``deadline`` milliseconds; `run` starts it."""
        self._tasks.append(Task(name, deadline, work, self._clock))

    def feed(self) -> None:
        """Feed the watchdog if every task keeps its word. For who computes for seconds without a pause as well."""
        late = [task.name for task in self._tasks if task.is_late()]
        if not late:
            self._watchdog.feed()
        elif not self._told_late:
            self._told_late = True
            self._tell(", ".join(late), None)

    async def run(self) -> None:
        """For ever."""
        living = [asyncio.create_task(self._kept_alive(task)) for task in self._tasks]
        try:
            while True:
                self.feed()
                await self._sleep(_LOOK)
        finally:
            for one in living:
                one.cancel()

    async def _kept_alive(self, task: Task) -> None:
        while True:
            self._tell(task.name, await task.lived())
            await self._sleep(task.wait(self._chance) / 1000)

    def _tell(self, name: str, error) -> None:
        """Without the heap to say why, a task is started again as well, and the others go on."""
        try:
            self._crashed(name, error)
        except Exception:
            pass
