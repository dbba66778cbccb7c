"""How a model comes into force: priors, fits, releases, and the switches between them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Text, text
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import Position, big


class Priors(SQLModel, table=True):
    """A version of what is believed before any checkout; the one with the highest ``publication`` is in force.

    ``body`` (all densities), ``sent`` (what its author wrote) and ``note`` never change; ``version``, its ETag, counts
    what happened to it: asked to be published (``asked_by``), then ``published_by``, perhaps somebody else.
    """

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    version: int
    state: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    sent: str = Field(sa_column=Column(Text, nullable=False))
    note: str
    created: int = Field(sa_column=big())
    created_by: str
    asked: int | None = Field(default=None, sa_column=Column(BigInteger))
    asked_by: str | None = None
    published: int | None = Field(default=None, sa_column=Column(BigInteger))
    published_by: str | None = None
    publication: int | None = Field(default=None, sa_column=Column(Integer, unique=True))


class Fits(SQLModel, table=True):
    """The queue of fits and what became of each; ``position`` is the order in which they were asked for.

    What a fit starts from (``priors``, ``seed``) is kept with it, so that it can be repeated whatever changes later.
    ``model`` is the release it proposes, there only if every check of the gate was passed.
    """

    position: int | None = Field(
        default=None, sa_column=Column(Position, primary_key=True, autoincrement=True)
    )
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    state: str = Field(index=True)
    created: int = Field(sa_column=big())
    started: int | None = Field(default=None, sa_column=Column(BigInteger))
    ended: int | None = Field(default=None, sa_column=Column(BigInteger))
    worker: str | None = None
    seed: int = Field(sa_column=big())
    note: str
    asked_by: str
    prior: str | None = None
    priors: str = Field(sa_column=Column(Text, nullable=False))
    weak: bool
    against: int | None = None
    progress: str | None = Field(default=None, sa_column=Column(Text))
    summary: str | None = Field(default=None, sa_column=Column(Text))
    verdict: str | None = Field(default=None, sa_column=Column(Text))
    model: str | None = Field(default=None, sa_column=Column(Text))
    error: str | None = Field(default=None, sa_column=Column(Text))


class Releases(SQLModel, table=True):
    """A numbered release; never changed but for ``identity``, the name its tables have in this version of Rung."""

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    identity: str
    model: str = Field(sa_column=Column(Text, nullable=False))
    table_error: str | None = Field(default=None, sa_column=Column(Text))
    fit: str | None = Field(default=None, sa_column=Column(Text, unique=True))
    published: int = Field(sa_column=big())
    published_by: str
    note: str


class Switches(SQLModel, table=True):
    """Every change of the release in force, in order: asked for, at work, then ``in_force`` until the next one is."""

    __table_args__ = (
        Index("one_release_in_force", "state", unique=True, sqlite_where=text("state = 'in_force'")),
    )
    id: int | None = Field(default=None, sa_column=Column(Position, primary_key=True, autoincrement=True))
    release: int = Field(sa_column=Column(Integer, ForeignKey("releases.number"), nullable=False))
    action: str
    state: str
    asked: int = Field(sa_column=big())
    asked_by: str
    note: str
    since: int | None = Field(default=None, sa_column=Column(BigInteger))
    until: int | None = Field(default=None, sa_column=Column(BigInteger))
    customers: int | None = Field(default=None, sa_column=Column(BigInteger))
    seconds: float | None = None
    error: str | None = Field(default=None, sa_column=Column(Text))
