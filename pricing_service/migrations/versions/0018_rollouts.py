"""What tills report of their firmware, and how releases come to them, group by group."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NUMBERS = ("uptime", "boot", "records", "free", "heap")


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _big(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    op.create_table(
        "firmware_reports",
        sa.Column("device", sa.Text, primary_key=True),
        _big("at"),
        _text("hardware"),
        _big("version"),
        _big("confirmed"),
        _text("image"),
        sa.Column("trial", sa.Boolean, nullable=False),
        _big("fallen"),
        _text("fallen_why"),
        _text("refused"),
        *[_big(name) for name in NUMBERS],
        _text("crash"),
        _big("crash_at"),
        _big("crash_version"),
        _text("log"),
        _big("epoch"),
        _big("acknowledged"),
        _big("since"),
        _big("checked"),
        _text("trouble"),
    )
    op.create_index("ix_firmware_reports_hardware", "firmware_reports", ["hardware"])
    op.create_table(
        "rollouts",
        sa.Column("id", sa.Text, primary_key=True),
        *[_text(name) for name in ("hardware", "release")],
        _big("version"),
        *[_text(name) for name in ("image", "sent", "groups", "state")],
        sa.Column("reached", sa.Integer, nullable=False),
        _text("why"),
        _big("created"),
        _text("created_by"),
        sa.Column("approved", sa.BigInteger, nullable=True),
        sa.Column("approved_by", sa.Text, nullable=True),
        _big("changed"),
        _text("changed_by"),
    )
    op.create_index("ix_rollouts_hardware", "rollouts", ["hardware"])
    op.create_table(
        "rollout_tills",
        sa.Column("rollout", sa.Text, sa.ForeignKey("rollouts.id"), primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        _text("state"),
        *[_big(name) for name in ("told", "tried", "confirmed", "seen")],
        _text("why"),
    )
    op.create_index("rollout_tills_by_state", "rollout_tills", ["rollout", "state"])
    op.create_index("ix_rollout_tills_device", "rollout_tills", ["device"])


def downgrade() -> None:
    for table in ("rollout_tills", "rollouts", "firmware_reports"):
        op.drop_table(table)
