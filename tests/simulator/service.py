"""The service of a simulated world: the real writer, stores and routes over a real SQLite database in memory.

It can be killed between two requests, at any statement of a transaction, or between a commit and its answers, and its
database can be set back to an earlier copy. What is committed survives; nothing else does.
"""

import json
import sqlite3
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from pricing_service import event_store, provisioning, rule_store, standing
from pricing_service.counters import Counters
from pricing_service.database import Database, Writer
from pricing_service.delivery import Delivery
from pricing_service.intake import Receipt
from pricing_service.service import Service
from pricing_service.settings import Settings
from pricing_service.snapshot_store import SnapshotStore
from tests.simulator import pretending
from tests.simulator.faults import CALM
from tests.simulator.loop import Task, Waiting
from tests.simulator.memory import MemoryDatabase
from tests.simulator.web import Answer, Asked, Web
from tests.simulator.world import World

STORE = "sample"
DEVICES = ("till-1", "till-2")
RULES = ("veld-week", "thank-you", "forty-five", "ten-off", "lumi")  # announced, shares, a budget, a brand's
ADDRESS = "http://service:80"
MOST_BODY = 2 << 20  # bytes of the largest request, the smallest that settings allow
COMMIT_MS = 20  # jobs that come within this time share a commit


class Prepared(NamedTuple):
    """A service that was started once and closed, its database as bytes, and the identities of its tills."""

    first: Service
    image: bytes
    identities: dict[str, dict[str, Any]]
    memory: MemoryDatabase
    folder: tempfile.TemporaryDirectory  # with the secrets, for as long as the process lives


class Promise(Future):
    """A result that is there after the commit; who waits for it in the middle of a request makes the commit happen."""

    def __init__(self, writer: "StillWriter") -> None:
        super().__init__()
        self._writer = writer

    def result(self, timeout: float | None = None) -> Any:
        if not self.done():
            self._writer.commit()
        return super().result(0)


class StillWriter(Writer):
    """The real `Writer` without its thread: what is queued is committed, together, when `commit` is called."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._failed = lambda code: None
        self.trouble = None
        self._waiting: list[tuple[Callable[[Connection], Any], Future]] = []

    def submit(self, job: Callable[[Connection], Any]) -> Future:
        future = Promise(self)
        self._waiting.append((job, future))
        return future

    def commit(self) -> None:
        jobs, self._waiting = self._waiting, []
        if jobs:
            self._commit(jobs)


class Running(Service):
    """A service that was started anew: what ``first`` read at its start, and nothing of what it remembered.

    `Service` itself would also migrate, catch up and build a decider at every start; no history asks for that.
    """

    def __init__(self, first: Service, database: Database, commit_soon: Callable[[], Waiting]) -> None:
        vars(self).update(vars(first))
        self.counters = Counters()
        self.database = database
        self.writer = StillWriter(database)
        self.snapshots = SnapshotStore(database, self.writer)
        self._commit_soon = commit_soon

    def write(self, job: Callable[[Connection], Any]) -> Any:
        return self.writer.submit(job).result()

    async def take(self, delivery: Delivery) -> Receipt:
        return await self.write_soon(event_store.accept(delivery.batch(), self.forgetting))

    async def write_soon(self, job: Callable[[Connection], Any]) -> Any:
        future = self.writer.submit(job)
        await self._commit_soon()
        return future.result()


class Backend:
    """The machine the service runs on: up or down, with its database, and a copy of it for bad days."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.prepared = prepared()
        self.database = self.prepared.memory
        self.database.set_to(self.prepared.image)
        self.copies: list[bytes] = []
        self.restores = 0
        self._chance = world.chance("service")
        self._tasks: list[Task] = []
        self._committed: Waiting | None = None
        self._dies_after_commit = False
        self.running: Running | None = None
        self.start()

    def start(self) -> None:
        self.running = Running(self.prepared.first, self.database, self._commit_soon)
        self.web = Web(self.running)
        self._dies_after_commit = False

    def serve(self, asked: Asked, tell: Callable[[Answer], None]) -> bool:
        """Answer by ``tell``, later; False where nobody listens."""
        if self.running is None:
            return False

        def ended(answer: Any, trouble: BaseException | None) -> None:
            if self.database.raw.is_dead:
                self.kill("in a transaction")
            elif trouble:
                raise trouble
            else:
                tell(answer)

        self._tasks = [task for task in self._tasks if task.alive]
        task = Task(self.web.answer(asked), ended)
        self._tasks.append(task)
        return True

    def cut_at(self, statement: int) -> None:
        """Die at this statement of the transactions to come (0: right after the next commit)."""
        self.database.raw.statements_left = statement
        self._dies_after_commit = not statement

    def spare(self) -> None:
        """Take back what `cut_at` planned."""
        self.database.raw.statements_left, self._dies_after_commit = 0, False

    def kill(self, when: str) -> None:
        """The process is gone: what was not committed never happened, what was not answered never is."""
        if self.running is None:
            return
        self.world.say("service: killed {}", when)
        self.world.count("service killed")
        self.running, self._committed = None, None
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self.database.raw.revive()
        self.world.loop.after(self._chance.randrange(200, 30_000), self._started_again)

    def copy(self) -> None:
        """A backup of the database as it is committed now."""
        self.copies.append(self.database.raw.serialize())
        self.world.say("service: backup {} taken", len(self.copies))

    def restore(self) -> None:
        """Set the database back to some copy, say so, and start."""
        if not self.copies:
            return
        self.kill("to be restored")
        self.restores += 1
        place = self._chance.randrange(len(self.copies))
        self.database.set_to(self.copies[place])
        with self.database.writing() as connection:
            standing.begin_history(connection)
        self.world.say("service: restored to backup {}", place + 1)
        self.world.count("service restored")

    def _started_again(self) -> None:
        if self.running is None:
            self.world.say("service: started")
            self.start()

    def _commit_soon(self) -> Waiting:
        if self._committed is None:
            self._committed = Waiting()
            self.world.loop.after(
                self._chance.randrange(1, COMMIT_MS), lambda at=self.running: self._commit(at)
            )
        return self._committed

    def _commit(self, at: Running | None) -> None:
        if self.running is not at or at is None:
            return
        waiting, self._committed = self._committed, None
        at.writer.commit()
        if self.database.raw.is_dead:
            self.kill("in a transaction")
        elif self._dies_after_commit:
            self.kill("between a commit and its answers")
        elif waiting:
            waiting.wake()


@cache
def prepared() -> Prepared:
    """What every history begins with, made once in a process; the same bytes in every process."""
    folder = tempfile.TemporaryDirectory(prefix="rung-simulator-")
    pretending.enter(World(0, CALM))
    settings = Settings(data=Path(folder.name), store=STORE, most_body=MOST_BODY)
    database = provisioning.prepare(settings)
    _open_shop(database)
    told = {name: provisioning.enrol(database, settings, name, STORE, "en", ADDRESS) for name in DEVICES}
    with database.writing() as connection:
        standing.begin_history(connection)  # the migration's own is by real chance
    database.close()
    first = Service(settings)
    first.close()
    memory = MemoryDatabase()
    with sqlite3.connect(settings.database) as file:
        file.backup(memory.raw)
    memory.raw.execute("VACUUM")
    return Prepared(first, memory.raw.serialize(), told, memory, folder)


def _open_shop(database: Database) -> None:
    """Some of the sample shop's rules: every rule more makes every snapshot slower."""
    shop = json.loads(provisioning.SHOP.read_text())
    with database.writing() as connection:
        rule_store.POLICIES.create(connection, shop["policies"][0])
        for rule in shop["discounts"]:
            if rule["id"] in RULES:
                rule_store.DISCOUNTS.create(connection, rule)
