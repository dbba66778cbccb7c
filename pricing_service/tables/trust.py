"""Whose records teach nothing, since when and why, and what the guard counts."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


class Distrust(SQLModel, table=True):
    """A cashier or a till (``kind``) whose records from position ``first`` to ``last`` of the log teach nothing, until
    it is ``cleared``; ``last`` is null while it goes on.

    ``reason``: the pattern that was found, or `person`; ``detail``: its figures, JSON. Beliefs of customers were learnt
    anew up to the record at ``swept``, of those up to ``until``. ``taken_back``: records that had been learnt before;
    ``left_out``: records since.
    """

    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    store: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    first: int = Field(sa_column=big())
    last: int | None = Field(default=None, sa_column=Column(BigInteger))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    detail: str = Field(sa_column=Column(Text, nullable=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    set_by: str = Field(sa_column=Column(Text, nullable=False))
    set_at: int = Field(sa_column=big())
    ended_by: str | None = Field(default=None, sa_column=Column(Text))
    ended_at: int | None = Field(default=None, sa_column=Column(BigInteger))
    ended_note: str | None = Field(default=None, sa_column=Column(Text))
    cleared: bool
    swept: int = Field(sa_column=big())
    until: int = Field(sa_column=big())
    taken_back: int = Field(sa_column=big())
    left_out: int = Field(sa_column=big())


class Sweeps(SQLModel, table=True):
    """At this revision of the standing, a change of distrust was in the beliefs of all customers with a record up to
    ``reached``, of the records up to ``until`` that were there when it was made: what a replay of decisions needs."""

    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    distrust: int = Field(sa_column=Column(Integer, ForeignKey("distrust.id"), nullable=False))
    revision: int = Field(sa_column=big())
    reached: int = Field(sa_column=big())
    until: int = Field(sa_column=big())
    cleared: bool


class Watches(SQLModel, table=True):
    """What the guard keeps of one cashier or till between two of its records: counts, as JSON of `models.guard_law`."""

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    store: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_column=Column(Text, nullable=False))
