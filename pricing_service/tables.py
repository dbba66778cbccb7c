"""The schema, a class for each table of its name. Migrations create it; a test holds the two together.

Times are whole seconds since 1970 UTC, money is minor units, every 64-bit number is a BIGINT.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

Position = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows itself only in an INTEGER key


def big() -> Column:
    return Column(BigInteger, nullable=False)


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

    ``snapshot`` and ``revision`` say which one it was handed last, ``fetched`` when.
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


class Events(SQLModel, table=True):
    """The log, in the order it was committed; ``line`` is the record exactly as its till sealed it.

    ``day`` is the shop's local day (days since 1970-01-01) the record counts for, kept so that a replay finds the same.
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


class Quarantine(SQLModel, table=True):
    """What a till sent and the log could not take: kept with the reason, never blocking what follows."""

    __table_args__ = (UniqueConstraint("device", "epoch", "sequence", "digest", name="quarantine_identity"),)
    id: int | None = Field(default=None, sa_column=Column(Position, primary_key=True, autoincrement=True))
    device: str
    epoch: int
    sequence: int = Field(sa_column=big())
    digest: str
    code: str
    detail: str
    received: int = Field(sa_column=big())
    line: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Beliefs(SQLModel, table=True):
    """What is believed of one customer: integer weights (u32 little endian, sum 2^30) as of a day."""

    customer: str = Field(primary_key=True)
    release: str
    weights: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    day: int
    visits: int


class Facts(SQLModel, table=True):
    """What the shop's customer system may tell: a tier and a birthday, nothing else."""

    customer: str = Field(primary_key=True)
    tier: str | None = None
    birthday: str | None = None
    changed: int = Field(sa_column=big())


class Usage(SQLModel, table=True):
    """How often and for how much one customer used a discount on one day; periods are summed when published."""

    customer: str = Field(primary_key=True)
    discount: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    uses: int = Field(sa_column=big())
    amount: int = Field(sa_column=big())


class Budgets(SQLModel, table=True):
    """What all customers together were given of a discount on one day."""

    discount: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    spent: int = Field(sa_column=big())


class Discounts(SQLModel, table=True):
    """A discount rule as the core reads it; ``version`` is its ETag."""

    id: str = Field(primary_key=True)
    version: int
    body: str = Field(sa_column=Column(Text, nullable=False))
    changed: int = Field(sa_column=big())
    retired: int | None = Field(default=None, sa_column=Column(BigInteger))


class Policies(SQLModel, table=True):
    """A policy as the core reads it; the youngest that is not retired is the one in force."""

    id: str = Field(primary_key=True)
    version: int
    body: str = Field(sa_column=Column(Text, nullable=False))
    changed: int = Field(sa_column=big())
    retired: int | None = Field(default=None, sa_column=Column(BigInteger))
