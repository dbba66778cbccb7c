"""Rows of a database as a backup keeps them: what they say is encrypted, each customer's under a key of their own.

The new database is ``main``, the old one is attached as ``old``, ``held.keys`` has the keys (owner, name, key).
"""

import sqlite3
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag

from pricing_service.customer_keys import line_owner
from pricing_service.sealed_values import decrypted, encrypted

KEPT = ("events", "quarantine")  # their rows stay, without what they say
EMPTY = {"kind": "'erased'", "checkout_id": "''", "customer": "NULL", "line": "x''", "detail": "''"}  # as SQL
HIDDEN = {
    "events": ("checkout_id", "line"),
    "quarantine": ("detail", "line"),
}  # what is encrypted of a kept row

Row = tuple[Any, ...]


def sealed(connection: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[Row]:
    """Rows of one customer each, encrypted whole. Who has no key was erased while the backup was made."""
    wanted = ", ".join(f'o."{name}"' for name in columns)
    rows = f"SELECT k.name, k.key, {wanted} FROM old.{table} o JOIN held.keys k ON k.owner = o.customer"
    for name, key, *row in connection.execute(rows):
        yield name, table, encrypted(key, table, row)


def opened(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    """Rows of one customer each, of those who have a key. Raises `InvalidTag` for damaged ones."""
    rows = "SELECT k.key, s.content FROM old.sealed s JOIN held.keys k ON k.name = s.name WHERE s.place = ?"
    for key, content in connection.execute(rows, (table,)):
        yield tuple(decrypted(key, table, content))


def hide(connection: sqlite3.Connection, table: str, columns: list[str]) -> None:
    """Copy rows that stay, in their order, with what they say encrypted into the last of the hidden columns."""
    *others, last = HIDDEN[table]
    owner = "o.customer" if table == "events" else f"COALESCE(o.customer, '{line_owner('')}' || o.digest)"
    erased = f"k.key IS NULL AND {owner} IS NOT NULL AND o.{last} <> x''"
    hidden = ", ".join(f"o.{name}" for name in HIDDEN[table])
    told = {name: f"CASE WHEN k.key IS NULL THEN o.{name} ELSE {EMPTY[name]} END" for name in others}
    told[last] = f"CASE WHEN k.key IS NULL THEN o.{last} ELSE sealed(k.key, '{table}', {hidden}) END"
    told["customer"] = "k.name"
    _copy(connection, table, columns, told, erased, f"LEFT JOIN held.keys k ON k.owner = {owner}")


def show(connection: sqlite3.Connection, table: str, columns: list[str]) -> None:
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


def functions(connection: sqlite3.Connection) -> None:
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
