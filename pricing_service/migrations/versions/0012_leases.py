"""How much of each budget every till may give until it is heard of again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("discount", sa.String, primary_key=True),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("period_key", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("recalled", sa.BigInteger, nullable=False),
        sa.Column("held_later", sa.BigInteger, nullable=False),
        sa.Column("recalled_later", sa.BigInteger, nullable=False),
        sa.Column("held_before", sa.BigInteger, nullable=False),
        sa.Column("given", sa.BigInteger, nullable=False),
        sa.Column("given_before", sa.BigInteger, nullable=False),
        sa.Column("gift", sa.BigInteger, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("leases")
