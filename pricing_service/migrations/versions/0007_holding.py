"""Who seems to hold out. The service fills the table from the log at its next start."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holding",
        sa.Column("customer", sa.String, primary_key=True),
        sa.Column("weights", sa.LargeBinary, nullable=False),
        sa.Column("stays", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("lean", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("holding")
