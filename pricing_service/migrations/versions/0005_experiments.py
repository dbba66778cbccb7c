"""Experiments, and the turnover that the till system booked, to hold the log against."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("started", sa.BigInteger),
        sa.Column("started_by", sa.String),
        sa.Column("stopped", sa.BigInteger),
        sa.Column("stopped_by", sa.String),
        sa.Column("ramps", sa.Text, nullable=False),
    )
    op.create_table(
        "turnover",
        sa.Column("store", sa.String, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("booked_by", sa.String, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for name in ("turnover", "experiments"):
        op.drop_table(name)
