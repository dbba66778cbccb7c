"""The worker: fits one after another, and switches of the release in force as soon as they are asked for.

It only looks after the queue. Every fit and every switch is a process of its own: its libraries and memory go with it.
"""

import os
import shutil
import signal
import socket
import time
from datetime import UTC, datetime
from threading import Event
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pricing_service import audit_store, fit_queue, fit_store, release_store
from pricing_service.audit_anchors import Anchors
from pricing_service.child_process import FIT, SWITCH, Child
from pricing_service.database import Database
from pricing_service.fit_store import Ended, Fit
from pricing_service.release_store import Switch
from pricing_service.settings import Settings

TURN_SECONDS = 0.25  # how soon the worker hears of anything
REST_SECONDS = 5  # after trouble, which is told in the log each time

log = structlog.get_logger("rung.worker")


def stopping() -> Event:
    """What SIGTERM and Ctrl-C set."""
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


class Commands(NamedTuple):
    """How the two kinds of processes are started; a folder with `job.json` follows."""

    fit: tuple[str, ...] = FIT
    switch: tuple[str, ...] = SWITCH


class Worker:
    """Whoever makes one has claimed the data folder: nobody else is at work on its queue."""

    def __init__(self, settings: Settings, database: Database, commands: Commands | None = None) -> None:
        self._settings, self._database, self._commands = settings, database, commands or Commands()
        self._log = {"database": str(settings.database.resolve())}
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._anchors = Anchors(settings.audit_anchors, settings.audit_key, database)
        self._fit: tuple[Fit, Child] | None = None
        self._switch: tuple[Switch, Child] | None = None
        self._told: dict[str, Any] | None = None

    def run(self, stopped: Event) -> None:
        """Work until ``stopped``; what is not done by then is done by the next worker."""
        self._take_back()
        try:
            while not stopped.wait(TURN_SECONDS):
                fit_queue.look(self._settings)
                try:
                    self.turn(int(time.time()))
                except (
                    SQLAlchemyError,
                    OSError,
                ) as trouble:  # a busy or full disk passes; the queue stays as it is
                    log.error("not now", error=type(trouble).__name__)
                    stopped.wait(REST_SECONDS)
        finally:
            self._end_children()
            self._take_back()

    def turn(self, now: int) -> None:
        """Look once after everything; ``now`` in Unix seconds."""
        self._follow_switch()
        self._follow_fit()
        self.queue_nightly(now)
        self._start()

    def _start(self) -> None:
        with self._database.reading() as connection:
            switch = release_store.waiting(connection)
            fit = fit_store.next_queued(connection)
        if switch and self._switch is None:
            self._switch = switch, Child(self._commands.switch, self._settings.data / "switching", self._log)
        if fit and self._fit is None:
            self._start_fit()

    def _start_fit(self) -> None:
        with self._database.writing() as connection:
            fit_store.take_back(
                connection
            )  # none is running: one whose end could not be written is made again
            fit = fit_store.start_next(connection, self._name)
            if fit is None:
                return
            in_force = release_store.present(connection).model
        log.info("fit begins", fit=fit.id)
        folder = fit_queue.folder(self._settings, fit.id)
        shutil.rmtree(folder, ignore_errors=True)  # a worker before us may have begun it
        job = fit_queue.job(self._log, fit.priors, in_force, fit.seed, f"fit-{fit.id}")
        try:
            self._fit, self._told = (fit, Child(self._commands.fit, folder, job)), None
        except OSError as trouble:
            self._end_fit(fit, Ended("failed", error=str(trouble)))

    def _follow_fit(self) -> None:
        if self._fit is None:
            return
        fit, child = self._fit
        if child.is_over():
            self._end_fit(fit, Ended(**(child.ended or {})))
        elif self._is_cancelled(fit):
            child.stop()
            self._end_fit(fit, Ended("cancelled"))
        elif child.progress != self._told:
            self._told = child.progress
            with self._database.writing() as connection:
                fit_store.note_progress(connection, fit.id, self._told or {})

    def _end_fit(self, fit: Fit, ended: Ended) -> None:
        with self._database.writing() as connection:
            fit_store.end(connection, fit.id, ended)
            state = fit_store.get(connection, fit.id).state
            audit_store.append(connection, "worker", "fit-ended", f"fit_id={fit.id}", f"state={state}")
        self._anchors.keep()
        if state == "cancelled":
            shutil.rmtree(fit_queue.folder(self._settings, fit.id), ignore_errors=True)
        log.info("fit ended", fit=fit.id, state=state, error=ended.error)
        self._fit = None

    def _is_cancelled(self, fit: Fit) -> bool:
        with self._database.reading() as connection:
            return fit_store.get(connection, fit.id).state == "cancelling"

    def _follow_switch(self) -> None:
        """A switch that failed is given up, so that the next one is not kept waiting; what was in force stays."""
        if self._switch is None or not self._switch[1].is_over():
            return
        (wanted, child), self._switch = self._switch, None
        ended = child.ended or {}
        log.info("switch ended", state=ended["state"], error=ended.get("error"))
        if ended["state"] == "failed":
            with (
                self._database.writing() as connection
            ):  # nothing, if it failed when the switch was made already
                release_store.fail(connection, wanted, ended["error"])
                audit_store.append(connection, "worker", "switch-failed", f"number={wanted.release}")
        self._anchors.keep()

    def queue_nightly(self, now: int) -> None:
        """Ask for today's fit once its time has come; its id holds the day, so asking again changes nothing."""
        at, today = self._settings.refit_at, datetime.fromtimestamp(now, UTC)
        if at is None or today.strftime("%H:%M") < at:
            return
        fit_id = f"nightly-{today:%Y-%m-%d}"
        with self._database.reading() as connection:
            if fit_store.find(connection, fit_id):
                return
        with self._database.writing() as connection:
            fit_queue.ask(connection, fit_id, note="Every night.", by="Rung")
            audit_store.append(connection, "worker", "ask-fit", f"fit_id={fit_id}")
        self._anchors.keep()

    def _end_children(self) -> None:
        for each in (self._switch, self._fit):
            if each:
                each[1].stop()
        self._fit = self._switch = None

    def _take_back(self) -> None:
        with self._database.writing() as connection:
            fit_store.take_back(connection)
        with self._database.reading() as connection:
            for folder in self._settings.data.glob("fits/*"):
                left = fit_store.find(connection, folder.name)
                if left and left.state == "cancelled":  # by a worker that was killed before it deleted them
                    shutil.rmtree(folder, ignore_errors=True)
