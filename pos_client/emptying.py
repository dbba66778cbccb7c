"""Empties, in a till's journal, the records of customers who were erased.

A snapshot names them for some weeks by the start of the SHA-256 of their tokens. What the service holds of theirs, and
the snapshot counts, becomes a line that says which record was there: enough for the service to know it again. A segment
is copied beside itself and renamed over: a power cut leaves the old one or the new one.
"""

import hashlib
from binascii import hexlify

from pos_client.core.event import digest, opened, seal
from pos_client.core.record import Refused
from pos_client.frame import HEAD, framed, whole_frames

_NAMED = b'"customer":"'
_REDEEMS = b'"redeemer":"'  # of as many letters
_TOKEN = 64
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
        for sequence, line in self._lines(name, first, end):
            if self._done < sequence <= limit and self._is_erased(line):
                return True
        return False

    def _rewrite(self, name: str, first: int, end: int, limit: int) -> None:
        target = self._storage.create(_NEW)
        try:
            for sequence, line in self._lines(name, first, end):
                if sequence <= limit and self._is_erased(line):
                    line = _instead(line, sequence)
                for piece in framed(sequence, [line]):
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

    def _lines(self, name: str, first: int, end: int):
        """Yields (sequence, line) of the whole records of a segment."""
        file = self._storage.open(name)
        try:
            for sequence, start, length in whole_frames(file, 0, self._storage.size(name), first):
                if sequence >= end:
                    return
                file.seek(start + HEAD)
                yield sequence, file.read(length)
        finally:
            file.close()

    def _is_erased(self, line: bytes) -> bool:
        at = max(line.find(_NAMED), line.find(_REDEEMS))
        if at < 0:
            return False
        token = line[at + len(_NAMED) : at + len(_NAMED) + _TOKEN]
        tag = hexlify(hashlib.sha256(token).digest()).decode()[:_TAG]
        found = self._tags.find(tag)
        while found >= 0 and found % _TAG:
            found = self._tags.find(tag, found + 1)
        return found >= 0


def _instead(line: bytes, sequence: int) -> bytes:
    """What is kept in place of a record; of one that is not whole, by the name the service gave it."""
    try:
        record = opened(line)
    except Refused:
        record = {"hash": digest(line).decode()}
    told = {"kind": "erased", "sequence": sequence, "was": record["hash"]}
    for name in ("device", "epoch"):
        if name in record:
            told[name] = record[name]
    return seal(told)
