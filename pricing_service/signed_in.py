"""Who is signed in, in memory, so that every request can be asked who sends it without waiting for the database.

What is here is the table's image: it is read again after every change of this process, and every `FOLLOW_SECONDS` for
changes of others, such as `rung person disable`. A token is good only while its session is in the image, so whatever
ends a session (signing out, another role, a disabled person) ends its tokens at once.
"""

import hmac
import threading
import time
from typing import NamedTuple

from pricing_service import access_tokens, authority, people_store, sessions
from pricing_service.access_tokens import Claim
from pricing_service.database import Database
from pricing_service.people_store import Account
from pricing_service.sessions import PAGE, TOKEN, Session

ADMIN = "admin"  # the name of who holds the admin_token
FOLLOW_SECONDS = 2
MOST_READ = 10_000  # tokens whose signature was looked at and is remembered


class Person(NamedTuple):
    """Somebody whose credentials were right. ``store`` is where they belong, None for all stores.

    ``session`` is empty for who holds the admin_token; ``temporary``: they must choose a password of their own first.
    """

    name: str
    role: str
    scopes: frozenset[str]
    store: str | None
    session: str = ""
    temporary: bool = False


class Live(NamedTuple):
    session: Session
    person: Person


class SignedIn:
    """Whose tokens and cookies are good now. ``key`` signs access tokens."""

    def __init__(self, admin_token: str, key: bytes) -> None:
        self._admin_token, self._key = admin_token.encode(), key
        self._admin = Person(ADMIN, "admin", authority.scopes("admin"), None)
        self._by_id: dict[str, Live] = {}
        self._by_selector: dict[str, Live] = {}
        self._read: dict[str, Claim] = {}
        self._loading = threading.Lock()

    def load(self, database: Database) -> None:
        """Make this the image of the table. Two at once come one after the other, each with what is newest."""
        with self._loading, database.reading() as connection:
            going = sessions.live(connection, int(time.time()))
            people = {account.name: account for account in people_store.enabled(connection)}
            found = [
                Live(each, _person(people[each.person], each)) for each in going if each.person in people
            ]
            self._by_selector = {live.session.selector: live for live in found}
            self._by_id = {live.session.id: live for live in found}

    def by_token(self, token: str, now: float) -> Person | None:
        """Who holds an access token, or the admin_token."""
        if hmac.compare_digest(token.encode(), self._admin_token):
            return self._admin
        claim = self._read.get(token) or self._claim(token)
        if claim is None or now >= claim.expires:
            return None
        return _going_on(self._by_id.get(claim.session), TOKEN, now)

    def by_cookie(self, pass_: str, now: float) -> Person | None:
        """Who sits before the browser with this cookie."""
        selector, _, secret = pass_.partition(".")
        live = self._by_selector.get(selector)
        if live is None or not hmac.compare_digest(sessions.digest(secret), live.session.secret):
            return None
        return _going_on(live, PAGE, now)

    def token_for(self, name: str, session: str) -> str:
        """A new access token of a session."""
        return access_tokens.issue(self._key, name, session, int(time.time()))

    def form_token(self, cookie: str) -> str:
        """What a form brings back to show that it was written for the browser with this cookie."""
        return hmac.digest(self._key, b"rung form\n" + cookie.encode(), "sha256").hex()

    def goes_on(self, session: str, now: float) -> bool:
        """Whether a session has not ended; empty is that of the admin_token, which has no end."""
        live = self._by_id.get(session)
        return not session or _going_on(live, live.session.kind if live else "", now) is not None

    def idle_since(self, session: str) -> int:
        """When a page session was last noted as used, Unix seconds; 0 for one that is not here."""
        live = self._by_id.get(session)
        return live.session.used if live else 0

    def _claim(self, token: str) -> Claim | None:
        claim = access_tokens.read(self._key, token)
        if claim is not None:
            if len(self._read) >= MOST_READ:
                self._read.clear()
            self._read[token] = claim
        return claim


def _going_on(live: Live | None, kind: str, now: float) -> Person | None:
    return live.person if live and live.session.kind == kind and now < live.session.until else None


def _person(account: Account, session: Session) -> Person:
    scopes = account.scopes
    if session.scopes is not None:
        scopes &= frozenset(session.scopes.split())
    return Person(account.name, account.role, scopes, account.store, session.id, account.temporary)
