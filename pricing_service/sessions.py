"""Sessions: what begins with a sign-in and ends with a sign-out, in the table that a restart finds again.

    begun = sessions.begin(connection, "maria", now)

A session has an id that may be told, and a pass that may not: the refresh token of a program, or the cookie of a
browser. A refresh token is good once. If it comes again, somebody has a copy, and nobody can tell who: the session is
over.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from sqlalchemy import Connection, text

from pricing_service import people_store
from pricing_service.people_store import Account

IDLE_SECONDS = 12 * 3600  # without a refresh, or a page that was looked at
LONGEST_SECONDS = 7 * 86400  # then the password is asked for again, whatever happened
MOST = 20  # sessions of one person; another one ends the oldest
KEPT_SECONDS = 90 * 86400  # an ended session can be looked at so long
TOKEN, PAGE = "token", "page"


class Begun(NamedTuple):
    """``pass_`` is shown once: the database holds only its hash."""

    id: str
    pass_: str


class Session(NamedTuple):
    """A row of the table, as `tables.Sessions` says it."""

    id: str
    selector: str
    secret: str
    kind: str
    person: str
    scopes: str | None
    begun: int
    used: int
    ended: int | None
    why: str | None

    @property
    def until(self) -> int:
        """When it ends if nothing happens."""
        return min(self.used + IDLE_SECONDS, self.begun + LONGEST_SECONDS)


COLUMNS = ", ".join(Session._fields)
ADD = text(
    f"INSERT INTO sessions ({COLUMNS})"
    " VALUES (:id, :selector, :secret, :kind, :person, :scopes, :begun, :used, NULL, NULL)"
)
BY_SELECTOR = text(f"SELECT {COLUMNS} FROM sessions WHERE selector = :selector")
LIVE = text(
    f"SELECT {COLUMNS} FROM sessions WHERE ended IS NULL AND used > :idle AND begun > :oldest ORDER BY begun, id"
)
OF_PERSON = text(
    f"SELECT {COLUMNS} FROM sessions WHERE person = :person ORDER BY begun DESC, id LIMIT :limit"
)
END = text("UPDATE sessions SET ended = :now, why = :why WHERE id = :id AND ended IS NULL")
END_ALL = text(
    "UPDATE sessions SET ended = :now, why = :why WHERE person = :person AND ended IS NULL AND id <> :but"
)
END_EVERY = text("UPDATE sessions SET ended = :now, why = :why WHERE ended IS NULL")
ROTATE = text("UPDATE sessions SET secret = :secret, used = :now WHERE id = :id")
USED = text("UPDATE sessions SET used = :now WHERE id = :id AND ended IS NULL AND used < :now")
FORGET = text("DELETE FROM sessions WHERE begun < :before")


def begin(
    connection: Connection, person: str, now: int, kind: str = TOKEN, scopes: frozenset[str] | None = None
) -> Begun:
    """A new session of somebody whose credentials were right; with ``scopes``, of the role's only these."""
    connection.execute(FORGET, {"before": now - KEPT_SECONDS})
    for old in _going(connection, person, now)[MOST - 1 :]:
        end(connection, old.id, "another-began", now)
    id_, selector, secret = secrets.token_hex(16), secrets.token_hex(16), secrets.token_urlsafe(32)
    narrowed = None if scopes is None else " ".join(sorted(scopes))
    row = Session(id_, selector, digest(secret), kind, person, narrowed, now, now, None, None)
    connection.execute(ADD, row._asdict())
    return Begun(id_, f"{selector}.{secret}")


class Refreshed(NamedTuple):
    """What came of a refresh token: a new pass, or none, and the person and session it was of, if of any."""

    begun: Begun | None
    session: Session | None
    reused: bool = False


def refresh(connection: Connection, pass_: str, now: int) -> Refreshed:
    """Take a refresh token for a new one. One that was taken before ends its session."""
    selector, _, secret = pass_.partition(".")
    row = connection.execute(BY_SELECTOR, {"selector": selector}).one_or_none()
    session = None if row is None else Session(*row)
    if session is None or not _goes_on(connection, session, now) or session.kind != TOKEN:
        return Refreshed(None, session)
    if not hmac.compare_digest(digest(secret), session.secret):
        end(connection, session.id, "refresh-reused", now)
        return Refreshed(None, session, reused=True)
    fresh = secrets.token_urlsafe(32)
    connection.execute(ROTATE, {"secret": digest(fresh), "now": now, "id": session.id})
    return Refreshed(Begun(session.id, f"{selector}.{fresh}"), session)


def end(connection: Connection, session: str, why: str, now: int) -> bool:
    """End one session; whether it went on until now."""
    return connection.execute(END, {"id": session, "why": why, "now": now}).rowcount > 0


def end_all(connection: Connection, person: str, why: str, now: int, but: str = "") -> int:
    """End all sessions of a person, ``but`` one; how many."""
    asked = {"person": person, "why": why, "now": now, "but": but}
    return connection.execute(END_ALL, asked).rowcount


def end_every(connection: Connection, why: str, now: int) -> int:
    """End everybody's: after a database was set back, sessions in it may long have been ended."""
    return connection.execute(END_EVERY, {"why": why, "now": now}).rowcount


def use(connection: Connection, session: str, now: int) -> None:
    """Note that somebody looked at a page."""
    connection.execute(USED, {"id": session, "now": now})


def live(connection: Connection, now: int) -> list[Session]:
    """All sessions that go on, the oldest first."""
    limits = {"idle": now - IDLE_SECONDS, "oldest": now - LONGEST_SECONDS}
    return [Session(*row) for row in connection.execute(LIVE, limits)]


def of_person(connection: Connection, person: str, limit: int) -> list[Session]:
    """The last sessions of a person, ended ones too, the newest first."""
    return [Session(*row) for row in connection.execute(OF_PERSON, {"person": person, "limit": limit})]


def digest(secret: str) -> str:
    """How a secret of 256 random bits is kept: nobody guesses it, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _going(connection: Connection, person: str, now: int) -> list[Session]:
    """The newest first."""
    asked = {"person": person, "limit": 10 * MOST}
    rows = [Session(*row) for row in connection.execute(OF_PERSON, asked)]
    return [each for each in rows if each.ended is None and now < each.until]


def _goes_on(connection: Connection, session: Session, now: int) -> bool:
    person: Account | None = people_store.find(connection, session.person)
    return session.ended is None and now < session.until and person is not None and person.disabled is None
