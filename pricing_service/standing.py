"""The one row that says where this service stands: its history, its revision, and the snapshot made of it.

The revision grows with everything a snapshot is built from, in the same transaction; equal revisions, equal snapshots.
"""

import secrets
from typing import NamedTuple

from sqlalchemy import Connection, text

READ = text(
    "SELECT history, revision, snapshot_revision, snapshot_version, snapshot_built FROM service WHERE id = 1"
)
TOUCH = text("UPDATE service SET revision = revision + 1 WHERE id = 1")
RENEW = text("UPDATE service SET history = :history WHERE id = 1")
PUBLISH = text(
    "UPDATE service SET snapshot_revision = :revision, snapshot_version = :version, snapshot_built = :built"
    " WHERE id = 1 AND snapshot_version <= :version"
)


class Standing(NamedTuple):
    history: str
    revision: int
    snapshot_revision: int
    snapshot_version: int
    snapshot_built: int

    def published(self, revision: int, now: int) -> "Standing":
        """Where things stand once a snapshot of ``revision`` is out: one version on, never built earlier."""
        built = max(now, self.snapshot_built)
        version = self.snapshot_version + 1
        return self._replace(snapshot_revision=revision, snapshot_version=version, snapshot_built=built)


def read(connection: Connection) -> Standing:
    """Where things stand. The history's id changes when a database is set back."""
    return Standing(*connection.execute(READ).one())


def begin_history(connection: Connection) -> None:
    """Begin a new history: the database was set back, and tills must learn that they know more than it does."""
    connection.execute(RENEW, {"history": secrets.token_hex(16)})
    touch(connection)


def touch(connection: Connection) -> None:
    """Something that snapshots carry has changed."""
    connection.execute(TOUCH)


def revision(connection: Connection) -> int:
    """How far this transaction has brought the revision; a snapshot of it or of a later one carries its changes."""
    return read(connection).revision


def publish(connection: Connection, stands: Standing) -> None:
    """Remember which snapshot was made of which revision, before anybody can have it."""
    values = {
        "revision": stands.snapshot_revision,
        "version": stands.snapshot_version,
        "built": stands.snapshot_built,
    }
    connection.execute(PUBLISH, values)
