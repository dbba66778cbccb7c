"""The log, what is derived from it, and what the shop configures."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Position = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _log()
    _derived()
    _configured()
    _service()


TABLES = (
    "devices",
    "events",
    "quarantine",
    "beliefs",
    "usage",
    "budgets",
    "facts",
    "discounts",
    "policies",
    "service",
)


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)


def _log() -> None:
    op.create_table(
        "devices",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True),
        sa.Column("store", sa.String, nullable=False),
        sa.Column("enrolled", sa.BigInteger, nullable=False),
        sa.Column("acknowledged", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger),
        sa.Column("revoked", sa.BigInteger),
    )
    op.create_table(
        "events",
        sa.Column("position", Position, primary_key=True, autoincrement=True),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("checkout_id", sa.String, nullable=False),
        sa.Column("customer", sa.String),
        sa.Column("occurred", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("device", "epoch", "sequence", name="event_identity"),
    )
    op.create_index("events_of_customer", "events", ["customer", "position"])
    op.create_table(
        "quarantine",
        sa.Column("id", Position, primary_key=True, autoincrement=True),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("device", "epoch", "sequence", "digest", name="quarantine_identity"),
    )


def _derived() -> None:
    op.create_table(
        "beliefs",
        sa.Column("customer", sa.String, primary_key=True),
        sa.Column("release", sa.String, nullable=False),
        sa.Column("weights", sa.LargeBinary, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
    )
    op.create_table(
        "usage",
        sa.Column("customer", sa.String, primary_key=True),
        sa.Column("discount", sa.String, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("uses", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "budgets",
        sa.Column("discount", sa.String, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
    )


def _configured() -> None:
    op.create_table(
        "facts",
        sa.Column("customer", sa.String, primary_key=True),
        sa.Column("tier", sa.String),
        sa.Column("birthday", sa.String),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    for name in ("discounts", "policies"):
        op.create_table(
            name,
            sa.Column("id", sa.String, primary_key=True),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("body", sa.Text, nullable=False),
            sa.Column("changed", sa.BigInteger, nullable=False),
            sa.Column("retired", sa.BigInteger),
        )


def _service() -> None:
    service = op.create_table(
        "service",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("history", sa.String, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("snapshot_revision", sa.BigInteger, nullable=False),
        sa.Column("snapshot_version", sa.BigInteger, nullable=False),
        sa.Column("snapshot_built", sa.BigInteger, nullable=False),
    )
    row = {"id": 1, "history": secrets.token_hex(16), "revision": 1}
    op.bulk_insert(service, [{**row, "snapshot_revision": 0, "snapshot_version": 0, "snapshot_built": 0}])
