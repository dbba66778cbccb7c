"""The web process's heavy work in a process of its own, at a lower priority: no decision waits for what is learnt.

Records are taken in, budgets dealt and snapshots built there. The web process's one writer thread hands over what is to
be written and writes nothing itself until it hears what became of it: there is one writer at a time, in the order of
one queue, and a commit comes before its answer. The other process ends with the one that started it. Where it dies,
tills are told to come again, and the next request starts another. Where it does not answer (stopped, a disk that
hangs), it is ended after a while, which comes to the same.
"""

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, OperationalError

from pos_client.core.record import Refused
from pricing_service import event_store, lease_dealing, snapshot_store
from pricing_service.database import Database, Writer
from pricing_service.delivery import Delivery
from pricing_service.forgetting import Forgetting
from pricing_service.snapshot_store import Made

NICE = 10  # lower than everything else of the service
STOP_SECONDS = 20
WRITE_SECONDS = 60  # everybody who writes waits behind it
BUILD_SECONDS = 600  # a snapshot of millions of customers takes minutes on a small machine
MAIN = (
    "import sys; from pricing_service.apart import main; main(*sys.argv[1:])"  # as a module of its own name
)


class Write(NamedTuple):
    """One of `Desk.WRITES` with what it is told."""

    name: str
    told: Any


class Build(NamedTuple):
    """What `snapshot_store.make` is told."""

    store: str
    revision: int
    now: int


class Failed(NamedTuple):
    """Why something was not done: SQLite's name for it, empty where it was not SQLite; and words."""

    name: str
    words: str

    def error(self) -> Exception:
        """As an exception of this process."""
        if not self.name:
            return RuntimeError(self.words)
        original = sqlite3.OperationalError(self.words)
        original.sqlite_errorname = self.name
        return OperationalError("in another process", None, original)


class Apart:
    """The process, as seen from the one that started it. One request at a time; for any thread."""

    def __init__(self, database: Path, secrets: Path) -> None:
        self._command = [sys.executable, "-c", MAIN, str(database), str(secrets)]
        self._turn = threading.Lock()
        self._closed = False
        self._process = self._started()

    def wait(self) -> None:
        """Until it can be asked without a delay, or has died."""
        with self._turn, suppress(EOFError), self._at_most(WRITE_SECONDS):
            self._hear_that_it_is_ready()

    def write(self, writes: list[Write]) -> list[Any]:
        """What became of each, an exception where it was not written: for `Writer.submit_outside`."""
        return [_undone(one) for one in self._ask(writes, WRITE_SECONDS)]

    def build(self, store: str, revision: int, now: int) -> Made | None:
        """The snapshot of ``store``, as `snapshot_store.make` says."""
        made = _undone(self._ask(Build(store, revision, now), BUILD_SECONDS))
        if isinstance(made, Exception):
            raise made
        return made

    def close(self) -> None:
        """End the process, which finishes what it is at."""
        with self._turn:
            self._closed = True
            _end(self._process)

    def _ask(self, request: Any, seconds: float) -> Any:
        """Raises `OperationalError` where nobody knows what became of it: it may be done or not."""
        with self._turn:
            try:
                if self._process.poll() is not None and not self._closed:
                    self._process = self._started()
                with self._at_most(seconds):
                    self._hear_that_it_is_ready()
                    assert self._process.stdin is not None and self._process.stdout is not None
                    pickle.dump(request, self._process.stdin)
                    self._process.stdin.flush()
                    return pickle.load(self._process.stdout)
            except (OSError, EOFError, ValueError, pickle.UnpicklingError) as trouble:
                self._process.kill()
                _end(self._process)
                gone = sqlite3.OperationalError("the process that writes has ended")
                raise OperationalError("in another process", None, gone) from trouble

    @contextmanager
    def _at_most(self, seconds: float) -> Iterator[None]:
        """What is done here ends by then: a process that is no more is heard at once, wherever one waits for it."""
        end = threading.Timer(seconds, self._process.kill)
        end.daemon = True
        end.start()
        try:
            yield
        finally:
            end.cancel()

    def _hear_that_it_is_ready(self) -> None:
        if not self._is_ready:
            assert self._process.stdout is not None
            self._is_ready = pickle.load(self._process.stdout)

    def _started(self) -> subprocess.Popen[bytes]:
        self._is_ready = False
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for who started it, who then ends it; in another session nice means nothing
        )


def _undone(answer: Any) -> Any:
    return answer.error() if isinstance(answer, Failed) else answer


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):  # what was in it finds nobody
            if stream:
                stream.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Desk:
    """What the other process does with what it is asked."""

    def __init__(self, database: Database, secrets: Path) -> None:
        self._database, self._forgetting = database, Forgetting(secrets)
        self._writer = Writer(database)

    def answer(self, request: list[Write] | Build) -> Any:
        """A list for `Write`s, each a result, `Failed` or `Refused`; for a `Build` what was made, or `Failed`."""
        if isinstance(request, Build):
            try:
                return snapshot_store.make(self._database, *request)
            except Exception as trouble:
                return _told(trouble)
        jobs = [self._job(write) for write in request]
        return [_ended(future) for future in [self._writer.submit(job) for job in jobs]]

    def _job(self, write: Write) -> Callable[[Connection], Any]:
        return getattr(self, "_" + write.name)(write.told)

    def _take(self, delivery: Delivery) -> Callable[[Connection], Any]:
        return event_store.accept(delivery.batch(), self._forgetting)

    def _deal(self, now: int) -> Callable[[Connection], Any]:
        return lambda connection: lease_dealing.deal(connection, now)

    def close(self) -> None:
        self._writer.close()
        self._database.close()


def _ended(job: "Future[Any]") -> Any:
    trouble = job.exception()
    return job.result() if trouble is None else _told(trouble)


def _told(trouble: BaseException) -> Refused | Failed:
    if isinstance(trouble, Refused):
        return trouble
    if isinstance(trouble, DatabaseError):
        original: Any = trouble.orig
        return Failed(getattr(original, "sqlite_errorname", "") or "SQLITE_ERROR", str(original))
    return Failed("", f"{type(trouble).__name__}: {trouble}")


def main(database: str, secrets: str) -> None:
    """Answer requests from standard input until it ends."""
    answers = _own_output()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    desk = Desk(Database(Path(database)), Path(secrets))
    with suppress(EOFError, BrokenPipeError):
        pickle.dump(True, answers)
        answers.flush()
        while True:
            pickle.dump(desk.answer(pickle.load(sys.stdin.buffer)), answers)
            answers.flush()
    with suppress(BrokenPipeError):  # what nobody waits for any more
        answers.close()
    desk.close()


def _own_output() -> BinaryIO:
    """Standard output for answers alone: whatever is printed goes where errors go."""
    mine = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return mine
