"""What came from tills: the devices, the log, and what could not be taken into it."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import Position, big


class Service(SQLModel, table=True):
    """One row: which history this database tells, and which snapshot was published from which revision of it."""

    id: int = Field(primary_key=True)
    history: str
    revision: int = Field(sa_column=big())
    snapshot_revision: int = Field(sa_column=big())
    snapshot_version: int = Field(sa_column=big())
    snapshot_built: int = Field(sa_column=big())


class Devices(SQLModel, table=True):
    """One enrolment of one till; ``acknowledged`` is its highest contiguous durable sequence.

    ``snapshot`` and ``revision`` say which one it was handed last, ``fetched`` when; ``counter`` is the highest of its
    requests that is known here. A renewed enrolment begins with what its till says is ``acknowledged`` already.
    """

    device: str = Field(primary_key=True)
    epoch: int = Field(primary_key=True)
    store: str
    enrolled: int = Field(sa_column=big())
    acknowledged: int = Field(sa_column=big())
    last_seen: int | None = Field(default=None, sa_column=Column(BigInteger))
    revoked: int | None = Field(default=None, sa_column=Column(BigInteger))
    snapshot: int | None = Field(default=None, sa_column=Column(BigInteger))
    revision: int | None = Field(default=None, sa_column=Column(BigInteger))
    fetched: int | None = Field(default=None, sa_column=Column(BigInteger))
    counter: int = Field(sa_column=Column(BigInteger, nullable=False, server_default="0"))


class ForgottenEnrolments(SQLModel, table=True):
    """An enrolment that a set back database does not know, until it is renewed: its highest ``counter``."""

    __tablename__ = "forgotten_enrolments"  # pyright: ignore[reportAssignmentType]

    device: str = Field(primary_key=True)
    epoch: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    counter: int = Field(sa_column=big())


class Codes(SQLModel, table=True):
    """A one-time code that enrols one till; the secret part is derived, so that a copy of this opens nothing.

    ``used`` says when, ``proof`` (a hash) by whom: the same machine may hear its answer again while the code is fresh.
    """

    id: str = Field(primary_key=True)
    device: str
    store: str
    language: str
    created: int = Field(sa_column=big())
    created_by: str
    expires: int = Field(sa_column=big())
    used: int | None = Field(default=None, sa_column=Column(BigInteger))
    proof: str | None = None
    epoch: int | None = None


class Events(SQLModel, table=True):
    """The log, in the order it was committed; ``line`` is the record exactly as its till sealed it.

    Of an erased one (``kind`` is erased) only identity, hash and times are left. A return has its sale's customer.

    ``day`` is the shop's local day (days since 1970-01-01) the record counts for, kept so that a replay finds the same.
    ``seal`` chains a row to the one before it (`log_seal`); it covers no content, so that content can be erased.
    """

    __table_args__ = (
        UniqueConstraint("device", "epoch", "sequence", name="event_identity"),
        Index("events_of_customer", "customer", "position"),
    )
    position: int | None = Field(
        default=None, sa_column=Column(Position, primary_key=True, autoincrement=True)
    )
    device: str
    epoch: int
    sequence: int = Field(sa_column=big())
    hash: str
    kind: str
    checkout_id: str
    customer: str | None = None
    occurred: int = Field(sa_column=big())
    day: int
    received: int = Field(sa_column=big())
    line: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    seal: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class Quarantine(SQLModel, table=True):
    """What a till sent and the log could not take: kept with the reason, never blocking what follows.

    ``customer`` is whom the line names, where that much of it can be read.
    """

    __table_args__ = (
        UniqueConstraint("device", "epoch", "sequence", "digest", name="quarantine_identity"),
        Index("quarantine_of_customer", "customer"),
    )
    id: int | None = Field(default=None, sa_column=Column(Position, primary_key=True, autoincrement=True))
    device: str
    epoch: int
    sequence: int = Field(sa_column=big())
    digest: str
    code: str
    detail: str
    received: int = Field(sa_column=big())
    line: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    customer: str | None = None
