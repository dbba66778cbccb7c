"""The audit trail: who did what to what, one entry after another, each chained to the one before it by its hash.

    audit_store.append(connection, "cli:root", "device-revoked", "device=till-3")

An entry is committed with the change it tells of, or neither is. Entries are never changed: triggers refuse it, which
stops mistakes, and the chain together with its anchors (`audit_anchors`) shows it where somebody removed the triggers.
Nothing that leads back to a customer is written here: a token becomes `customer`.
"""

import getpass
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.event import canonical

BEGIN = "0" * 64  # the hash before the first entry
LONGEST = 4000  # characters of a subject or a detail
COLUMNS = "SELECT position, at, actor, action, subject, detail, hash FROM audit"
HEAD = text("SELECT position, hash FROM audit ORDER BY position DESC LIMIT 1")
AT = text("SELECT hash FROM audit WHERE position = :position")
TOLD = text("SELECT 1 FROM audit WHERE actor = :actor AND position > :position LIMIT 1")
APPEND = text(
    "INSERT INTO audit (position, at, actor, action, subject, detail, hash)"
    " VALUES (:position, :at, :actor, :action, :subject, :detail, :hash)"
)
PAGE = text(
    f"{COLUMNS} WHERE position < :before"
    " AND (:actor IS NULL OR actor = :actor) AND (:action IS NULL OR action = :action)"
    " AND (:subject IS NULL OR subject = :subject)"
    " AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)"
    " ORDER BY position DESC LIMIT :limit"
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Head(NamedTuple):
    """Where a chain ends: its last position, 0 for none, and that entry's hash."""

    position: int
    hash: str


class Entry(NamedTuple):
    """``at``: Unix seconds. ``hash``: 64 hex digits over all other members and the hash of the entry before."""

    position: int
    at: int
    actor: str
    action: str
    subject: str
    detail: str
    hash: str


class Wanted(NamedTuple):
    """Which entries: None for all. Times are Unix seconds, ``until`` is not included."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: int | None = None
    until: int | None = None


def append(connection: Connection, actor: str, action: str, subject: str = "", detail: str = "") -> Head:
    """Put one entry at the end, inside the caller's transaction, which must be a writing one."""
    last = head(connection)
    told = (last.position + 1, int(time.time()), *(_clean(each) for each in (actor, action, subject, detail)))
    entry = Entry._make((*told, hash_of(told, last.hash)))
    connection.execute(APPEND, entry._asdict())
    return Head(entry.position, entry.hash)


def hash_of(told: tuple[Any, ...], previous: str) -> str:
    """The hash of an entry, whose other members are ``told`` in order, after an entry with the hash ``previous``."""
    return hashlib.sha256(_bytes((*told, previous))).hexdigest()


def head(connection: Connection) -> Head:
    row = connection.execute(HEAD).one_or_none()
    return Head(row.position, row.hash) if row else Head(0, BEGIN)


def hash_at(connection: Connection, position: int) -> str | None:
    """The hash of the entry at a position, or None; `BEGIN` before the first."""
    return connection.execute(AT, {"position": position}).scalar() if position else BEGIN


def is_told(connection: Connection, actor: str, position: int) -> bool:
    """Whether an entry behind a position is of this actor."""
    return connection.execute(TOLD, {"actor": actor, "position": position}).scalar() is not None


def page(connection: Connection, wanted: Wanted, before: int, limit: int) -> list[Entry]:
    """Up to ``limit`` wanted entries with positions below ``before``, the youngest first."""
    values = {**wanted._asdict(), "before": before, "limit": limit}
    return [Entry(*row) for row in connection.execute(PAGE, values)]


def customer(key: bytes, token: str) -> str:
    """A customer as the trail names them: who erases the customer leaves nothing that leads back to them."""
    return "customer:" + hmac.digest(key, f"rung audit\n{token}".encode(), "sha256").hex()[:16]


def subject(key: bytes, path: Mapping[str, Any]) -> str:
    """What a request is about, by the parameters of its path; ``token`` is a customer's."""
    return " ".join(
        customer(key, str(value)) if name == "token" else f"{name}={value}" for name, value in path.items()
    )


def cli_actor() -> str:
    """Who runs a command on the service's own machine."""
    try:
        return "cli:" + getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "cli"


def _clean(told: str) -> str:
    """What a database can store: no half of a character, and not endless."""
    return told[:LONGEST].encode("utf-8", "replace").decode()


def _bytes(told: tuple[Any, ...]) -> bytes:
    """`canonical`, at the speed a million entries ask for: the two differ only where something is escaped."""
    quick = _encode(told)
    return canonical(list(told)) if "\\" in quick else quick.encode()
