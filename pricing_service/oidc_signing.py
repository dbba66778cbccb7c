"""Signing in by a provider: what binds it to one browser, who the provider's person is here, and as what they may
come in.

A browser carries a cookie from the start of a sign-in to its end; state, nonce and PKCE verifier are derived from it,
so that another browser's are of no use. It is good once and for ten minutes.
"""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from secrets import token_urlsafe
from typing import Any, NamedTuple

from sqlalchemy import Connection

from pricing_service import authority, people_changes, people_store, sessions
from pricing_service.oidc_provider import Client, Provider
from pricing_service.people_changes import EVERYTHING, OIDC
from pricing_service.people_store import Account
from pricing_service.settings import Settings, secret

SECONDS = 600
MOST_USED = 10_000


class Trip(NamedTuple):
    """One way to the provider and back."""

    cookie: str
    state: str
    nonce: str
    verifier: str

    @property
    def challenge(self) -> str:
        """The S256 form of the verifier."""
        return urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")


class Trips:
    """Who is on the way. ``key`` derives; for the event loop."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._used: dict[str, float] = {}

    def begin(self) -> Trip:
        return self._trip(f"{int(time.time())}.{token_urlsafe(32)}")

    def end(self, cookie: str, state: str) -> Trip | None:
        """The way that this browser began, if it comes back with its state, in time, and for the first time."""
        trip, now = self._trip(cookie), time.time()
        begun = cookie.partition(".")[0]
        if not hmac.compare_digest(trip.state.encode(), state.encode()) or not begun.isdigit():
            return None
        self._used = {used: until for used, until in self._used.items() if until > now}
        if not 0 <= now - int(begun) <= SECONDS or trip.state in self._used or len(self._used) >= MOST_USED:
            return None
        self._used[trip.state] = now + SECONDS
        return trip

    def _trip(self, cookie: str) -> Trip:
        told = [
            hmac.digest(self._key, f"rung oidc {what}\n{cookie}".encode(), "sha256").hex()
            for what in ("state", "nonce", "verifier")
        ]
        return Trip(cookie, *told)


class OpenId:
    """What a service that knows a provider keeps of it."""

    def __init__(self, settings: Settings) -> None:
        file = settings.oidc_client_secret_file
        self.provider = Provider(
            Client(settings.oidc_issuer or "", settings.oidc_client_id, secret(file) if file else None)
        )
        self.trips = Trips(settings.token_key)
        self.claim, self.scope = settings.oidc_claim, settings.oidc_scope
        self.roles = roles(settings.oidc_roles)
        if not settings.oidc_client_id or not self.roles:
            raise SystemExit("RUNG_OIDC_ISSUER needs RUNG_OIDC_CLIENT_ID and RUNG_OIDC_ROLES beside it.")

    def role(self, claims: dict[str, Any]) -> str | None:
        """The role of the first group, in the setting's order, that the claim names; None for nobody's."""
        told = claims.get(self.claim)
        groups = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        return next((role for group, role in self.roles if group in groups), None)

    def name(self, claims: dict[str, Any]) -> str:
        """Who that is here, whatever becomes of their address or family name. No local account has such a name."""
        told = f"{self.provider.client.issuer}\n{claims['sub']}"
        return OIDC + "-" + hashlib.sha256(told.encode()).hexdigest()[:32]


def roles(setting: str) -> list[tuple[str, str]]:
    """`rung-it=it,rung-analysts=analyst` as pairs. Stops the start for a role that is none."""
    pairs = [each.strip().rpartition("=") for each in setting.split(",") if each.strip()]
    found = [(group.strip(), role.strip()) for group, _, role in pairs]
    for group, role in found:
        if not group or role not in authority.ROLES:
            raise SystemExit(
                f"RUNG_OIDC_ROLES: {group}={role} is not GROUP=ROLE with a role of docs/people.md."
            )
    return found


def keep(connection: Connection, name: str, role: str | None, now: int) -> bool:
    """Bring the account of who proved to be ``name`` up to date; whether they may come in.

    Who has no role any more has no sessions either. A disabled account stays disabled, one with a password is not ours.
    """
    account = people_store.find(connection, name)
    if role is None or (account and (account.disabled is not None or account.hash is not None)):
        sessions.end_all(connection, name, "no role at the provider", now)
        return False
    if account is None:
        people_changes.add(
            connection, OIDC, EVERYTHING, Account(name, role, None, None, False, now, OIDC, None, None)
        )
    else:
        people_changes.change(connection, OIDC, EVERYTHING, name, now, role=role)
    return True
