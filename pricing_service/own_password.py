"""Choosing one's own password, from a page or a program."""

import asyncio
import time
from functools import partial

from sqlalchemy import Connection

from pos_client.core.record import Invalid
from pricing_service import passwords, people_changes, people_store, trying
from pricing_service.caller import Caller
from pricing_service.people_store import Account
from pricing_service.problem import Problem
from pricing_service.service import Service

OWN = "own"  # in the place of an address: who is signed in tries from wherever they are


async def choose(running: Service, who: Caller, old: str, new: str) -> None:
    """Put ``new`` in the place of ``old``. Raises `Problem` 403 where that is wrong, 429 for who tries on and on: a
    session that was found must not tell its password; `Invalid` where the new one is wrong."""
    tried = (who.name, OWN)
    account = await asyncio.to_thread(_account, running, who.name)
    kept = None if account is None else account.hash
    if not await trying.is_right(running, tried, old, kept):
        raise Problem(
            403,
            "password-wrong",
            "That is not the present password: try again, or ask who manages people for a new one.",
        )
    if old == new:
        raise Invalid("password-same", "That is the present password: choose another one.")
    await asyncio.to_thread(passwords.check_new, new, who.name)
    hash_ = await running.passwords_at_once.take(partial(passwords.hashed, new))

    def write(connection: Connection) -> None:
        people_changes.choose(connection, who.name, hash_, int(time.time()), who.session)

    await running.write_soon(write)
    await asyncio.to_thread(running.people_changed)


def _account(running: Service, name: str) -> Account | None:
    with running.database.reading() as connection:
        return people_store.find(connection, name)
