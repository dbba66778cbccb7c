"""Anchors: lines outside the database that say how far the audit trail and the log were, and with which hashes.

Each line is signed with a key that is not in the database and names the line before it. Who can write to the database
alone cannot change anything that an anchor has seen, however well the chains are made anew. Copies of the file, and the
heads that travel in every snapshot, are witnesses off this machine (docs/audit.md).
"""

import fcntl
import hmac
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import structlog
from sqlalchemy import Connection

from pos_client.core.event import canonical
from pricing_service import audit_store, log_seal
from pricing_service.audit_store import Head
from pricing_service.database import Database
from pricing_service.settings import Settings

RECORDS_SECONDS = 60  # so long may records be in the log before an anchor has seen them; entries never wait
BEGIN = "0" * 64  # the signature before the first line
TAIL = 2048  # bytes, more than any line has

log = structlog.get_logger("rung.audit")


class Anchor(NamedTuple):
    """``entry``: head of the trail; ``record``: head of the log; ``late``: entries and records since the line before
    that a service which did not stop properly had left without an anchor. ``mac`` signs all others."""

    kind: str
    at: int
    entry: Head
    record: Head
    late: tuple[int, int]
    previous: str
    mac: str


class Anchors:
    """The file of one service, which other processes of its machine append to as well."""

    def __init__(self, path: Path, key: bytes, database: Database) -> None:
        self._path, self._key, self._database = path, key, database
        self._turn = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, kind: str = "kept", soon: bool = True) -> None:
        """Append a line if the trail moved since the last one, or the log did; not ``soon``: that may wait a minute.

        The line is written after the commit it tells of and before anybody is told of that. A disk that takes none
        stops nothing: the next line makes up for it.
        """
        try:
            self._keep(kind, soon)
        except OSError as trouble:
            log.error("not anchored", error=trouble.strerror)

    def _keep(self, kind: str, soon: bool) -> None:
        with self._turn, _appending(self._path) as file:
            before = _last(file, self._key)
            with self._database.reading() as connection:
                entry, record = audit_store.head(connection), log_seal.head(connection)
                unlike = None if kind == "restored" else _unlike(connection, before)
            if unlike:
                log.error("audit trail broken", what=unlike)
            if kind == "kept" and not _is_due(before, entry, record, soon):
                return
            late = _late(before, entry, record) if kind == "start" else (0, 0)
            file.write(
                line(self._key, kind, int(time.time()), entry, record, late, before.mac if before else BEGIN)
            )
            file.flush()
            os.fsync(file.fileno())
        if kind == "stop" or not soon:  # a witness where logs are kept elsewhere
            log.info("anchored", kind=kind, entry=entry.position, hash=entry.hash, record=record.position)


@contextmanager
def anchored(settings: Settings, database: Database) -> Iterator[Connection]:
    """A write of a command, whose entries have an anchor once the block is left."""
    with database.writing() as connection:
        yield connection
    Anchors(settings.audit_anchors, settings.audit_key, database).keep()


def line(
    key: bytes, kind: str, at: int, entry: Head, record: Head, late: tuple[int, int], previous: str
) -> bytes:
    """One line of the file."""
    told = {
        "kind": kind,
        "at": at,
        "entry": list(entry),
        "record": list(record),
        "late": list(late),
        "previous": previous,
    }
    return canonical({**told, "mac": _mac(key, told)}) + b"\n"


def read(raw: bytes, key: bytes) -> Anchor:
    """The anchor in a line. Raises ValueError for one that this key did not sign."""
    told = json.loads(raw)
    if type(told) is not dict or raw != canonical(told) + b"\n":
        raise ValueError("not the form of an anchor")
    mac = str(told.pop("mac", ""))
    if not hmac.compare_digest(mac.encode(), _mac(key, told).encode()):
        raise ValueError("not signed with this service's audit_key")
    entry, record = Head(*told["entry"]), Head(*told["record"])
    return Anchor(told["kind"], told["at"], entry, record, tuple(told["late"]), told["previous"], mac)


def _mac(key: bytes, told: dict[str, Any]) -> str:
    return hmac.digest(key, b"rung anchor\n" + canonical(told), "sha256").hex()


def _is_due(before: Anchor | None, entry: Head, record: Head, soon: bool) -> bool:
    if before is None or entry != before.entry:
        return True
    return record != before.record and (soon or time.time() - before.at >= RECORDS_SECONDS)


def _late(before: Anchor | None, entry: Head, record: Head) -> tuple[int, int]:
    if before is None:
        return entry.position, record.position
    return max(0, entry.position - before.entry.position), max(0, record.position - before.record.position)


def _unlike(connection: Connection, before: Anchor | None) -> str | None:
    """What the database no longer has as the last anchor saw it."""
    if before and audit_store.hash_at(connection, before.entry.position) != before.entry.hash:
        return f"entry {before.entry.position} is not what was anchored"
    if before and log_seal.seal_at(connection, before.record.position) != before.record.hash:
        return f"record {before.record.position} of the log is not what was anchored"
    return None


@contextmanager
def _appending(path: Path) -> Iterator[BinaryIO]:
    """The file, held against other processes; what a power cut left of a line is cut off."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - TAIL))
        whole = file.read().rfind(b"\n") + 1
        if start + whole < size:
            file.truncate(start + whole)
        file.seek(0, os.SEEK_END)
        yield file


def _last(file: BinaryIO, key: bytes) -> Anchor | None:
    """The last line, None where there is none; of one that nobody here wrote, only the signature counts."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    lines = file.read().splitlines(keepends=True)
    file.seek(0, os.SEEK_END)
    if not lines:
        return None
    try:
        return read(lines[-1], key)
    except (ValueError, KeyError, TypeError):
        log.error("audit trail broken", what="the last anchor was not written by this service")
        return None
