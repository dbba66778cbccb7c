"""The keys that backups are sealed under, one for each customer, in a file of its own that no backup ever holds.

A backup names a customer by a key's ``name``, drawn by chance, and holds everything else of them encrypted. Whoever
deletes the key has erased them from every backup that was ever made.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FILE = "keys.db"
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS keys (owner TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BLOB NOT NULL)"
)
ADD = "INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT (owner) DO NOTHING"
WAIT = 30.0  # s; a backup holds the file while it draws the keys that are missing


def line_owner(digest: str) -> str:
    """Who owns the key of a quarantined line that names no customer: the line itself."""
    return "line/" + digest


@contextmanager
def opened(secrets: Path) -> Iterator[sqlite3.Connection]:
    """The keys in the folder ``secrets``, in one transaction that holds off everybody else's."""
    path = secrets / FILE
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, timeout=WAIT, isolation_level=None)) as connection:
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON"):
            connection.execute("PRAGMA " + pragma)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(SCHEMA)
        yield connection
        connection.execute("COMMIT")


def draw(connection: sqlite3.Connection, owners: Iterable[str]) -> None:
    """A key for each of ``owners`` who has none."""
    connection.executemany(ADD, ((owner, os.urandom(16).hex(), os.urandom(32)) for owner in owners))


def destroy(secrets: Path, owners: Iterable[str]) -> None:
    """Delete the keys of ``owners``: what was sealed under them cannot be read by anybody any more."""
    if not (secrets / FILE).exists():
        return
    with opened(secrets) as connection:
        connection.executemany("DELETE FROM keys WHERE owner = ?", ((owner,) for owner in owners))
