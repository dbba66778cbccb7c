"""Hands records to the service and fetches snapshots, one connection at a time, whenever the network allows.

No decision waits for any of this. A record leaves the till only by a signed acknowledgement of the highest sequence up
to which the service holds everything; an acknowledgement that went back (a service restored from a backup) means
sending again, which a service takes as known. Where both hold different records under one number, the till asks for a
new epoch and goes on from there (see `renewal`).
"""

import asyncio
import gc

from pos_client import renewal
from pos_client.core.event import seal
from pos_client.core.record import Refused
from pos_client.core.signature import keyid
from pos_client.emptying import Emptying
from pos_client.link import LinkDown
from pos_client.ports import StorageFailed
from pos_client.signing import Signer
from pos_client.turn import Turn

_EVENTS = "/v1/events"
_SNAPSHOT = "/v1/snapshots/latest"
_REFUSED_WAIT = 300000  # milliseconds after an answer that only a person can change
_SOON = 2000  # milliseconds after which a heap that had no room may have it
_PAUSE = 1000  # after an answer that asks for some records again
_LARGEST = 1 << 20  # bytes that every service takes; no record that a till wrote comes near
_LOOK = 250  # how often to look for new records


def _unheard(what: str, trouble):
    """Nobody wants to know."""


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
        self._identity = identity
        self._storage = storage
        self._host, self._port = _address(identity.get("service", ""))
        self._alone = None if self._host else "no-service" if identity["epoch"] else "not-enrolled"
        self._signer = Signer(identity, clock)
        self._journal = journal
        self._emptying = Emptying(storage, journal)
        self._snapshots = snapshots
        self._link = link
        self._clock = clock
        self._use = use
        self._batch_bytes = self._room = batch_bytes  # 1: a record alone
        self._misfit = None  # the number of a record that is too large for any request
        self._most_snapshot = most_snapshot
        self.tell = _unheard  # called with "records" or "snapshot" and its trouble, whenever that changes
        self.holds = str  # gives the query that tells which snapshot the till goes by; "" until it is set
        self._records = Turn(chance, lambda trouble: self.tell("records", trouble))
        self._snapshot = Turn(chance, lambda trouble: self.tell("snapshot", trouble))
        self._chance = chance
        self._contact = None
        self._quarantined = 0
        self._fork = None  # the last number both sides agree on, while a new epoch is needed
        self.every = 15000  # between two looks for a new snapshot
        self.deadline = 10000  # of one exchange; a snapshot gets six times as long

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
        if not self._host:
            return False
        now = self._clock.monotonic_ms()
        patience = self.every if self._snapshots.current else 0
        is_overdue = now >= self._snapshot.due + patience
        if self._fork is not None and now >= self._records.due:
            await self._attempt(self._records, self._renew)
        elif self._depth() and now >= self._records.due and not is_overdue:
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
            "service": self._host + ":" + str(self._port) if self._host else None,
            "epoch": self._identity["epoch"],
            "seconds_since_contact": contact,
            "trouble": self._alone or self._records.trouble,
            "snapshot_trouble": self._snapshot.trouble or self._snapshots.trouble,
            "quarantined": self._quarantined,
        }

    def _depth(self) -> int:
        return self._journal.next_sequence - 1 - self._journal.acknowledged

    async def _attempt(self, turn: Turn, exchange) -> None:
        """A fault counts against its own kind of exchange: a snapshot without room must not hold up records."""
        if self._batch_bytes == 1:
            gc.collect()
        try:
            await exchange()
        except MemoryError:
            gc.collect()
            turn.failed(self._clock.monotonic_ms(), "out-of-memory", _SOON if turn is self._records else 0)
        except LinkDown as down:
            turn.failed(self._clock.monotonic_ms(), "service-unreachable: " + str(down))
        except (OSError, StorageFailed):
            turn.failed(self._clock.monotonic_ms(), "storage-failed")
        except Refused as refused:
            turn.failed(self._clock.monotonic_ms(), refused.code, _REFUSED_WAIT)
        except Exception as fault:  # a till that goes on selling must go on sending
            turn.failed(self._clock.monotonic_ms(), "sync-fault: " + repr(fault)[:80])

    async def _send(self) -> None:
        first, last, body = self._single() if self._batch_bytes == 1 else self._batch()
        target = _EVENTS + "?first=" + str(first) + "&history=" + self._journal.history
        sent = self._signer.headers("POST", target, body)
        sent["Content-Type"] = "application/x-ndjson"
        room = 2 * self._batch_bytes + 4096  # it may set aside every record, and say why
        status, got, answer = await self._link.exchange(
            self._host, self._port, "POST", target, sent, body, self.deadline, room
        )
        self._room = self._batch_bytes if status != 413 else 1
        if status == 413 and len(body) > _LARGEST:  # of less, anybody on the way may say so; pieces are few
            self._misfit = last
        self._heard(status, self._believed(sent, status, got, answer), last)

    def _batch(self) -> tuple:
        """(first number, last number, body) of the next request."""
        batch = self._journal.pending(self._room)
        lines = [
            line if line and _fits(number, [line]) and number != self._misfit else self._lost(number)
            for number, line in batch
        ]
        return batch[0][0], batch[-1][0], b"\n".join(lines)

    def _single(self) -> tuple:
        """As `_batch` for a small machine: one record, in pieces, none of which is large."""
        number, pieces = self._journal.alone()
        body = pieces if pieces and _fits(number, pieces) else [self._lost(number)]
        return number, number, body

    def _believed(self, sent: dict, status: int, got: dict, answer: bytes) -> dict:
        """What our own service says in an answer. Others may refuse as well, but acknowledge or correct nothing."""
        told = renewal.parsed(answer)
        if self._signer.is_ours(sent, status, got, answer):
            return told
        if status < 400:
            raise LinkDown("the answer is not signed by our service")
        return {"code": told.get("code") if told.get("code") == "unknown-device" else None}

    def _lost(self, sequence: int) -> bytes:
        """What is said in place of a record that rotted on the medium, so that the others can leave."""
        told = {"device": self._identity["device"], "epoch": self._identity["epoch"]}
        told.update({"kind": "damaged", "sequence": sequence})
        return seal(told)

    def _heard(self, status: int, told: dict, last: int) -> None:
        now = self._clock.monotonic_ms()
        if status != 200:
            self._refused(self._records, now, status, told)
        elif not _is_receipt(told):
            self._records.failed(now, "service-took-nothing")
        elif told["acknowledged"] >= self._journal.next_sequence:
            self._fork = last  # it has more of this till's than this till; they agree on what this batch held
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

    def _refused(self, turn: Turn, now: int, status: int, told: dict) -> None:
        """A 4xx stays what it is until a person acts, but for what a till can put right; anything else may pass."""
        code = told.get("code")
        if self._signer.corrects(told):
            turn.corrected(now, str(code))
            return
        if code == "history-changed" and type(told.get("history")) is str:
            self._began(told["history"])
            turn.corrected(now, str(code))
            return
        if code == "identity-conflict":
            self._fork = min(told["conflicts"]) - 1
        elif code == "enrolment-unknown":
            self._fork = self._journal.oldest() - 1
        trouble = code if type(code) is str else "service-status-" + str(status)
        is_lasting = 400 <= status < 500 and status not in (408, 413, 429) and self._fork is None
        turn.failed(now, trouble[:80], _REFUSED_WAIT if is_lasting else 0)

    async def _renew(self) -> None:
        resume = self._fork or 0
        body = renewal.wish(self._identity, resume, self._journal.history)
        sent = self._signer.headers("POST", renewal.PATH, body)
        status, got, answer = await self._link.exchange(
            self._host, self._port, "POST", renewal.PATH, sent, body, self.deadline, 4096
        )
        told = self._believed(sent, status, got, answer)
        now = self._clock.monotonic_ms()
        if status != 200:
            self._refused(self._records, now, status, told)
            return
        renewal.take(self._identity, self._storage, self._journal, resume, told, sent["Signature"])
        self._fork = None
        self._snapshots.etag = ""
        self._snapshot.due = now
        self._records.succeeded(now, 0)

    async def _fetch(self) -> None:
        file = self._snapshots.incoming()
        target = _SNAPSHOT + self.holds()
        sent = self._signer.headers("GET", target, b"")
        if self._snapshots.etag:
            sent["If-None-Match"] = self._snapshots.etag
        try:
            status, got, answer = await self._link.download(
                self._host, self._port, target, sent, file, 6 * self.deadline, self._most_snapshot
            )
            file.flush()
        finally:
            file.close()
        told = (
            {} if status == 200 else self._believed(sent, status, got, answer)
        )  # a snapshot is signed itself
        now = self._clock.monotonic_ms()
        if status not in (200, 304):
            self._refused(self._snapshot, now, status, told)
        elif status == 200 and not self._adopted(got.get("etag", "")):
            self._snapshot.failed(now, self._snapshots.trouble)
        else:
            self._snapshots.confirm()
            self._contact = now
            self._snapshot.succeeded(now, self.every - self._chance(self.every // 8))

    def _adopted(self, etag: str) -> bool:
        if not self._snapshots.adopt(etag, self._use):
            return False
        history = self._snapshots.current.meta["history"]
        if self._journal.history not in ("", history):
            self._began(history)
        return True

    def _began(self, history: str) -> None:
        """The service was set back: no number is agreed on any more, not even where the histories fork."""
        self._journal.begin_history(history)
        self._fork = None


def _fits(sequence: int, pieces: list) -> bool:
    """Whether a line can stand in a batch under its number; what rot or another program left may not."""
    mark = b'"sequence":' + str(sequence).encode() + b","
    is_named, before = False, b""
    for piece in pieces:
        if b"\n" in piece:
            return False
        is_named = is_named or mark in before + piece
        before = piece[-len(mark) :]
    return is_named


def _is_receipt(told: dict) -> bool:
    acknowledged = told.get("acknowledged")
    is_count = type(acknowledged) is int and acknowledged >= 0
    return is_count and type(told.get("history")) is str and type(told.get("quarantined")) is list


def _address(service: str) -> tuple:
    """(host, port) of ``http://host:port``, or (None, 0) where a till has no service."""
    scheme, _, rest = service.partition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    if scheme != "http" or not host or not (port or "80").isdigit():
        return None, 0
    return host, int(port or "80")
