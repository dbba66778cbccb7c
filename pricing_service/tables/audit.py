"""What an audit asks for: who did what, and what a decision was made from."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


class Audit(SQLModel, table=True):
    """Who did what, in order; ``hash`` covers the row and the hash of the row before. Triggers refuse every change."""

    __table_args__ = (
        Index("audit_by_actor", "actor", "position"),
        Index("audit_by_action", "action", "position"),
        Index("audit_by_subject", "subject", "position"),
    )
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: int = Field(sa_column=big())
    actor: str = Field(sa_column=Column(Text, nullable=False))
    action: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    detail: str = Field(sa_column=Column(Text, nullable=False))
    hash: str = Field(sa_column=Column(Text, nullable=False))


class SnapshotParts(SQLModel, table=True):
    """What snapshots are made of, each part once, under the SHA-256 of its bytes; packed."""

    __tablename__ = "snapshot_parts"  # pyright: ignore[reportAssignmentType]
    digest: str = Field(sa_column=Column(Text, primary_key=True))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PublishedSnapshots(SQLModel, table=True):
    """Every snapshot that was published: what it carried (``parts``: JSON, name to digest), and as of when.

    ``position`` is the last row of the log that it knew, ``revision`` the standing it was made of.
    """

    __tablename__ = "published_snapshots"  # pyright: ignore[reportAssignmentType]
    store: str = Field(sa_column=Column(Text, primary_key=True))
    version: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    history: str = Field(sa_column=Column(Text, primary_key=True))
    built: int = Field(sa_column=big())
    revision: int = Field(sa_column=big())
    position: int = Field(sa_column=big())
    audit_head: str = Field(sa_column=Column(Text, nullable=False))
    parts: str = Field(sa_column=Column(Text, nullable=False))


class FactsTold(SQLModel, table=True):
    """What was told of a customer, from which revision on: a replay needs what was true then."""

    __tablename__ = "facts_told"  # pyright: ignore[reportAssignmentType]
    customer: str = Field(sa_column=Column(Text, primary_key=True))
    revision: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tier: str | None = Field(default=None, sa_column=Column(Text))
    birthday: str | None = Field(default=None, sa_column=Column(Text))
