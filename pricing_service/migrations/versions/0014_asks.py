"""What waits for a second person."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asks",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("operation", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("sent", sa.Text, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("asked_by", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("asks")
