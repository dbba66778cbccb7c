"""Alembic's entry: migrations run on the connection of the service's own storage seam."""

from alembic import context
from sqlmodel import SQLModel

from pricing_service import tables  # noqa: F401 - registers the schema that autogenerate compares with

with context.config.attributes["database"].writing() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    context.run_migrations()
