"""A database in memory whose process can die at any statement."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from pricing_service import database as seam
from pricing_service.database import Database


class Cut(Exception):
    """The process died here; whatever runs on until it is swept away changes nothing."""


class MortalConnection(sqlite3.Connection):
    """A connection that can die at a statement: it never commits again until it is `revived`."""

    statements_left = 0  # until death; 0: none is planned
    is_dead = False

    def step(self, *_told: Any) -> None:
        """One statement of a transaction."""
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


class MemoryDatabase(Database):
    """A `Database` in memory behind one connection that can die."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(":memory:", check_same_thread=False, factory=MortalConnection)
        self.raw.isolation_level = None
        self.raw.execute("PRAGMA foreign_keys=ON")
        self.path = Path(":memory:")
        self.engine = create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool)
        self._write_engine = self.engine.execution_options(rung_writing=True)
        event.listen(self.engine, "begin", lambda connection: seam._begin(connection))
        event.listen(self._write_engine, "before_cursor_execute", self.raw.step)

    def set_to(self, image: bytes) -> None:
        self.raw.revive()
        self.raw.deserialize(image)
