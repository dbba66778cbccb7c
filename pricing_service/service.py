"""The running service: its database, its one writer, its snapshots, and the decider that follows them."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pricing_service import (
    audit_store,
    audit_trail,
    erasing,
    log_seal,
    migrating,
    passwords,
    replaying,
    sessions,
    trust_relearning,
)
from pricing_service.audit_anchors import Anchors
from pricing_service.counters import Counters
from pricing_service.database import Database, Writer
from pricing_service.deciding import Decider
from pricing_service.forgetting import Forgetting
from pricing_service.settings import Settings
from pricing_service.signed_in import FOLLOW_SECONDS, SignedIn
from pricing_service.snapshot_store import SnapshotStore

POLL_SECONDS = 5  # how soon a change made by another process, such as `rung sample-shop`, is decided by
RELEARN_SECONDS = 1  # how soon a change of trust begins to be carried into beliefs
USED_SECONDS = 300  # how exact it is known when a page was looked at
PATIENCE = 10  # following may take one part in so many of the time

log = structlog.get_logger("rung.service")


class Service:
    """Everything the routes need. Secrets are read once, at the start."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.signed_in = SignedIn(settings.admin_token, settings.token_key)
        self.password_turns = passwords.Turns()
        self.master_key = settings.master_key
        self.tenant_key = settings.tenant_key
        self.counters = Counters()
        self.stopping: Callable[[], bool] = lambda: False  # what is told as long as it lasts then ends
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.database = Database(settings.database)
        if not migrating.is_current(self.database):
            raise SystemExit("The database is not of this version: start with `rung serve --migrate`.")
        self.writer = Writer(self.database)
        self.signed_in.load(self.database)
        self.audit_key = settings.audit_key
        self.anchors = Anchors(settings.audit_anchors, self.audit_key, self.database)
        self.anchors.keep("start")
        self.write(log_seal.fill)
        self.write(lambda connection: erasing.catch_up(connection, settings.secrets))
        erasing.scrub(self.database)
        self.forgetting = Forgetting(settings.secrets)
        self.write(replaying.follow_release)
        self.write(replaying.fill_holding)
        self.snapshots = SnapshotStore(self.database, self.writer)
        self.decider = self._decider()
        self.note("service", "service-started")

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

    def note(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """One entry of its own in the audit trail, kept and anchored once this returns; for threads."""
        self.writer.submit(lambda to: audit_store.append(to, actor, action, subject, detail)).result()
        self.anchors.keep()

    async def note_soon(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """The same for the event loop."""
        await asyncio.to_thread(self.note, actor, action, subject, detail)

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
        self.anchors.keep("stop")
        self.database.close()

    def _followed(self) -> tuple[Decider, float]:
        """The newest decider and the seconds of work it took; waiting for a busy machine is none."""
        self.anchors.keep(soon=False)
        began = time.thread_time()
        return self._decider(), time.thread_time() - began

    def _decider(self) -> Decider:
        built = self.snapshots.latest(self.settings.store)
        present = getattr(self, "decider", None)
        return present if present and present.version == built.version else Decider(built, self.tenant_key)
