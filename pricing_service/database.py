"""The storage seam: everything that is peculiar to SQLite is in this file.

A write takes its lock before it reads (``BEGIN IMMEDIATE``), so two writers never start from the same belief;
a commit is on disk before it returns (WAL, ``synchronous=FULL``); what was committed is what was acknowledged.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from pricing_service import disk

WAIT_MS = 10_000  # how long a writer of another process may hold the lock before this one gives up
TOGETHER = 64  # jobs that share one commit


class Database:
    """One SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = _engine(path)
        self._is_closed = False
        self._write_engine = self.engine.execution_options(rung_writing=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state of the database."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock; commits at the end, or changes nothing if the block raises."""
        with self._write_engine.begin() as connection:
            yield connection

    def truncate(self) -> bool:
        """Bring the log of writes into the file and empty it; False where a reader is in the way.

        A database that was closed is somebody else's to tidy.
        """
        if self._is_closed:
            return True
        with self.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")  # a checkpoint is no part of a transaction
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            connection.exec_driver_sql("BEGIN")
        return not busy

    def close(self) -> None:
        self._is_closed = True
        self.engine.dispose()


def _engine(path: Path) -> Engine:
    waiting = {"check_same_thread": False, "timeout": WAIT_MS / 1000}
    engine = create_engine(
        f"sqlite:///{path}", connect_args=waiting, hide_parameters=True
    )  # logs name no customer
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "commit", _check_still_begun)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in (
        f"busy_timeout={WAIT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what was deleted is overwritten, not only left out
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        connection.execute("PRAGMA " + pragma)


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("rung_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _check_still_begun(connection: Connection) -> None:
    """After some errors SQLite gives a whole transaction up, and the driver then takes a commit for done."""
    if connection.get_execution_options().get("rung_writing") and not _is_begun(connection):
        lost = sqlite3.OperationalError("the transaction was given up before it was committed")
        raise OperationalError("COMMIT", None, lost)


def _is_begun(connection: Connection) -> bool:
    return _driver(connection).in_transaction


def changes(connection: Connection) -> int:
    """How many rows this connection has written so far, also what was taken back: the same before and after a block
    that wrote nothing."""
    return _driver(connection).total_changes


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    return driver


class _Outside(NamedTuple):
    """Something that another process writes: ``do`` of all such items that wait together."""

    do: Callable[[list[Any]], list[Any]]
    item: Any


_Job = tuple[Callable[[Connection], Any] | _Outside, Future]


class Writer:
    """The one thread of this process that writes. Jobs waiting together share a commit, each under a savepoint.

    ``trouble`` is why the last write failed (a code of `disk.cause`), None once one was kept again; ``failed(code)``
    hears of every write that failed.
    """

    def __init__(self, database: Database, failed: Callable[[str], None] = lambda code: None) -> None:
        self._database = database
        self._failed = failed
        self.trouble: str | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit[T](self, job: Callable[[Connection], T]) -> "Future[T]":
        """Queue ``job(connection)``; the future is done only after its commit is on disk."""
        return self._queue(job)

    def submit_outside(self, do: Callable[[list[Any]], list[Any]], item: Any) -> "Future[Any]":
        """Queue what another process writes while this one waits: ``do(items)`` tells of each what became of it, an
        exception where it was not written."""
        return self._queue(_Outside(do, item))

    def _queue(self, job: Callable[[Connection], Any] | _Outside) -> "Future[Any]":
        future: Future[Any] = Future()
        with self._closing:
            if self._closed:  # nobody would ever answer
                future.set_exception(RuntimeError("the service is stopping"))
            else:
                self._jobs.put((job, future))
        return future

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._closing:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            jobs = [self._jobs.get()]
            with suppress(queue.Empty):
                while len(jobs) < TOGETHER:
                    jobs.append(self._jobs.get_nowait())
            going = None not in jobs
            mine = [(job[0], job[1]) for job in jobs if job and not isinstance(job[0], _Outside)]
            if mine:
                self._commit(mine)
            self._hand_over([(job[0], job[1]) for job in jobs if job and isinstance(job[0], _Outside)])

    def _hand_over(self, jobs: list[tuple[_Outside, Future]]) -> None:
        jobs = [(job, future) for job, future in jobs if future.set_running_or_notify_cancel()]
        if not jobs:
            return
        try:
            results = jobs[0][0].do([job.item for job, _ in jobs])
        except Exception as trouble:
            results = [trouble] * len(jobs)
        for (_, future), result in zip(jobs, results, strict=True):
            if isinstance(result, Exception):
                if disk.cause(result) != disk.UNAVAILABLE:
                    self._note(disk.cause(result))
                future.set_exception(result)
            else:
                self.trouble = None
                future.set_result(result)

    def _commit(self, jobs: list[tuple[Callable[[Connection], Any], Future]]) -> None:
        done: list[tuple[Future, Any]] = []
        try:
            with self._database.writing() as connection:
                changes = _driver(connection).total_changes
                for job, future in jobs:
                    if future.set_running_or_notify_cancel():
                        self._attempt(connection, job, future, done)
                changes -= _driver(connection).total_changes
        except Exception as trouble:  # nothing of this commit happened, so nobody may believe it did
            self._note(disk.cause(trouble))
            for _, future in jobs:
                if not future.done():
                    future.set_exception(trouble)
            return
        if changes:
            self.trouble = None
        for future, result in done:
            future.set_result(result)

    def _attempt(
        self, connection: Connection, job: Callable[[Connection], Any], future: Future, done: list
    ) -> None:
        try:
            with connection.begin_nested():
                result = job(connection)
        except Exception as trouble:  # this job's own trouble: its savepoint is gone, the others go on
            if not _is_begun(connection):  # but SQLite gave up the transaction, and the savepoint with it
                raise
            if disk.cause(trouble) != disk.UNAVAILABLE:
                self._note(disk.cause(trouble))
            future.set_exception(trouble)
        else:
            done.append((future, result))

    def _note(self, code: str) -> None:
        self.trouble = code
        self._failed(code)
