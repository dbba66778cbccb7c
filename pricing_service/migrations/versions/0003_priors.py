"""Priors in immutable versions; the first is what a fit starts from until an analyst publishes another."""

import json
import time

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _beta(a: float, b: float) -> dict:
    return {"density": "beta", "a": a, "b": b}


# Written out, not imported: what a shop once started from never changes, whatever the code will begin with later.
FIRST = {
    "declaration": "rung-1",
    "name": "default-1",
    "shares": {"density": "dirichlet", "alpha": [2.7, 1.6, 5.7]},
    "mu": {"density": "normal", "mean": -2.8134, "sd": 0.7},
    "tau": {"density": "lognormal", "median": 0.7, "log_sd": 0.4},
    "eta": {"density": "halfnormal", "sd": 0.3},
    "sigma": {"density": "lognormal", "median": 0.4, "log_sd": 0.4},
    "delta": {"density": "lognormal", "median": 0.25, "log_sd": 0.5},
    "eps": _beta(2.0, 98.0),
    "omega": {"density": "halfnormal", "sd": 0.5},
    "leave": [_beta(1.0, 199.0), _beta(1.0, 99.0), _beta(2.0, 98.0)],
    "leave_end": [_beta(1.0, 99.0), _beta(2.0, 48.0), _beta(4.0, 46.0)],
    "beta": {},
    "half_life": 365.0,
    "cohorts": None,
    "covariates": [],
}


def upgrade() -> None:
    priors = op.create_table(
        "priors",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sent", sa.Text, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("asked", sa.BigInteger),
        sa.Column("asked_by", sa.String),
        sa.Column("published", sa.BigInteger),
        sa.Column("published_by", sa.String),
        sa.Column("publication", sa.Integer, unique=True),
    )
    now, body = int(time.time()), json.dumps(FIRST)
    first = {"number": 1, "id": "default-1", "version": 1, "state": "published", "body": body, "sent": body}
    told = {"note": "Weakly informative; what Rung brings along.", "created": now, "created_by": "Rung"}
    op.bulk_insert(priors, [{**first, **told, "published": now, "published_by": "Rung", "publication": 1}])


def downgrade() -> None:
    op.drop_table("priors")
