"""Which snapshot each till was handed last."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("snapshot", "revision", "fetched")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("devices", sa.Column(name, sa.BigInteger))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("devices", name)
