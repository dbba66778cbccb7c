"""The audit trail, the seal of the log, and what a decision was made from."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REFUSED = "BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever appended to'); END"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    for name in ("actor", "action", "subject"):
        op.create_index(f"audit_by_{name}", "audit", [name, "position"])
    for event in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER audit_refuses_{event.lower()} BEFORE {event} ON audit {REFUSED}")
    op.add_column("events", sa.Column("seal", sa.LargeBinary, nullable=True))
    op.create_table(
        "snapshot_parts",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "published_snapshots",
        sa.Column("store", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("history", sa.Text, primary_key=True),
        sa.Column("built", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("audit_head", sa.Text, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
    )
    op.create_table(
        "facts_told",
        sa.Column("customer", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("tier", sa.Text),
        sa.Column("birthday", sa.Text),
    )
    op.execute("INSERT INTO facts_told SELECT customer, 0, tier, birthday FROM facts")


def downgrade() -> None:
    op.drop_table("facts_told")
    op.drop_table("published_snapshots")
    op.drop_table("snapshot_parts")
    op.drop_column("events", "seal")
    op.drop_table("audit")
