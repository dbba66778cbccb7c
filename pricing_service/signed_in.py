"""Who is signed in, in memory, so that every request can be asked who sends it."""

import hmac
from typing import NamedTuple

from pricing_service import authority

ADMIN = "admin"  # the name of who holds the admin_token


class Person(NamedTuple):
    """Somebody whose credentials were right. ``store`` is where they belong, None for all stores."""

    name: str
    role: str
    scopes: frozenset[str]
    store: str | None


class SignedIn:
    """Whose tokens are good now."""

    def __init__(self, admin_token: str) -> None:
        self._admin_token = admin_token.encode()
        self._admin = Person(ADMIN, "admin", authority.scopes("admin"), None)

    def by_token(self, token: str) -> Person | None:
        """Who holds an access token, or the admin_token."""
        if hmac.compare_digest(token.encode(), self._admin_token):
            return self._admin
        return None
