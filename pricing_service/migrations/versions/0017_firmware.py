"""What devices update themselves from: metadata, images, releases."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "firmware_files",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "firmware_images",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "firmware_releases",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("hardware", sa.String, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("journal", sa.String, nullable=False),
        sa.Column("devices", sa.String),
        sa.Column("bill", sa.Text),
        sa.Column("targets", sa.BigInteger, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("published_by", sa.String, nullable=False),
        sa.UniqueConstraint("hardware", "version"),
    )


def downgrade() -> None:
    for name in ("firmware_releases", "firmware_images", "firmware_files"):
        op.drop_table(name)
