"""The schema, a class for each table of its name. Migrations create it; a test holds the two together.

Times are whole seconds since 1970 UTC, money is minor units, every 64-bit number is a BIGINT.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
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


class People(SQLModel, table=True):
    """Somebody who may sign in, with one role. ``hash`` is an argon2id hash, null for who cannot sign in by password.

    ``store`` is where they belong, null for all stores. A ``temporary`` password was set by somebody else.
    """

    name: str = Field(primary_key=True)
    role: str
    store: str | None = None
    hash: str | None = None
    temporary: bool
    created: int = Field(sa_column=big())
    created_by: str
    password_changed: int | None = Field(default=None, sa_column=Column(BigInteger))
    disabled: int | None = Field(default=None, sa_column=Column(BigInteger))


class Sessions(SQLModel, table=True):
    """One sign-in. Its refresh token, or the cookie of a browser, is ``selector`` and a secret kept as its SHA-256.

    ``kind``: `token` or `page`. ``scopes``, in order and with spaces between, if fewer than the role's were asked for.
    """

    id: str = Field(primary_key=True)
    selector: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    secret: str = Field(sa_column=Column(Text, nullable=False))
    kind: str
    person: str = Field(sa_column=Column(Text, ForeignKey("people.name"), nullable=False, index=True))
    scopes: str | None = None
    begun: int = Field(sa_column=big())
    used: int = Field(sa_column=big())
    ended: int | None = Field(default=None, sa_column=Column(BigInteger))
    why: str | None = None


class Asks(SQLModel, table=True):
    """What somebody asked for and a second person has not confirmed; ``sent`` is the call's body and version as JSON.

    ``digest`` (SHA-256) says what is the same call.
    """

    digest: str = Field(primary_key=True)
    operation: str
    subject: str
    sent: str = Field(sa_column=Column(Text, nullable=False))
    scope: str
    asked: int = Field(sa_column=big())
    asked_by: str
