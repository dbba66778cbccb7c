"""Who was erased, and the sums that stay when their records go."""

from sqlalchemy import BigInteger, Column, Integer
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


class Tombstones(SQLModel, table=True):
    """Who was erased, by a keyed hash of the token; ``tag`` is what tills are told for some weeks.

    ``ended``: since when (Unix seconds) the customer wants to be known again; ``version``: the snapshot of that moment.
    """

    mac: str = Field(primary_key=True)
    tag: str | None = None
    erased: int = Field(sa_column=big())
    ended: int | None = Field(default=None, sa_column=Column(BigInteger))
    version: int | None = Field(default=None, sa_column=Column(BigInteger))


class Erasures(SQLModel, table=True):
    """Which lines of the file of tombstones this database has followed."""

    id: str = Field(primary_key=True)


class ErasedTakings(SQLModel, table=True):
    """What erased sales of a store and a local day came to: the books must still add up."""

    __tablename__ = "erased_takings"  # pyright: ignore[reportAssignmentType]
    store: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    currency: str = Field(primary_key=True)
    checkouts: int = Field(sa_column=big())
    gross: int = Field(sa_column=big())
    turnover: int = Field(sa_column=big())
    margin: int = Field(sa_column=big())


class ErasedBudgets(SQLModel, table=True):
    """The part of `Budgets` that erased sales were given."""

    __tablename__ = "erased_budgets"  # pyright: ignore[reportAssignmentType]
    discount: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    spent: int = Field(sa_column=big())


class ErasedCounted(SQLModel, table=True):
    """Records whose sums are in `ErasedTakings` and `ErasedBudgets` though a restored log does not know them."""

    __tablename__ = "erased_counted"  # pyright: ignore[reportAssignmentType]
    hash: str = Field(primary_key=True)
