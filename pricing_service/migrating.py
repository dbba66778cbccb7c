"""Bring a database file to the schema this version of the service needs."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pricing_service.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations that are missing, each explicit, each in one transaction."""
    database.path.parent.mkdir(parents=True, exist_ok=True)
    if to != "head" or not is_current(database):
        from alembic import command  # by who migrates: most starts do not, and it takes a tenth of a second

        command.upgrade(_config(database), to)


def downgrade(database: Database, to: str) -> None:
    from alembic import command

    command.downgrade(_config(database), to)


def is_current(database: Database) -> bool:
    """Whether the file has exactly the schema of this version."""
    with database.reading() as connection:
        table = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
        if connection.exec_driver_sql(table).first() is None:
            return False
        present = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    return present == [_schemas()[-1]]


def is_known(schema: str) -> bool:
    """Whether this is the schema of this version, or one that it can bring up to date."""
    return schema in _schemas()


@cache
def _schemas() -> list[str]:
    """All schemas by their names, the first one first: a migration's file is called ``NAME_what_it_does.py``."""
    return sorted(file.name.partition("_")[0] for file in (FOLDER / "versions").glob("[0-9]*.py"))


def _config(database: Database) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["database"] = database
    return config
