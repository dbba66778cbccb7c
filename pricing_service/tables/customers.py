"""What is known of customers: beliefs and what else was learnt, what the shop told, what they said themselves."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


class Beliefs(SQLModel, table=True):
    """What is believed of one customer: integer weights (u32 little endian, sum 2^30) as of a day.

    Rows of the release in force are the beliefs; those of another release are being prepared, or left over.
    """

    release: str = Field(primary_key=True)
    customer: str = Field(primary_key=True)
    weights: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    day: int
    visits: int
    cohort: int | None = None


class Holding(SQLModel, table=True):
    """Whether one customer seems to hold out: weights of `models.holding_law` (u16 little endian), as of a day.

    ``lean`` is what they say in one number, kept so that suspects are found without reading everybody.
    """

    customer: str = Field(primary_key=True)
    weights: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    stays: int = Field(sa_column=big())
    day: int
    lean: int


class Facts(SQLModel, table=True):
    """What the shop's customer system may tell: a tier and a birthday, nothing else.

    ``refused``: since when (Unix seconds) the customer does not want to be profiled; NULL for who did not say so.
    """

    customer: str = Field(primary_key=True)
    tier: str | None = None
    birthday: str | None = None
    changed: int = Field(sa_column=big())
    refused: int | None = Field(default=None, sa_column=Column(BigInteger))


class Consents(SQLModel, table=True):
    """What a customer said about being profiled, and under which text: every answer, numbered from 1."""

    customer: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    profiling: bool
    text_version: str
    at: int = Field(sa_column=big())
    received: int = Field(sa_column=big())


class Usage(SQLModel, table=True):
    """How often and for how much one customer used a discount on one day; periods are summed when published."""

    customer: str = Field(primary_key=True)
    discount: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    uses: int = Field(sa_column=big())
    amount: int = Field(sa_column=big())
