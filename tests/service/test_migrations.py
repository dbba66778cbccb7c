"""The migrations make the schema the code describes, and can be undone."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlmodel import SQLModel

from pricing_service import migrating
from pricing_service.database import Database


def test_up_makes_exactly_the_schema_and_down_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "rung.db")
    migrating.upgrade(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    migrating.downgrade(database, "base")
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrating.upgrade(database)
    assert migrating.is_current(database)
    database.close()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "rung.db")
    histories = []
    for _ in range(2):
        migrating.upgrade(database)
        with database.reading() as connection:
            histories.append(connection.exec_driver_sql("SELECT history FROM service").scalar())
    assert histories[0] == histories[1]
    database.close()


def test_a_commit_is_on_disk_before_it_is_told(tmp_path: Path) -> None:
    database = Database(tmp_path / "rung.db")
    with database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()
