"""Fits, the releases made of them, which release was in force when; a belief belongs to a release."""

import json
import math
import time

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Position = sa.BigInteger().with_variant(sa.Integer, "sqlite")
HAND_MADE = {
    "name": "hand-1",
    "shares": [0.27, 0.16, 0.57],
    "mu": math.log(0.06),
    "tau": 0.7,
    "sigma": 0.4,
    "delta": 0.25,
    "eps": 0.02,
    "leave": [0.005, 0.01, 0.02],
    "leave_end": [0.01, 0.04, 0.08],
    "half_life": 365.0,
}


def upgrade() -> None:
    _fits()
    _releases()
    _switches()
    _beliefs(["release", "customer"], sa.Column("cohort", sa.Integer))


def downgrade() -> None:
    _beliefs(["customer"])
    for name in ("switches", "releases", "fits"):
        op.drop_table(name)


def _fits() -> None:
    op.create_table(
        "fits",
        sa.Column("position", Position, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("started", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("worker", sa.String),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("prior", sa.String),
        sa.Column("priors", sa.Text, nullable=False),
        sa.Column("weak", sa.Boolean, nullable=False),
        sa.Column("against", sa.Integer),
        sa.Column("progress", sa.Text),
        sa.Column("summary", sa.Text),
        sa.Column("verdict", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("error", sa.Text),
    )
    op.create_index("ix_fits_state", "fits", ["state"])


def _releases() -> None:
    """Release 0 is the one made by hand; its identity is filled in at the next start."""
    releases = op.create_table(
        "releases",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("table_error", sa.Text),
        sa.Column("fit", sa.Text, unique=True),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("published_by", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
    )
    made = {"number": 0, "identity": "", "model": json.dumps(HAND_MADE), "published": int(time.time())}
    note = "Made by hand from plausible retail figures, fitted to nothing."
    op.bulk_insert(releases, [{**made, "published_by": "Rung", "note": note}])


def _switches() -> None:
    switches = op.create_table(
        "switches",
        sa.Column("id", Position, primary_key=True, autoincrement=True),
        sa.Column("release", sa.Integer, sa.ForeignKey("releases.number"), nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("asked_by", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("until", sa.BigInteger),
        sa.Column("customers", sa.BigInteger),
        sa.Column("seconds", sa.Float),
        sa.Column("error", sa.Text),
    )
    in_force = sa.text("state = 'in_force'")
    op.create_index("one_release_in_force", "switches", ["state"], unique=True, sqlite_where=in_force)
    now = int(time.time())
    first = {
        "release": 0,
        "action": "start",
        "state": "in_force",
        "asked": now,
        "asked_by": "Rung",
        "note": "",
    }
    op.bulk_insert(switches, [{**first, "since": now}])


def _beliefs(key: list[str], *more: sa.Column) -> None:
    """Beliefs can be computed anew from the log, but are copied: a large shop must not wait at the start."""
    op.rename_table("beliefs", "beliefs_before")
    kept = [
        sa.Column("release", sa.String, nullable=False),
        sa.Column("customer", sa.String, nullable=False),
        sa.Column("weights", sa.LargeBinary, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
    ]
    names = ", ".join(column.name for column in kept)
    op.create_table("beliefs", *kept, *more, sa.PrimaryKeyConstraint(*key))
    op.execute(
        f"INSERT INTO beliefs ({names}) SELECT {names} FROM beliefs_before WHERE true ON CONFLICT DO NOTHING"
    )
    op.drop_table("beliefs_before")
