"""The running service: its database, its one writer, its snapshots, and the decider that follows them."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pricing_service import (
    audit_store,
    audit_trail,
    erasing,
    event_store,
    firmware_publishing,
    firmware_store,
    log_seal,
    metrics,
    migrating,
    passwords,
    replaying,
    revocations,
    scrubbing,
    sessions,
    trust_relearning,
)
from pricing_service.apart import Apart, Write
from pricing_service.audit_anchors import Anchors
from pricing_service.counters import Counters
from pricing_service.database import Database, Writer
from pricing_service.deciding import Decider
from pricing_service.delivery import Delivery
from pricing_service.forgetting import Forgetting
from pricing_service.hearing import Hearing
from pricing_service.intake import Receipt
from pricing_service.oidc_signing import OpenId
from pricing_service.pacing import Buckets, Failures
from pricing_service.rollout_room import Room
from pricing_service.settings import Settings
from pricing_service.signed_in import FOLLOW_SECONDS, SignedIn
from pricing_service.snapshot_store import SnapshotStore

POLL_SECONDS = 5  # how soon a change made by another process, such as `rung sample-shop`, is decided by
USED_SECONDS = 300  # how exact it is known when a page was looked at
RELEARN_SECONDS = 1  # how soon a change of trust begins to be carried into beliefs
PATIENCE = 10  # following may take one part in so many of the time

log = structlog.get_logger("rung.service")


class Service:
    """Everything the routes need. Secrets are read once, at the start.

    ``apart``: heavy work is done by two other processes, which cost their start and some memory: one writes what tills
    send, one builds snapshots.
    """

    def __init__(self, settings: Settings, apart: bool = False) -> None:
        self.settings = settings
        self._apart = [Apart(settings.database, settings.secrets) for _ in range(2 * apart)]
        self.signed_in = SignedIn(settings.admin_token, settings.token_key)
        self.pace = Buckets(settings.requests_per_second, 5 * settings.requests_per_second)
        self.passwords_at_once = passwords.AtOnce()
        self.wrong_passwords = Failures()
        self.openid = OpenId(settings) if settings.oidc_issuer else None
        self.oidc_at_once = passwords.AtOnce()
        self.master_key = settings.master_key
        self.tenant_key = settings.tenant_key
        self.counters = Counters()
        self.looking = threading.Lock()  # held while records of a trial are decided again
        self.hearing = Hearing(*2 * (int(time.time()),))
        self.room = Room()
        self._firmware_timestamp = firmware_publishing.Timestamp()
        self.stopping: Callable[[], bool] = lambda: False  # what is told as long as it lasts then ends
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.database = Database(settings.database)
        if not migrating.is_current(self.database):
            raise SystemExit("The database is not of this version: start with `rung serve --migrate`.")
        self.writer = Writer(self.database, metrics.write_failed)
        self.signed_in.load(self.database)
        self.audit_key = settings.audit_key
        self.anchors = Anchors(settings.audit_anchors, self.audit_key, self.database)
        self.anchors.keep("start")
        self.write(log_seal.fill)
        self.write(lambda connection: erasing.catch_up(connection, settings.secrets))
        self.write(lambda connection: revocations.catch_up(connection, settings.secrets))
        scrubbing.scrub(self.database)
        self.forgetting = Forgetting(settings.secrets)
        self.write(replaying.follow_release)
        self.write(replaying.fill_holding)
        self.snapshots = self._snapshots()
        self.decider = self._decider()
        self.note("service", "service-started")
        for each in self._apart:
            each.wait()

    def write[T](self, job: Callable[[Connection], T]) -> T:
        """Run ``job`` on the writer and wait for its commit; for threads, not for the event loop.

        A person's request leaves an entry in the audit trail, in the same transaction.
        """
        caller = audit_trail.to_note()
        result = self.writer.submit(audit_trail.noting(job, caller, self.audit_key)).result()
        if caller:
            audit_trail.noted(caller)
            self.anchors.keep()
        if self._loop:
            self._loop.call_soon_threadsafe(self._changed.set)
        return result

    def _write_alone[T](self, job: Callable[[Connection], T]) -> T:
        """Write what the service does by itself, whoever calls."""
        return self.writer.submit(job).result()

    async def write_soon[T](self, job: Callable[[Connection], T]) -> T:
        """The same for the event loop; cancelling the caller does not undo the write."""
        caller = audit_trail.to_note()
        result = await asyncio.wrap_future(
            self.writer.submit(audit_trail.noting(job, caller, self.audit_key))
        )
        if caller:
            audit_trail.noted(caller)
            await asyncio.to_thread(self.anchors.keep)
        self._changed.set()
        return result

    async def take(self, delivery: Delivery) -> Receipt:
        """What became of a till's records, once that is on disk."""
        if self._apart:
            receipt = await asyncio.wrap_future(self._write_apart(Write("take", delivery)))
            self._changed.set()
            return receipt
        batch = await asyncio.to_thread(delivery.batch)
        return await self.write_soon(event_store.accept(batch, self.forgetting))

    def note(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """One entry of its own in the audit trail, kept and anchored once this returns; for threads."""
        self.writer.submit(lambda to: audit_store.append(to, actor, action, subject, detail)).result()
        self.anchors.keep()

    async def note_soon(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """The same for the event loop."""
        await asyncio.to_thread(self.note, actor, action, subject, detail)

    def firmware_file(self, name: str, now: int) -> bytes | None:
        """A file of update metadata as it is published; for threads."""
        if name == "timestamp.json":
            return self._firmware_timestamp.served(self.database, self._write_alone, self.settings, now)
        with self.database.reading() as connection:
            found = firmware_store.file(connection, name)
        return found and found[0]

    def people_changed(self) -> None:
        """Bring who is signed in up to what was just committed; for threads."""
        self.signed_in.load(self.database)

    def looked_at_a_page(self, session: str) -> None:
        """A browser's session goes on as long as somebody looks at pages; noted every few minutes."""
        now = int(time.time())
        if now - self.signed_in.idle_since(session) > USED_SECONDS:
            self.writer.submit(lambda connection: sessions.use(connection, session, now))

    async def follow_people(self) -> None:
        """Notice within moments whose session another process ended."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                await asyncio.to_thread(self.people_changed)
            except SQLAlchemyError as trouble:  # whoever is signed in stays so
                log.error("people not read", error=type(trouble).__name__)

    async def follow(self) -> None:
        """Keep the decider on the newest snapshot, for as long as the service runs."""
        self._loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), POLL_SECONDS)
            self._changed.clear()
            worked = 0.0
            try:
                self.decider, worked = await asyncio.to_thread(self._followed)
            except SQLAlchemyError as trouble:  # decide on from the snapshot at hand
                log.error("snapshot not built", error=type(trouble).__name__)
            await asyncio.sleep((PATIENCE - 1) * worked)

    async def relearn(self) -> None:
        """Carry changes of trust into beliefs, for as long as the service runs."""
        while True:
            try:
                if await asyncio.to_thread(trust_relearning.work, self.database, self.writer):
                    self._changed.set()
            except (SQLAlchemyError, RuntimeError) as trouble:  # what was carried is kept, and the rest waits
                log.error("beliefs not learnt anew", error=type(trouble).__name__)
            await asyncio.sleep(RELEARN_SECONDS)

    def close(self) -> None:
        with suppress(SQLAlchemyError):  # a disk that takes no entry must not keep anybody from stopping
            self.write(lambda to: audit_store.append(to, "service", "service-stopped"))
        self.writer.close()
        for each in self._apart:
            each.close()
        self.anchors.keep("stop")
        self.database.close()

    def _followed(self) -> tuple[Decider, float]:
        """The newest decider and the seconds of work it took; waiting for a busy machine is none."""
        self.anchors.keep(soon=False)
        began = time.thread_time()
        return self._decider(), time.thread_time() - began

    def _snapshots(self) -> SnapshotStore:
        if not self._apart:
            return SnapshotStore(self.database, self.writer)
        return SnapshotStore(self.database, self.writer, self._deal_apart, self._apart[1].build)

    def _deal_apart(self, now: int) -> "Future[Any]":
        return self._write_apart(Write("deal", now))

    def _write_apart(self, write: Write) -> "Future[Any]":
        return self.writer.submit_outside(self._apart[0].write, write)

    def _decider(self) -> Decider:
        built = self.snapshots.latest(self.settings.store)
        present = getattr(self, "decider", None)
        return present if present and present.version == built.version else Decider(built, self.tenant_key)
