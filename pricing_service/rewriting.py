"""Writes a new database in the place of an old one: what was changed in place still holds what it held."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def rewritten(copy: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a new database, with the old one attached as ``old``; at the end of the block the new one takes
    the place of ``copy``, which nobody else may have open. After an error the old one is what it was."""
    beside = copy.with_name(copy.name + ".shred")
    beside.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as connection:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
                connection.execute("PRAGMA " + pragma)
            connection.execute("ATTACH ? AS old", (str(copy),))
            yield connection
        _synced(beside)
        beside.chmod(0o600)
        beside.replace(copy)
    finally:
        beside.unlink(missing_ok=True)


def tables(connection: sqlite3.Connection, schema: str) -> list[str]:
    """Names of all tables but SQLite's own, in order."""
    rows = f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    return [name for (name,) in connection.execute(rows)]


def columns(connection: sqlite3.Connection, schema: str, table: str) -> list[str]:
    """Names of a table's columns, in its order."""
    return [row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")]


def begin(connection: sqlite3.Connection, names: list[str]) -> None:
    """Make these tables of the old database in the new one, still empty."""
    for table in names:
        rows = "SELECT sql FROM old.sqlite_master WHERE type = 'table' AND name = ?"
        connection.execute(connection.execute(rows, (table,)).fetchone()[0])


def insert(connection: sqlite3.Connection, table: str, width: int, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows of ``width`` values into a table of the new database."""
    connection.executemany(f"INSERT INTO main.{table} VALUES ({', '.join('?' * width)})", rows)


def take_over(connection: sqlite3.Connection, table: str) -> None:
    """Copy a table as it is."""
    names = ", ".join(f'"{name}"' for name in columns(connection, "old", table))
    connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM old.{table} ORDER BY rowid")


def finish(connection: sqlite3.Connection) -> None:
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
