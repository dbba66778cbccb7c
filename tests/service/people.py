"""People of a shop under test: added behind the service's back, signed in through its front door."""

import secrets
import time
from contextlib import closing
from functools import cache

from pricing_service import passwords, people_store
from pricing_service.database import Database
from pricing_service.people_store import Account
from pricing_service.settings import Settings
from tests.service.places import Answer, Client

PASSWORD = "seven herons over a grey lake"


@cache
def _kept() -> str:
    return passwords.hashed(PASSWORD)


def added(
    settings: Settings, name: str, role: str, store: str | None = None, temporary: bool = False
) -> Account:
    """Somebody who may sign in with `PASSWORD`."""
    now = int(time.time())
    account = Account(name, role, store, _kept(), temporary, now, "test", now, None)
    with closing(Database(settings.database)) as database, database.writing() as connection:
        return people_store.add(connection, account)


def asks_in(client: Client, name: str, password: str = PASSWORD, **more: object) -> Answer:
    """What is answered to who signs in."""
    told = {"name": name, "password": password, **more}
    return client.ask("POST", "/v1/sessions", told, authorization="")


def person(settings: Settings, port: int, role: str, name: str = "", store: str | None = None) -> Client:
    """A client that is signed in as somebody new with this role."""
    client = Client(port)
    name = name or f"{role}-{secrets.token_hex(4)}"
    added(settings, name, role, store)
    client.admin = bearer(asks_in(client, name))
    return client


def bearer(answer: Answer) -> dict[str, str]:
    """The header with the access token of an answer."""
    assert answer.status in (200, 201), answer.body
    return {"authorization": f"Bearer {answer.json['access_token']}"}
