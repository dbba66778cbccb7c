"""Hands records to the service and fetches snapshots, one connection at a time, whenever the network allows.

No decision waits for any of this. A record leaves the till only by an acknowledgement of the highest sequence up to
which the service holds everything; an acknowledgement that went back (a service restored from a backup) means
sending again, which a service takes as known.
"""

import asyncio
import json
from binascii import hexlify, unhexlify

from pos_client.core.event import digest, seal
from pos_client.core.mac import hmac_sha256
from pos_client.core.record import Refused
from pos_client.link import LinkDown

_EVENTS = "/v1/events"
_SNAPSHOT = "/v1/snapshots/latest"
_FIRST_WAIT = 1000  # milliseconds after a failure, then twice that, to
_LONGEST_WAIT = 60000
_REFUSED_WAIT = 300000  # after an answer that only a person can change
_LOOK = 250  # how often to look for new records


def _unheard(what: str, trouble):
    """Nobody wants to know."""


class Turn:
    """When one kind of exchange is due again: soon after a success, later and later, by chance, after failures.

    ``changed(trouble)`` hears of every change of its ``trouble``.
    """

    def __init__(self, chance, changed=lambda trouble: None):
        self._chance = chance
        self._changed = changed
        self._failures = 0
        self.due = 0
        self.trouble = None

    def succeeded(self, now: int, wait: int) -> None:
        self._failures = 0
        self.due = now + wait
        self._became(None)

    def failed(self, now: int, trouble: str, longest: int = 0) -> None:
        """`chance` keeps a thousand tills from coming back in the same second."""
        wait = longest or min(_LONGEST_WAIT, _FIRST_WAIT << min(self._failures, 10))
        self._failures += 1
        self.due = now + wait // 2 + self._chance(wait // 2 + 1)
        self._became(trouble)

    def _became(self, trouble) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._changed(trouble)


class Sync:
    """``link`` has `exchange` and `download`, ``chance(n)`` gives a whole number below n, ``use(snapshot)`` puts a new
    snapshot into service or raises `Refused`. Times are milliseconds."""

    def __init__(
        self, identity, journal, snapshots, link, clock, chance, use, batch_bytes=65536, most_snapshot=1 << 28
    ):
        self._device = identity["device"]
        self._epoch = str(identity["epoch"])
        self._key = unhexlify(identity["key"])
        self._host, self._port = _address(identity.get("service", ""))
        self._alone = None if self._host else "no-service" if identity["epoch"] else "not-enrolled"
        self._journal = journal
        self._snapshots = snapshots
        self._link = link
        self._clock = clock
        self._use = use
        self._batch_bytes = batch_bytes
        self._most_snapshot = most_snapshot
        self.tell = _unheard  # called with "records" or "snapshot" and its trouble, whenever that changes
        self._records = Turn(chance, lambda trouble: self.tell("records", trouble))
        self._snapshot = Turn(chance, lambda trouble: self.tell("snapshot", trouble))
        self._chance = chance
        self._contact = None
        self._quarantined = 0
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
        if self._depth() and now >= self._records.due and not is_overdue:
            await self._attempt(self._records, self._send)
        elif now >= self._snapshot.due:
            await self._attempt(self._snapshot, self._fetch)
        else:
            return False
        return True

    def health(self) -> dict:
        """What stands between this till and its service; a ``trouble`` names its cause or is None."""
        contact = None if self._contact is None else (self._clock.monotonic_ms() - self._contact) // 1000
        return {
            "service": self._host + ":" + str(self._port) if self._host else None,
            "seconds_since_contact": contact,
            "trouble": self._alone or self._records.trouble,
            "snapshot_trouble": self._snapshot.trouble or self._snapshots.trouble,
            "quarantined": self._quarantined,
        }

    def _depth(self) -> int:
        return self._journal.next_sequence - 1 - self._journal.acknowledged

    async def _attempt(self, turn: Turn, exchange) -> None:
        try:
            await exchange()
        except LinkDown as down:
            turn.failed(self._clock.monotonic_ms(), "service-unreachable: " + str(down))
        except Refused as refused:
            turn.failed(self._clock.monotonic_ms(), refused.code, _REFUSED_WAIT)
        except OSError:
            turn.failed(self._clock.monotonic_ms(), "storage-failed")

    async def _send(self) -> None:
        batch = self._journal.pending(self._batch_bytes)
        last = batch[-1][0]
        lines = [line or self._lost(sequence) for sequence, line in batch]
        body = lines[0] if len(lines) == 1 else b"\n".join(lines)  # a device has no room for a copy
        del batch, lines
        headers = self._headers("POST", _EVENTS, body)
        headers["Content-Type"] = "application/x-ndjson"
        room = 2 * self._batch_bytes + 4096  # it may set aside every record, and say why
        status, _, answer = await self._link.exchange(
            self._host, self._port, "POST", _EVENTS, headers, body, self.deadline, room
        )
        self._heard(status, _object(answer), last)

    def _lost(self, sequence: int) -> bytes:
        """What is said in place of a record that rotted on the medium, so that the others can leave."""
        return seal(
            {"device": self._device, "epoch": int(self._epoch), "kind": "damaged", "sequence": sequence}
        )

    def _heard(self, status: int, told: dict, last: int) -> None:
        """A conflict is acknowledged like the others: the service set the record aside and a person must look."""
        moved = self._settled(told, last) if status in (200, 409) and _is_receipt(told) else 0
        now = self._clock.monotonic_ms()
        if status != 200:
            _refuse(self._records, now, status, told)
        elif not moved:
            self._records.failed(now, "service-took-nothing")
        else:
            self._contact = now
            self._quarantined += len(told["quarantined"])
            self._records.succeeded(now, 0 if moved > 0 else _FIRST_WAIT)

    def _settled(self, told: dict, last: int) -> int:
        """How many records this acknowledgement let go; negative where the service asks for some again.

        Only what this batch held is let go. A service that knows records this till never wrote is refused.
        """
        acknowledged = told["acknowledged"]
        if acknowledged >= self._journal.next_sequence:
            self._journal.acknowledge(acknowledged)
        before = self._journal.acknowledged
        self._journal.rewind(acknowledged)
        self._journal.acknowledge(min(acknowledged, last))
        return self._journal.acknowledged - before

    async def _fetch(self) -> None:
        file = self._snapshots.incoming()
        headers = self._headers("GET", _SNAPSHOT, b"")
        if self._snapshots.etag:
            headers["If-None-Match"] = self._snapshots.etag
        try:
            status, got = await self._link.download(
                self._host, self._port, _SNAPSHOT, headers, file, 6 * self.deadline, self._most_snapshot
            )
            file.flush()
        finally:
            file.close()
        now = self._clock.monotonic_ms()
        if status not in (200, 304):
            _refuse(self._snapshot, now, status, {})
        elif status == 200 and not self._adopted(got.get("etag", "")):
            self._snapshot.failed(now, self._snapshots.trouble)
        else:
            self._contact = now
            self._snapshot.succeeded(now, self.every - self._chance(self.every // 8))

    def _adopted(self, etag: str) -> bool:
        """Under a new history the service was set back: what it does not have by its own count is sent again."""
        old = self._snapshots.current
        if not self._snapshots.adopt(etag, self._use):
            return False
        meta = self._snapshots.current.meta
        through = meta.get("through", {}).get(self._device)
        if old and old.meta["history"] != meta["history"] and through is not None:
            self._journal.rewind(through)
        return True

    def _headers(self, method: str, path: str, body: bytes) -> dict:
        parts = (method, path, digest(body).decode(), self._device, self._epoch)
        signature = hexlify(hmac_sha256(self._key, "\n".join(parts).encode())).decode()
        return {"Rung-Device": self._device, "Rung-Epoch": self._epoch, "Rung-Signature": signature}


def _is_receipt(told: dict) -> bool:
    acknowledged = told.get("acknowledged")
    is_count = type(acknowledged) is int and acknowledged >= 0
    return is_count and type(told.get("history")) is str and type(told.get("quarantined")) is list


def _refuse(turn: Turn, now: int, status: int, told: dict) -> None:
    """A 4xx stays what it is until a person acts; anything else may pass."""
    code = told.get("code")
    trouble = code if type(code) is str else "service-status-" + str(status)
    turn.failed(now, trouble[:80], _REFUSED_WAIT if 400 <= status < 500 and status not in (408, 429) else 0)


def _object(raw: bytes) -> dict:
    """The JSON object in an answer; an empty one where it is anything else."""
    try:
        value = json.loads(raw.decode())
    except (ValueError, RuntimeError):  # MicroPython reports too deep nesting as RuntimeError
        return {}
    return value if type(value) is dict else {}


def _address(service: str) -> tuple:
    """(host, port) of ``http://host:port``, or (None, 0) where a till has no service."""
    scheme, _, rest = service.partition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    if scheme != "http" or not host or not (port or "80").isdigit():
        return None, 0
    return host, int(port or "80")
