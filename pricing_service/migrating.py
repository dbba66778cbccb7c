"""Bring a database file to the schema this version of the service needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from pricing_service.database import Database

FOLDER = Path(__file__).parent / "migrations"


def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations that are missing, each explicit, each in one transaction."""
    database.path.parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(_config(database), to)


def downgrade(database: Database, to: str) -> None:
    command.downgrade(_config(database), to)


def is_current(database: Database) -> bool:
    """Whether the file has exactly the schema of this version."""
    with database.reading() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present == ScriptDirectory(str(FOLDER)).get_current_head()


def is_known(schema: str) -> bool:
    """Whether this is the schema of this version, or one that it can bring up to date."""
    known = ScriptDirectory(str(FOLDER)).walk_revisions()
    return schema in {script.revision for script in known}


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["database"] = database
    return config
