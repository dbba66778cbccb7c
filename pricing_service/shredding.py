"""Crypto-shredding: in a backup everything personal is sealed under a key that is not in the backup.

`lock` takes a copy of the database and leaves a sealed one in its place; `unlock` takes it back. Rows that belong to
one customer (every table with a column ``customer``) move, encrypted whole, into the table ``sealed``; a record of the
log keeps its identity, its content is encrypted; so is every quarantined line. What has no key stays out: nobody can
read it any more. Both write a new file, because a database that was changed in place still holds what it held.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from cryptography.exceptions import InvalidTag

from pos_client.claim import Unusable
from pricing_service import customer_keys, rewriting, sealed_rows, tombstones
from pricing_service.customer_keys import line_owner

SEALED = "CREATE TABLE sealed (name TEXT NOT NULL, place TEXT NOT NULL, content BLOB NOT NULL)"
TOGETHER = 10_000  # keys drawn in one transaction: an erasure may wait for it


def is_locked(copy: Path) -> bool:
    """Whether a database is sealed."""
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return "sealed" in rewriting.tables(connection, "main")


def lock(copy: Path, secrets: Path) -> None:
    """Seal a copy of the database. ``copy`` is replaced by a new file; nobody else may have it open."""
    with customer_keys.opened(secrets):
        pass  # there is a file of keys, though nobody has one yet
    with closing(sqlite3.connect(copy)) as before:
        owners = _owners(before)
        while some := list(islice(owners, TOGETHER)):
            with customer_keys.opened(secrets) as keys:
                is_erased = _erased_since(before, secrets)
                customer_keys.draw(keys, (one for one in some if not is_erased(one)))
    _rewritten(copy, secrets, _lock)


def unlock(copy: Path, secrets: Path) -> int:
    """Open a sealed copy; how many erased customers stay out of it. One that is not sealed is left as it is.

    Raises `Unusable` where keys are missing that nobody's erasure explains.
    """
    if not is_locked(copy):
        return 0
    if not (secrets / customer_keys.FILE).exists():
        raise Unusable(
            f"There is no {secrets / customer_keys.FILE}: what the backup says of customers needs its keys."
        )
    missing, erasures = _missing(copy, secrets), tombstones.Outside(secrets).erasures()
    if missing > erasures:
        told = f"Of {missing} customers in the backup there is no key, but only {erasures} were ever erased"
        raise Unusable(f"{told}: {secrets} is not the folder that belongs to this backup, or an older one.")
    try:
        _rewritten(copy, secrets, _unlock)
    except (InvalidTag, sqlite3.IntegrityError):  # a value that could not be opened
        raise Unusable("The backup is damaged: a row of it is not what was sealed.") from None
    return missing


def _rewritten(copy: Path, secrets: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    with rewriting.rewritten(copy) as connection:
        _hold_keys(connection, secrets)
        sealed_rows.functions(connection)
        connection.execute("BEGIN")
        fill(connection)
        rewriting.finish(connection)
        connection.execute("COMMIT")


def _hold_keys(connection: sqlite3.Connection, secrets: Path) -> None:
    """Take the keys into memory: who reads their file for as long as a backup takes keeps erasures waiting."""
    connection.execute("ATTACH ? AS vault", (str(secrets / customer_keys.FILE),))
    connection.execute("ATTACH ':memory:' AS held")
    connection.execute(
        "CREATE TABLE held.keys (owner TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BLOB NOT NULL)"
    )
    connection.execute("INSERT INTO held.keys SELECT owner, name, key FROM vault.keys ORDER BY owner")
    connection.execute("DETACH vault")


def _lock(connection: sqlite3.Connection) -> None:
    connection.execute(SEALED)
    for table in _made(connection):
        columns = rewriting.columns(connection, "old", table)
        if table in sealed_rows.KEPT:
            sealed_rows.hide(connection, table, columns)
        elif "customer" in columns:
            rewriting.insert(connection, "sealed", 3, sealed_rows.sealed(connection, table, columns))
        else:
            rewriting.take_over(connection, table)


def _unlock(connection: sqlite3.Connection) -> None:
    for table in _made(connection):
        columns = rewriting.columns(connection, "old", table)
        if table in sealed_rows.KEPT:
            sealed_rows.show(connection, table, columns)
        elif "customer" in columns:
            rewriting.insert(connection, table, len(columns), sealed_rows.opened(connection, table))
        else:
            rewriting.take_over(connection, table)


def _made(connection: sqlite3.Connection) -> list[str]:
    """The tables of the old database, made in the new one; not the one that holds what is sealed."""
    names = [name for name in rewriting.tables(connection, "old") if name != "sealed"]
    rewriting.begin(connection, names)
    return names


def _erased_since(before: sqlite3.Connection, secrets: Path) -> Callable[[str], bool]:
    """Whether somebody was erased after the copy was taken."""
    followed = {name for (name,) in before.execute("SELECT id FROM erasures")}
    macs = {line.get("mac") for line in tombstones.Outside(secrets).unfollowed(followed)}
    of = tombstones.Macs(secrets).of
    return lambda customer: bool(macs) and of(customer) in macs


def _owners(before: sqlite3.Connection) -> Iterator[str]:
    """Everybody who needs a key: every customer of every table, and every quarantined line that names none."""
    for table in rewriting.tables(before, "main"):
        if "customer" in rewriting.columns(before, "main", table):
            rows = before.execute(f"SELECT DISTINCT customer FROM {table} WHERE customer IS NOT NULL")
            yield from (owner for (owner,) in rows)
    digests = before.execute("SELECT digest FROM quarantine WHERE customer IS NULL AND line <> x''")
    yield from (line_owner(digest) for (digest,) in digests)


def _missing(copy: Path, secrets: Path) -> int:
    """How many customers of a sealed copy have no key."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        _hold_keys(connection, secrets)
        named = "SELECT name FROM sealed UNION SELECT customer FROM events WHERE customer IS NOT NULL"
        rows = f"SELECT COUNT(*) FROM ({named}) WHERE name NOT IN (SELECT name FROM held.keys)"
        return connection.execute(rows).fetchone()[0]
