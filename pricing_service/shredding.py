"""Crypto-shredding: in a backup everything personal is sealed under a key that is not in the backup.

`lock` takes a copy of the database and leaves a sealed one in its place; `unlock` takes it back. Rows that belong to
one customer (every table with a column ``customer``) move, encrypted whole, into the table ``sealed``; a record of the
log keeps its identity, its content is encrypted; so is every quarantined line. What has no key stays out: nobody can
read it any more. Both write a new file, because a database that was changed in place still holds what it held.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from pos_client.claim import Unusable
from pricing_service import customer_keys, tombstones
from pricing_service.customer_keys import line_owner
from pricing_service.sealed_values import decrypted, encrypted

SEALED = "CREATE TABLE sealed (name TEXT NOT NULL, place TEXT NOT NULL, content BLOB NOT NULL)"
KEPT = ("events", "quarantine")  # their rows stay, without what they say
EMPTY = {"kind": "'erased'", "checkout_id": "''", "customer": "NULL", "line": "x''", "detail": "''"}  # as SQL
HIDDEN = {
    "events": ("checkout_id", "line"),
    "quarantine": ("detail", "line"),
}  # what is encrypted of a kept row
TOGETHER = 10_000  # keys drawn in one transaction: an erasure may wait for it

Row = tuple[Any, ...]


def is_locked(copy: Path) -> bool:
    """Whether a database is sealed."""
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return "sealed" in _tables(connection, "main")


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
    """Put a new database in the place of ``copy``, which ``fill`` makes from it."""
    beside = copy.with_name(copy.name + ".shred")
    beside.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as connection:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
                connection.execute("PRAGMA " + pragma)
            connection.execute("ATTACH ? AS old", (str(copy),))
            _hold_keys(connection, secrets)
            _functions(connection)
            connection.execute("BEGIN")
            fill(connection)
            connection.execute("COMMIT")
        _synced(beside)
        beside.chmod(0o600)
        beside.replace(copy)
    finally:
        beside.unlink(missing_ok=True)


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
    for table in _copied(connection):
        columns = _columns(connection, "old", table)
        if table in KEPT:
            _hide(connection, table, columns)
        elif "customer" in columns:
            seal = "INSERT INTO sealed VALUES (?, ?, ?)"
            connection.executemany(seal, _sealed(connection, table, columns))
        else:
            _plain(connection, table, columns)
    _rest(connection)


def _unlock(connection: sqlite3.Connection) -> None:
    for table in _copied(connection):
        columns = _columns(connection, "old", table)
        if table in KEPT:
            _show(connection, table, columns)
        elif "customer" in columns:
            _insert(connection, table, columns, _opened(connection, table))
        else:
            _plain(connection, table, columns)
    _rest(connection)


def _sealed(connection: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[Row]:
    """Rows of one customer each, encrypted whole. Who has no key was erased while the backup was made."""
    wanted = ", ".join(f'o."{name}"' for name in columns)
    rows = f"SELECT k.name, k.key, {wanted} FROM old.{table} o JOIN held.keys k ON k.owner = o.customer"
    for name, key, *row in connection.execute(rows):
        yield name, table, encrypted(key, table, row)


def _opened(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    rows = "SELECT k.key, s.content FROM old.sealed s JOIN held.keys k ON k.name = s.name WHERE s.place = ?"
    for key, content in connection.execute(rows, (table,)):
        yield tuple(decrypted(key, table, content))


def _hide(connection: sqlite3.Connection, table: str, columns: list[str]) -> None:
    """Copy rows that stay, in their order, with what they say encrypted into the last of the hidden columns."""
    *others, last = HIDDEN[table]
    owner = "o.customer" if table == "events" else f"COALESCE(o.customer, '{line_owner('')}' || o.digest)"
    erased = f"k.key IS NULL AND {owner} IS NOT NULL AND o.{last} <> x''"
    hidden = ", ".join(f"o.{name}" for name in HIDDEN[table])
    told = {name: f"CASE WHEN k.key IS NULL THEN o.{name} ELSE {EMPTY[name]} END" for name in others}
    told[last] = f"CASE WHEN k.key IS NULL THEN o.{last} ELSE sealed(k.key, '{table}', {hidden}) END"
    told["customer"] = "k.name"
    _copy(connection, table, columns, told, erased, f"LEFT JOIN held.keys k ON k.owner = {owner}")


def _show(connection: sqlite3.Connection, table: str, columns: list[str]) -> None:
    """Copy rows that stay, with what they say; nothing of those whose key is gone."""
    last = HIDDEN[table][-1]
    told = {
        name: f"CASE WHEN k.key IS NULL THEN o.{name} ELSE part(k.key, '{table}', o.{last}, {place}) END"
        for place, name in enumerate(HIDDEN[table])
    }
    told["customer"] = f"CASE WHEN k.owner LIKE '{line_owner('')}%' THEN NULL ELSE k.owner END"
    erased = "k.key IS NULL AND o.customer IS NOT NULL"
    _copy(connection, table, columns, told, erased, "LEFT JOIN held.keys k ON k.name = o.customer")


def _copy(
    connection: sqlite3.Connection,
    table: str,
    columns: list[str],
    told: dict[str, str],
    erased: str,
    join: str,
) -> None:
    """Insert every row in its order: columns as ``told``, else as they are, and emptied where it is ``erased``."""
    values = [
        f"CASE WHEN {erased} THEN {EMPTY[name]} ELSE {told.get(name, 'o.' + name)} END"
        if name in EMPTY
        else f'o."{name}"'
        for name in columns
    ]
    connection.execute(
        f"INSERT INTO main.{table} SELECT {', '.join(values)} FROM old.{table} o {join} ORDER BY o.rowid"
    )


def _functions(connection: sqlite3.Connection) -> None:
    """``sealed(key, table, values…)``, and ``part(key, table, content, n)``: the n-th of them, NULL of damaged ones."""
    latest: tuple[bytes, list[Any]] = b"", []

    def part(key: bytes, table: str, content: bytes, place: int) -> Any:
        nonlocal latest
        if latest[0] != content:
            try:
                latest = content, decrypted(key, table, content)
            except InvalidTag:
                return None
        return latest[1][place]

    connection.create_function("sealed", -1, lambda key, table, *values: encrypted(key, table, values))
    connection.create_function("part", 4, part)


def _erased_since(before: sqlite3.Connection, secrets: Path) -> Callable[[str], bool]:
    """Whether somebody was erased after the copy was taken."""
    followed = {name for (name,) in before.execute("SELECT id FROM erasures")}
    macs = {line.get("mac") for line in tombstones.Outside(secrets).unfollowed(followed)}
    of = tombstones.Macs(secrets).of
    return lambda customer: bool(macs) and of(customer) in macs


def _owners(before: sqlite3.Connection) -> Iterator[str]:
    """Everybody who needs a key: every customer of every table, and every quarantined line that names none."""
    for table in _tables(before, "main"):
        if "customer" in _columns(before, "main", table):
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


def _tables(connection: sqlite3.Connection, schema: str) -> list[str]:
    rows = f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    return [name for (name,) in connection.execute(rows)]


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]


def _copied(connection: sqlite3.Connection) -> list[str]:
    """The tables of the old database, made in the new one, still empty; not the one that holds what is sealed."""
    tables = [name for name in _tables(connection, "old") if name != "sealed"]
    for table in tables:
        rows = "SELECT sql FROM old.sqlite_master WHERE type = 'table' AND name = ?"
        connection.execute(connection.execute(rows, (table,)).fetchone()[0])
    return tables


def _insert(connection: sqlite3.Connection, table: str, columns: list[str], rows: Iterator[Row]) -> None:
    connection.executemany(f"INSERT INTO main.{table} VALUES ({', '.join('?' * len(columns))})", rows)


def _plain(connection: sqlite3.Connection, table: str, columns: list[str]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM old.{table} ORDER BY rowid")


def _rest(connection: sqlite3.Connection) -> None:
    """Indexes and triggers, which go faster over what is there, and the numbers that rows are given next."""
    rows = "SELECT sql FROM old.sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type"
    for (sql,) in connection.execute(rows).fetchall():
        connection.execute(sql)
    counted = "SELECT 1 FROM old.sqlite_master WHERE name = 'sqlite_sequence'"
    if connection.execute(counted).fetchone():
        connection.execute("DELETE FROM main.sqlite_sequence")
        connection.execute("INSERT INTO main.sqlite_sequence SELECT * FROM old.sqlite_sequence")


def _synced(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
