"""What every published snapshot carried, so that a decision can be made again years later.

The parts of a snapshot's meta hardly change from one version to the next: each is kept once, under its own SHA-256.
Customers are not kept: what was believed and known of one follows from the log up to the snapshot's ``position`` and
from ``facts_told`` up to its ``revision``, and is forgotten with them when they are erased.
"""

import hashlib
import json
import zlib
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, text

from pos_client.core.event import canonical
from pricing_service import audit_store, release_store
from pricing_service.standing import Standing

COLUMNS = "columns"
OWN = frozenset({"format", "version", "built", "history", "store"})  # columns of the row
PASSING = frozenset(
    {"through", "erased", "audit_head", "expires", "budgets", "leases"}
)  # no decision depends on these
HEADER = 36  # bytes of a snapshot before its meta, whose length is the first number after the magic
SHORT = 32  # hex digits of a head that tills carry

PARTS = text("SELECT digest, body FROM snapshot_parts WHERE digest IN :digests").bindparams(
    bindparam("digests", expanding=True)
)
KNOWN = text("SELECT digest FROM snapshot_parts WHERE digest IN :digests").bindparams(
    bindparam("digests", expanding=True)
)
KEEP_PART = text(
    "INSERT INTO snapshot_parts (digest, body) VALUES (:digest, :body) ON CONFLICT (digest) DO NOTHING"
)
KEEP = text(
    "INSERT INTO published_snapshots (store, version, history, built, revision, position, audit_head, parts)"
    " VALUES (:store, :version, :history, :built, :revision, :position, :audit_head, :parts)"
    " ON CONFLICT (store, version, history) DO NOTHING"
)
GET = text(
    "SELECT store, version, history, built, revision, position, audit_head, parts FROM published_snapshots"
    " WHERE store = :store AND version = :version ORDER BY built DESC"
)
HEAD = text(
    "SELECT audit_head FROM published_snapshots"
    " WHERE store = :store AND version = :version AND history = :history"
)
FIRST = text("SELECT MIN(version) FROM published_snapshots WHERE store = :store")
LAST = text("SELECT COALESCE(MAX(position), 0) FROM events")


class Kept(NamedTuple):
    """A published snapshot: as of which row of the log and which revision, and its ``parts``, name to digest."""

    store: str
    version: int
    history: str
    built: int
    revision: int
    position: int
    audit_head: str
    parts: dict[str, str]


class Archived(NamedTuple):
    """What is to be kept of a snapshot: itself, and the bytes of its parts by digest."""

    kept: Kept
    bodies: dict[str, bytes]


def audit_head(connection: Connection, store: str, stands: Standing) -> str:
    """How far the trail was when this snapshot was built first: every till is a witness of it."""
    key = {"store": store, "version": stands.snapshot_version, "history": stands.history}
    head = audit_store.head(connection)
    return connection.execute(HEAD, key).scalar() or f"{head.position}:{head.hash[:SHORT]}"


def of(connection: Connection, stands: Standing, body: bytes) -> Archived:
    """What is to be kept of a snapshot that was built from this very view of the database, and its parts' bytes."""
    meta = json.loads(body[HEADER : HEADER + int.from_bytes(body[8:12], "little")])
    bodies = {name: canonical(value) for name, value in meta.items() if name not in OWN | PASSING}
    bodies[COLUMNS] = release_store.in_force(connection).columns
    digests = {name: hashlib.sha256(part).hexdigest() for name, part in bodies.items()}
    position = connection.execute(LAST).scalar_one()
    kept = Kept(
        meta["store"],
        meta["version"],
        meta["history"],
        meta["built"],
        stands.revision,
        position,
        meta.get("audit_head", ""),
        digests,
    )
    return Archived(kept, {digests[name]: part for name, part in bodies.items()})


def keep(connection: Connection, archived: Archived) -> None:
    """Keep it, in the transaction that publishes it: nobody decides from what is not kept."""
    kept, bodies = archived
    known = set(connection.execute(KNOWN, {"digests": sorted(bodies)}).scalars())
    for digest in sorted(bodies.keys() - known):
        connection.execute(KEEP_PART, {"digest": digest, "body": zlib.compress(bodies[digest])})
    connection.execute(KEEP, {**kept._asdict(), "parts": json.dumps(kept.parts, sort_keys=True)})


def first(connection: Connection, store: str) -> int | None:
    """The lowest version that was ever kept of a store; None where none is."""
    return connection.execute(FIRST, {"store": store}).scalar_one()


def find(connection: Connection, store: str, version: int) -> list[Kept]:
    """The snapshots that had this version, the youngest first: more than one only after a restore."""
    rows = connection.execute(GET, {"store": store, "version": version})
    return [Kept(*row)._replace(parts=json.loads(row.parts)) for row in rows]


def meta(connection: Connection, kept: Kept) -> tuple[dict[str, Any], bytes]:
    """The meta of a snapshot but for what no decision depends on, and its columns. Raises ValueError if damaged."""
    bodies = {row.digest: zlib.decompress(row.body) for row in _parts(connection, kept)}
    for digest, body in bodies.items():
        if hashlib.sha256(body).hexdigest() != digest:
            raise ValueError(f"the part {digest} of snapshot {kept.version} is not what was published")
    missing = [name for name, digest in kept.parts.items() if digest not in bodies]
    if missing:
        raise ValueError(f"snapshot {kept.version} lacks its {', '.join(missing)}")
    told = {name: json.loads(bodies[digest]) for name, digest in kept.parts.items() if name != COLUMNS}
    told |= {"version": kept.version, "built": kept.built, "history": kept.history, "store": kept.store}
    return told, bodies[kept.parts[COLUMNS]]


def _parts(connection: Connection, kept: Kept) -> list[Any]:
    return list(connection.execute(PARTS, {"digests": sorted(set(kept.parts.values()))}))
