"""Empties, in a till's journal, the records of customers who were erased.

A snapshot names them for some weeks by the start of the SHA-256 of their tokens. What the service holds of theirs, and
the snapshot counts, becomes a line that says which record was there: enough for the service to know it again. A segment
is copied beside itself and renamed over: a power cut leaves the old one or the new one.
"""

import hashlib
from binascii import hexlify

from pos_client.core.event import digest, opened
from pos_client.core.record import Refused

_TAG = 16  # hex digits
_NEW = "journal.new"
_REST = 240  # calls after storage failed


class Emptying:
    """One segment at a time, whenever there is nothing else to do."""

    def __init__(self, storage, journal):
        self._storage = storage
        self._journal = journal
        self._tags = ""
        self._done = 0  # looked through up to this record, for these tags
        self._rest = 0
        self._tidy()

    def step(self, tags: str, through: int) -> bool:
        """Look through the next segment for records up to ``through`` of whom ``tags`` name; False if none is left."""
        if tags != self._tags:
            self._tags, self._done = tags, 0
        limit = min(through, self._journal.acknowledged)
        if self._rest or not tags or self._done >= limit:
            self._rest = max(0, self._rest - 1)
            return False
        for name, first, end, _ in self._journal.segments():
            if end > self._done + 1:
                try:
                    if self._holds(name, first, end, limit):
                        self._rewrite(name, first, end, limit)
                except (OSError, MemoryError):  # no room, perhaps; selling goes on, and this is tried again
                    self._rest = _REST
                    self._tidy()
                    return False
                self._done = min(end - 1, limit)
                return True
        self._done = limit
        return False

    def _holds(self, name: str, first: int, end: int, limit: int) -> bool:
        for sequence, entry in self._journal.within(name, first, end):
            if self._done < sequence <= limit and self._is_erased(entry.token()):
                return True
        return False

    def _rewrite(self, name: str, first: int, end: int, limit: int) -> None:
        target = self._storage.create(_NEW)
        try:
            for sequence, entry in self._journal.within(name, first, end):
                kept = entry.stored()
                if sequence <= limit and self._is_erased(entry.token()):
                    kept = _instead(entry.line(), sequence)
                for piece in self._journal.framed(sequence, kept):
                    target.write(piece)
            target.flush()
        finally:
            target.close()
        self._storage.rename(_NEW, name)
        self._journal.replaced(name)

    def _tidy(self) -> None:
        """What a rewrite that did not end left behind takes room, and holds records as they were."""
        try:
            if _NEW in self._storage.names():
                self._storage.remove(_NEW)
        except OSError:
            pass

    def _is_erased(self, token: str) -> bool:
        if not token:
            return False
        tag = hexlify(hashlib.sha256(token.encode()).digest()).decode()[:_TAG]
        found = self._tags.find(tag)
        while found >= 0 and found % _TAG:
            found = self._tags.find(tag, found + 1)
        return found >= 0


def _instead(line: bytes, sequence: int) -> dict:
    """What is kept in place of a record; of one that is not whole, by the name the service gave it."""
    try:
        record = opened(line)
    except Refused:
        record = {"hash": digest(line).decode()}
    told = {"kind": "erased", "sequence": sequence, "was": record["hash"]}
    for name in ("device", "epoch"):
        if name in record:
            told[name] = record[name]
    return told
