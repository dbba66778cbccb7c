"""How the shop sells: its rules, the budgets and their leases, experiments, turnover, owners of segments."""

from sqlalchemy import BigInteger, Column, Integer, Text
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


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


class Budgets(SQLModel, table=True):
    """What all customers together were given of a discount on one day."""

    discount: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    spent: int = Field(sa_column=big())


class Leases(SQLModel, table=True):
    """What one enrolment may still give of one budget, at most: ``held`` in the period ``period_key``, ``held_later``
    in each one after it, ``held_before`` in the one before; the ``recalled`` part of it until it goes by a later
    snapshot than ``asked`` (`leasing.Lease`)."""

    device: str = Field(primary_key=True)
    epoch: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    discount: str = Field(primary_key=True)
    period: str
    period_key: int = Field(sa_column=big())
    held: int = Field(sa_column=big())
    recalled: int = Field(sa_column=big())
    held_later: int = Field(sa_column=big())
    recalled_later: int = Field(sa_column=big())
    held_before: int = Field(sa_column=big())
    given: int = Field(sa_column=big())
    given_before: int = Field(sa_column=big())
    gift: int = Field(sa_column=big())
    asked: int = Field(sa_column=big())
    since: int = Field(sa_column=big())


class Experiments(SQLModel, table=True):
    """An experiment; ``body`` is what was sent, and never changes once it was started but for its shares (``ramps``).

    ``position`` is the order in which they were started; ``version`` is the ETag.
    """

    id: str = Field(primary_key=True)
    version: int
    state: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    position: int | None = Field(default=None, sa_column=Column(Integer, unique=True))
    created: int = Field(sa_column=big())
    created_by: str
    started: int | None = Field(default=None, sa_column=Column(BigInteger))
    started_by: str | None = None
    stopped: int | None = Field(default=None, sa_column=Column(BigInteger))
    stopped_by: str | None = None
    ramps: str = Field(sa_column=Column(Text, nullable=False))


class Turnover(SQLModel, table=True):
    """What the till system booked in a store on one of its days: the log is held against it."""

    store: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    amount: int = Field(sa_column=big())
    booked_by: str
    changed: int = Field(sa_column=big())


class Owners(SQLModel, table=True):
    """Who answers for a segment of customers; the highest version is in force, the others are its history."""

    segment: str = Field(primary_key=True)
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    owner: str | None = None
    set_by: str
    changed: int = Field(sa_column=big())
