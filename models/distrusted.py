"""Which records of a service's log come from cashiers or tills that it distrusts: they say nothing to a fit."""

import sqlite3
from typing import Any

THERE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'distrust'"
ALL = "SELECT kind, store, name, first, last FROM distrust WHERE NOT cleared"


class Distrusted:
    """By (kind, store, name), the positions of the log, both included, that are left out."""

    def __init__(self, spans: list[tuple[str, str, str, int, int | None]]) -> None:
        self._of: dict[tuple[Any, ...], list[tuple[int, int | None]]] = {}
        for *source, first, last in spans:
            self._of.setdefault(tuple(source), []).append((first, last))

    def holds(self, record: dict[str, Any], position: int) -> bool:
        """Whether the record at this position is left out."""
        if not self._of:
            return False
        store = record.get("store")
        spans = [
            *self._of.get(("cashier", store, record.get("cashier")), ()),
            *self._of.get(("device", store, record.get("device")), ()),
        ]
        return any(first <= position and (last is None or position <= last) for first, last in spans)


def read(connection: sqlite3.Connection) -> Distrusted:
    """What a service's database says; a database of before there was a guard distrusts nobody."""
    there = connection.execute(THERE).fetchone()
    return Distrusted(connection.execute(ALL).fetchall() if there else [])
