"""Consent, erasure: who refused, who is to stay forgotten, and what erased sales gave without saying to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A return belongs to the customer of its sale; tills of before did not say who that was.
RETURNED = """
UPDATE events SET customer = (
    SELECT sale.customer FROM events AS sale
    WHERE sale.device = events.device AND sale.checkout_id = events.checkout_id AND sale.kind = 'checkout'
    ORDER BY sale.position DESC LIMIT 1
) WHERE kind = 'return' AND customer IS NULL
"""
TOLD = 'instr(CAST(line AS TEXT), \'"customer":"\')'
NAMED = f"UPDATE quarantine SET customer = substr(CAST(line AS TEXT), {TOLD} + 12, 64) WHERE {TOLD} > 0"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("customer", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("profiling", sa.Boolean, nullable=False),
        sa.Column("text_version", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tombstones",
        sa.Column("mac", sa.String, primary_key=True),
        sa.Column("tag", sa.String, nullable=True),
        sa.Column("erased", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=True),
    )
    op.create_table("erasures", sa.Column("id", sa.String, primary_key=True))
    op.create_table(
        "erased_takings",
        sa.Column("store", sa.String, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("currency", sa.String, primary_key=True),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("checkouts", "gross", "turnover", "margin")
        ),
    )
    op.create_table(
        "erased_budgets",
        sa.Column("discount", sa.String, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
    )
    op.add_column("facts", sa.Column("refused", sa.BigInteger, nullable=True))
    op.add_column("quarantine", sa.Column("customer", sa.String, nullable=True))
    op.create_index("quarantine_of_customer", "quarantine", ["customer"])
    op.create_index("events_of_sale", "events", ["device", "checkout_id"])
    op.execute(RETURNED)
    op.drop_index("events_of_sale", "events")
    op.execute(NAMED)


def downgrade() -> None:
    op.drop_index("quarantine_of_customer", "quarantine")
    op.drop_column("quarantine", "customer")
    op.drop_column("facts", "refused")
    for table in ("erased_budgets", "erased_takings", "erasures", "tombstones", "consents"):
        op.drop_table(table)
