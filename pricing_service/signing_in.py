"""Signing in: the same way, and as long, for somebody who is there and for somebody who is not."""

import asyncio
import time

from sqlalchemy import Connection

from pricing_service import audit_store, people_store, sessions, trying
from pricing_service.people_store import Account
from pricing_service.problem import Problem
from pricing_service.service import Service
from pricing_service.sessions import Begun


async def by_password(
    running: Service,
    name: str,
    password: str,
    kind: str,
    address: str,
    scopes: frozenset[str] | None = None,
) -> tuple[Account, Begun]:
    """A new session of who knows this password. Raises `Problem` 401 for anybody else, 429 for who tries on and on
    from one ``address``, 503 where too many try."""
    tried = (name.strip().lower()[:64], address)
    account = await asyncio.to_thread(_account, running, name.strip().lower())
    kept = account.hash if account and account.disabled is None else None
    if not await trying.is_right(running, tried, password, kept) or account is None:
        # What was typed may be a password in the wrong field: only the name of somebody who is there is written down.
        await running.note_soon(
            "unknown", "sign-in-failed", account.name if account else "nobody of this name"
        )
        raise refused()
    return await begin(running, account.name, kind, scopes, "password")


async def begin(
    running: Service, name: str, kind: str, scopes: frozenset[str] | None, how: str
) -> tuple[Account, Begun]:
    """A new session of somebody who proved ``how`` who they are. Raises `Problem`."""

    def write(connection: Connection) -> tuple[Account, Begun]:
        account = people_store.find(connection, name)
        if account is None or account.disabled is not None:  # a moment ago
            raise refused()
        if scopes is not None and (more := sorted(scopes - account.scopes)):
            raise Problem(
                403,
                "scope-needed",
                f"{name} ({account.role}) does not hold the scope {more[0]}: leave it out of `scopes`.",
            )
        begun = sessions.begin(connection, name, int(time.time()), kind, scopes)
        audit_store.append(connection, name, "sign-in", f"session={begun.id}", f"{how}, {kind}")
        return account, begun

    done = await running.write_soon(write)
    await asyncio.to_thread(running.people_changed)
    return done


def refused() -> Problem:
    detail = "Name and password do not belong together, or this person may not sign in any more."
    return Problem(401, "sign-in-refused", detail, {"www-authenticate": 'Bearer realm="rung"'})


def _account(running: Service, name: str) -> Account | None:
    with running.database.reading() as connection:
        return people_store.find(connection, name)
