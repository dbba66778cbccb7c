"""Who may sign in, who is signed in, and what waits for a second person."""

from sqlalchemy import BigInteger, Column, ForeignKey, Text
from sqlmodel import Field, SQLModel

from pricing_service.tables.columns import big


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
