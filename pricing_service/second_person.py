"""What one person asks for and another one confirms, where the shop wants two for it (`RUNG_SECOND_PERSON`).

    made = second_person.agreed(connection, call, now, write)

The first call is tried, taken back and kept as asked. The same call of somebody else within a day does it. Who asked
cannot confirm, and an ask counts only while its asker could still do the thing alone. What is the same is said by a
digest over operation, path, version and body.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pricing_service import audit_store, people_store
from pricing_service.caller import Caller
from pricing_service.database import changes
from pricing_service.signed_in import ADMIN

SECONDS = 86_400  # that an ask waits


class Ask(NamedTuple):
    """A row of the table, as `tables.Asks` says it."""

    digest: str
    operation: str
    subject: str
    sent: str
    scope: str
    asked: int
    asked_by: str

    @property
    def until(self) -> int:
        return self.asked + SECONDS


COLUMNS = ", ".join(Ask._fields)
GET = text(f"SELECT {COLUMNS} FROM asks WHERE digest = :digest")
ALL = text(f"SELECT {COLUMNS} FROM asks WHERE asked > :after ORDER BY asked DESC, digest")
ADD = text(
    f"INSERT INTO asks ({COLUMNS}) VALUES (:digest, :operation, :subject, :sent, :scope, :asked, :asked_by)"
)
END = text("DELETE FROM asks WHERE digest = :digest")
FORGET = text("DELETE FROM asks WHERE asked <= :after")


def ask(caller: Caller, scope: str, sent: Any, now: int) -> Ask:
    """What ``caller`` asks for: ``sent`` is all that the call says beside its path, ``scope`` what it needs."""
    subject = " ".join(f"{name}={value}" for name, value in caller.path.items())
    said = json.dumps(sent, sort_keys=True)
    whole = json.dumps([caller.operation, sorted(caller.path.items()), said])
    digest = hashlib.sha256(whole.encode()).hexdigest()
    return Ask(digest, caller.operation, subject, said, scope, now, caller.name)


def agreed[T](
    connection: Connection, wanted: Ask, request_id: str, job: Callable[[Connection], T]
) -> T | Ask:
    """What ``job`` gives if somebody else has asked for it or it changes nothing, else what waits for somebody.

    Raises what ``job`` raises: what cannot be done is not kept as asked.
    """
    connection.execute(FORGET, {"after": wanted.asked - SECONDS})
    row = connection.execute(GET, {"digest": wanted.digest}).one_or_none()
    waiting = None if row is None else Ask(*row)
    if waiting and not _stands(connection, waiting):
        connection.execute(END, {"digest": wanted.digest})
        waiting = None
    if waiting is None:
        return _asked(connection, wanted, job)
    if waiting.asked_by == wanted.asked_by:
        return waiting
    connection.execute(END, {"digest": wanted.digest})
    made = job(connection)
    told = f"request={request_id} asked by {waiting.asked_by} sha256={wanted.digest}"
    audit_store.append(connection, wanted.asked_by, wanted.operation, wanted.subject, told)
    return made


def waiting(connection: Connection, now: int) -> list[Ask]:
    """All that waits for a second person, the youngest first."""
    found = [Ask(*row) for row in connection.execute(ALL, {"after": now - SECONDS})]
    return [each for each in found if _stands(connection, each)]


def _asked[T](connection: Connection, wanted: Ask, job: Callable[[Connection], T]) -> T | Ask:
    before = changes(connection)
    with connection.begin_nested() as tried:
        made = job(connection)
        tried.rollback()
    if changes(connection) == before:
        return made
    connection.execute(ADD, wanted._asdict())
    told = f"{wanted.operation} sha256={wanted.digest}"
    audit_store.append(connection, wanted.asked_by, "second-person-asked", wanted.subject, told)
    return wanted


def _stands(connection: Connection, one: Ask) -> bool:
    """Whether its asker may still do what was asked: who was disabled or has another role asks for nothing."""
    if one.asked_by == ADMIN:
        return True
    account = people_store.find(connection, one.asked_by)
    return account is not None and account.disabled is None and one.scope in account.scopes
