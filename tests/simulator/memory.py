"""A database in memory whose process can die at any statement."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from pricing_service.database import Database
from tests.simulator.straight import StraightConnection


class Cut(Exception):
    """The process died here; whatever runs on until it is swept away changes nothing."""


class MortalConnection(sqlite3.Connection):
    """A connection that can die at a statement: it never commits again until it is `revived`."""

    statements_left = 0  # until death; 0: none is planned
    is_dead = False
    is_writing = False  # what was begun last holds the write lock

    def cursor(self, factory: type[sqlite3.Cursor] | None = None) -> sqlite3.Cursor:
        return super().cursor(factory or MortalCursor)

    def step(self, sql: str) -> None:
        """One statement of a transaction."""
        if sql.startswith("BEGIN"):
            self.is_writing = sql != "BEGIN"
        if not self.is_writing:
            return
        if self.statements_left:
            self.statements_left -= 1
            self.is_dead = not self.statements_left
        if self.is_dead:
            raise Cut

    def commit(self) -> None:
        if self.is_dead:
            raise Cut
        super().commit()

    def revive(self) -> None:
        self.is_dead, self.statements_left = False, 0
        if self.in_transaction:
            self.rollback()


class MortalCursor(sqlite3.Cursor):
    """Every statement may be the last one. Those of `sqlite3.Connection.execute`, which the judge uses, are not."""

    connection: MortalConnection

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self.connection.step(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        self.connection.step(sql)
        return super().executemany(sql, parameters)


class MemoryDatabase(Database):
    """A `Database` in memory behind one connection that can die."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(
            ":memory:", check_same_thread=False, factory=MortalConnection, cached_statements=1000
        )
        self.raw.isolation_level = None
        self.raw.execute("PRAGMA foreign_keys=ON")
        self.path = Path(":memory:")
        self.engine = create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool)
        self._straight = StraightConnection(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        self.raw.cursor().execute("BEGIN")
        try:
            yield self._straight
        finally:
            self.raw.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self.raw.cursor().execute("BEGIN IMMEDIATE")
        try:
            yield self._straight
            self.raw.commit()
        except BaseException:
            self.raw.rollback()
            raise

    def set_to(self, image: bytes) -> None:
        self.raw.revive()
        self.raw.deserialize(image)
