"""Signed requests carry a counter; one-time codes enrol tills."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("devices", sa.Column("counter", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "codes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("store", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger),
        sa.Column("proof", sa.String),
        sa.Column("epoch", sa.Integer),
    )


def downgrade() -> None:
    op.drop_table("codes")
    op.drop_column("devices", "counter")
