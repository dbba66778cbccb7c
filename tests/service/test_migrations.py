"""The migrations make the schema the code describes, and can be undone."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from pricing_service import migrating, release_store, replaying
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening


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


def test_a_shop_of_the_version_before_fits_keeps_its_beliefs_bit_for_bit(
    settings: Settings, pen: Pen, database: Database
) -> None:
    with listening(settings) as port:
        client = Client(port)
        pen.send(client, [pen.write(("asked_more", "accepted")), pen.write(card="another")])
        client.close()
    with database.reading() as connection:
        before = replaying.stored(connection)
    migrating.downgrade(database, "0002")
    with database.writing() as connection:  # what is kept, not what the log says, must be there afterwards
        connection.execute(text("UPDATE beliefs SET visits = visits + 70"))
    migrating.upgrade(database)
    with listening(settings), database.reading() as connection:
        after = replaying.stored(connection)
        assert release_store.present(connection).number == 0
    assert len(after.beliefs) == 2
    assert after.beliefs == {
        who: held._replace(visits=held.visits + 70) for who, held in before.beliefs.items()
    }
    assert (after.usage, after.budgets) == (before.usage, before.budgets)
    assert after.holding == before.holding and len(after.holding) == 2


def test_what_the_files_of_migrations_are_called_is_their_order() -> None:
    order = [script.revision for script in ScriptDirectory(str(migrating.FOLDER)).walk_revisions()]
    assert all(migrating.is_known(name) for name in order)
    assert sorted(order, reverse=True) == order
    assert not migrating.is_known("0000")


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
