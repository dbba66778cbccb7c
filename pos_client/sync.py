"""Hands records to the service and fetches snapshots, one connection at a time, whenever the network allows.

No decision waits for any of this. A record leaves the till only by a signed acknowledgement of the highest sequence up
to which the service holds everything; an acknowledgement that went back (a service restored from a backup) means
sending again, which a service takes as known. Where both hold different records under one number, the till asks for a
new epoch and goes on from there (see `renewal`).
"""

import asyncio
import gc

from pos_client import renewal
from pos_client.core.record import Invalid, Refused
from pos_client.core.signature import keyid
from pos_client.emptying import Emptying
from pos_client.link import LinkDown, TooLarge
from pos_client.outgoing import Outgoing, is_receipt
from pos_client.ports import StorageFailed
from pos_client.schedule import Schedule
from pos_client.signed_link import SignedLink

_EVENTS = "/v1/events"
_SNAPSHOT = "/v1/snapshots/latest?has="
_REFUSED_WAIT = 300000  # milliseconds after an answer that only a person can change
_SOON = 2000  # milliseconds after which a heap that had no room may have it
_PAUSE = 1000  # after an answer that asks for some records again
_ANSWER = 4096  # bytes of an answer that is no snapshot: it is heard also where there is no room for one
_RARE = 60000  # at least so often is tried again what failed
_LOOK = 250  # how often to look for new records


class Sync:
    """``link`` has `exchange` and `download`, ``chance(n)`` gives a whole number below n, ``use(snapshot)`` puts a new
    snapshot into service or raises `Refused`. ``identity`` changes in place when the till gets a new epoch, which
    ``storage`` keeps. Times are milliseconds."""

    def __init__(
        self,
        identity,
        storage,
        journal,
        snapshots,
        link,
        clock,
        chance,
        use,
        batch_bytes=65536,
        most_snapshot=1 << 28,
    ):
        self._identity, self._storage = identity, storage
        self.service = SignedLink(identity, clock, link)
        self._alone = None if self.service.host else "no-service" if identity["epoch"] else "not-enrolled"
        self._journal = journal
        self._outgoing = Outgoing(identity, journal, batch_bytes)
        self._emptying = Emptying(storage, journal)
        self._snapshots = snapshots
        self._clock = clock
        self._use = use
        self._most_snapshot = most_snapshot
        # Called with "records" or "snapshot" and its trouble, whenever that changes.
        self.tell = lambda what, trouble: None
        # Parts of the query: which snapshot the till goes by ("" until that is set), which layout of one it reads.
        self.holds, self.reads = str, ""
        self._records = Schedule(chance, lambda trouble: self.tell("records", trouble))
        self._snapshot = Schedule(chance, lambda trouble: self.tell("snapshot", trouble))
        self._chance = chance
        self._contact, self._quarantined = None, 0
        self._fork = None  # the last number both sides agree on, while a new epoch is needed
        self.every = 15000  # between two looks for a new snapshot

    async def run(self) -> None:
        """For ever; nothing that happens here ends it but its cancellation."""
        while True:
            moved = False
            try:
                moved = await self.step()
            except Exception as fault:  # a till that goes on selling must go on sending
                self._records.failed(self._clock.monotonic_ms(), "sync-fault: " + repr(fault)[:80])
            await asyncio.sleep(0 if moved else _LOOK / 1000)

    async def step(self) -> bool:
        """One exchange if one is due. False when there was nothing to do yet.

        Records go first: the next snapshot then counts them, and the till need not read them all again to do so. Not
        for ever, though: a till that never stops selling, or has a long night to send, needs new rules as well.
        """
        if self._alone:
            return False
        now = self._clock.monotonic_ms()
        patience = self.every if self._snapshots.current else 0
        is_overdue, is_due = now >= self._snapshot.due + patience, now >= self._records.due
        if self._fork is not None and is_due:
            await self._attempt(self._records, self._renew)
        elif self._depth() and is_due and not is_overdue:
            await self._attempt(self._records, self._send)
        elif now >= self._snapshot.due:
            await self._attempt(self._snapshot, self._fetch)
        else:
            return self._emptied()
        return True

    def _emptied(self) -> bool:
        """Whether there was something to look through for records of customers who were erased."""
        meta = self._snapshots.current.meta if self._snapshots.current else {}
        through = meta.get("through", {}).get(keyid(self._identity["device"], self._identity["epoch"]), 0)
        return self._emptying.step(meta.get("erased", ""), through)

    def health(self) -> dict:
        """What stands between this till and its service; a ``trouble`` names its cause or is None."""
        contact = None if self._contact is None else (self._clock.monotonic_ms() - self._contact) // 1000
        return {
            "service": None if self._alone else self.service.host + ":" + str(self.service.port),
            "epoch": self._identity["epoch"],
            "seconds_since_contact": contact,
            "every": self.every // 1000,
            "trouble": self._alone or self._records.trouble or self.service.down,
            "snapshot_trouble": self._snapshot.trouble or self._snapshots.trouble,
            "quarantined": self._quarantined,
        }

    def _depth(self) -> int:
        return self._journal.next_sequence - 1 - self._journal.acknowledged

    async def _attempt(self, when: Schedule, exchange) -> None:
        """A fault counts against its own kind of exchange: a snapshot without room must not hold up records."""
        if self._outgoing.batch_bytes == 1:
            gc.collect()
        try:
            await exchange()
        except MemoryError:
            gc.collect()
            when.failed(self._clock.monotonic_ms(), "out-of-memory", _SOON if when is self._records else 0)
        except LinkDown as down:
            when.failed(self._clock.monotonic_ms(), "service-unreachable: " + str(down))
        except (OSError, StorageFailed):
            when.failed(self._clock.monotonic_ms(), "storage-failed", 0, self._rarely(when))
        except Refused as refused:
            when.failed(self._clock.monotonic_ms(), refused.code, _REFUSED_WAIT)
        except Exception as fault:  # a till that goes on selling must go on sending
            when.failed(self._clock.monotonic_ms(), "sync-fault: " + repr(fault)[:80])

    def _rarely(self, when: Schedule) -> int:
        """The longest wait until what was written in vain is written again: a snapshot wears flash."""
        return max(_RARE, self.every) if when is self._snapshot else _RARE

    async def _send(self) -> None:
        first, last, body = self._outgoing.next()
        target = _EVENTS + "?first=" + str(first) + "&history=" + self._journal.history
        room = 2 * self._outgoing.batch_bytes + 4096  # it may set aside every record, and say why
        status, told, _ = await self.service.post(target, body, room, "application/x-ndjson")
        self._outgoing.answered(status == 413, last, len(body))
        self._heard(status, told, last)

    def _heard(self, status: int, told: dict, last: int) -> None:
        now = self._clock.monotonic_ms()
        if status != 200:
            self._refused(self._records, now, status, told)
        elif not is_receipt(told):
            self._records.failed(now, "service-took-nothing")
        elif told["acknowledged"] >= self._journal.next_sequence:
            self._parted(last, told)  # it has more of this till's than this till
        else:
            self._received(now, told, last)

    def _received(self, now: int, told: dict, last: int) -> None:
        self._journal.history = told["history"]
        moved = self._settled(told["acknowledged"], last)
        if not moved:
            self._records.failed(now, "service-took-nothing")
            return
        self._contact = now
        self._quarantined += len(told["quarantined"])
        self._records.succeeded(now, 0 if moved > 0 else _PAUSE)

    def _settled(self, acknowledged: int, last: int) -> int:
        """How many records this acknowledgement let go, of those in the batch; negative where some are asked again."""
        before = self._journal.acknowledged
        self._journal.rewind(acknowledged)
        self._journal.acknowledge(min(acknowledged, last))
        return self._journal.acknowledged - before

    def _refused(self, when: Schedule, now: int, status: int, told: dict) -> None:
        """A 4xx stays what it is until a person acts, but for what a till can put right; anything else may pass."""
        code = told.get("code")
        if self.service.corrects(told):
            when.corrected(now, str(code))
            return
        if code == "history-changed" and type(told.get("history")) is str:
            self._began(told["history"])
            when.corrected(now, str(code))
            return
        if code == "identity-conflict":
            self._parted(min(told["conflicts"]) - 1, told)
        elif code == "enrolment-unknown":
            self._fork = self._journal.oldest() - 1
        trouble = code if type(code) is str else "service-status-" + str(status)
        is_lasting = 400 <= status < 500 and status not in (408, 413, 429) and self._fork is None
        when.failed(now, trouble[:80], _REFUSED_WAIT if is_lasting else 0)

    def _parted(self, last: int, told: dict) -> None:
        """``last`` is the last number agreed on, and only with a service of this history: it may be set back."""
        self._fork = last
        self._journal.history = told["history"]

    async def _renew(self) -> None:
        resume = self._fork or 0
        body = renewal.wish(self._identity, resume, self._journal.history)
        status, told, signature = await self.service.post(renewal.PATH, body, 4096)
        now = self._clock.monotonic_ms()
        if status != 200:
            self._refused(self._records, now, status, told)
            return
        renewal.take(self._identity, self._storage, self._journal, resume, told, signature)
        self._fork = None
        self._snapshot.due = now
        self._records.succeeded(now, 0)

    async def _fetch(self) -> None:
        file = self._snapshots.incoming()
        most = max(_ANSWER, min(self._most_snapshot, self._snapshots.room()))
        try:
            target = _SNAPSHOT + self._snapshots.name + self.holds() + self.reads
            status, told = await self.service.fetch(target, file, most)
            file.flush()
        except TooLarge:
            raise Invalid("snapshot-too-large", "this till has room for one of " + str(most) + " bytes")
        finally:
            file.close()
        now = self._clock.monotonic_ms()
        if status not in (200, 204):
            self._refused(self._snapshot, now, status, told)
        elif status == 200 and not self._adopted():
            self._snapshot.failed(now, self._snapshots.trouble, 0, self._rarely(self._snapshot))
        else:
            self._snapshots.confirm()
            self._contact = now
            self._snapshot.succeeded(now, self.every - self._chance(self.every // 8))

    def _adopted(self) -> bool:
        if not self._snapshots.adopt(self._use):
            return False
        history = self._snapshots.current.meta["history"]
        if self._journal.history not in ("", history):
            self._began(history)
        return True

    def _began(self, history: str) -> None:
        """The service was set back: no number is agreed on any more, not even where the histories fork."""
        self._journal.begin_history(history)
        self._fork = None
