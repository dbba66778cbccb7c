"""Releases by number, and which one is in force: a row, read in the very transaction that learns by it.

A release is never changed. A switch makes one of them the release in force: it is asked for here, prepared and made by
the worker, and stays readable; the one in state ``in_force`` is the answer to the question, and there is exactly one.
"""

import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from pos_client.core.record import OutOfTurn, Unknown
from pricing_service import standing
from pricing_service.releases import Published, published

RELEASE = "SELECT number, identity, model, table_error, fit, published, published_by, note FROM releases"
GET = text(f"{RELEASE} WHERE number = :number")
OF_FIT = text(f"{RELEASE} WHERE fit = :fit")
PAGE = text(f"{RELEASE} WHERE number < :before ORDER BY number DESC LIMIT :limit")
IN_FORCE = text(f"{RELEASE} WHERE number = (SELECT release FROM switches WHERE state = 'in_force')")
ADD = text(
    "INSERT INTO releases (number, identity, model, table_error, fit, published, published_by, note)"
    " SELECT MAX(number) + 1, :identity, :model, :table_error, :fit, :now, :by, :note FROM releases"
)
NAME = text("UPDATE releases SET identity = :identity WHERE number = :number")
SWITCH = (
    "SELECT id, release, action, state, asked, asked_by, note, since, until, customers, seconds, error"
    " FROM switches"
)
LAST = text(f"{SWITCH} WHERE state <> 'failed' ORDER BY id DESC LIMIT 1")
WAITING = text(f"{SWITCH} WHERE state = 'waiting' ORDER BY id LIMIT 1")
HISTORY = text(f"{SWITCH} WHERE release = :number ORDER BY id")
ASK = text(
    "INSERT INTO switches (release, action, state, asked, asked_by, note)"
    " VALUES (:number, :action, 'waiting', :now, :by, :note)"
)
END = text("UPDATE switches SET state = 'past', until = :now WHERE state = 'in_force'")
BEGIN = text("UPDATE switches SET state = 'in_force', since = :now WHERE id = :id AND state = 'waiting'")
MEASURE = text("UPDATE switches SET customers = :customers, seconds = :seconds WHERE id = :id")
FAIL = text(
    "UPDATE switches SET state = 'failed', until = :now, error = :error WHERE id = :id AND state = 'waiting'"
)


class Release(NamedTuple):
    """``model``: its parameters as JSON; ``identity``: the name under which beliefs are kept and tills know it."""

    number: int
    identity: str
    model: str
    table_error: str | None
    fit: str | None
    published: int
    published_by: str
    note: str


class Switch(NamedTuple):
    """``action``: start, publish, rollback; ``state``: waiting, in_force, past, failed."""

    id: int
    release: int
    action: str
    state: str
    asked: int
    asked_by: str
    note: str
    since: int | None
    until: int | None
    customers: int | None
    seconds: float | None
    error: str | None


def in_force(connection: Connection) -> Published:
    """The release that this transaction learns and answers by."""
    return published(present(connection).model)


def present(connection: Connection) -> Release:
    """The same, as it is kept."""
    return Release(*connection.execute(IN_FORCE).one())


def get(connection: Connection, number: int) -> Release:
    """The release of this number. Raises `Unknown`."""
    row = connection.execute(GET, {"number": number}).one_or_none()
    if row is None:
        raise Unknown(
            "unknown-release", f"There is no release {number}: GET /v1/releases lists those there are."
        )
    return Release(*row)


def of_fit(connection: Connection, fit: str) -> Release | None:
    row = connection.execute(OF_FIT, {"fit": fit}).one_or_none()
    return Release(*row) if row else None


def page(connection: Connection, before: int, limit: int) -> list[Release]:
    """Up to ``limit`` releases with numbers below ``before``, the youngest first."""
    return [Release(*row) for row in connection.execute(PAGE, {"before": before, "limit": limit})]


def add(connection: Connection, fit: str, model: str, table_error: str | None, by: str, note: str) -> Release:
    """A new release, under the next number. ``model`` is read first: what makes no tables is no release."""
    identity = published(model).model.release
    values = {
        "identity": identity,
        "model": model,
        "table_error": table_error,
        "fit": fit,
        "by": by,
        "note": note,
    }
    connection.execute(ADD, {**values, "now": int(time.time())})
    made = of_fit(connection, fit)
    assert made is not None
    return made


def name(connection: Connection, number: int, identity: str) -> None:
    """Note how this version of Rung calls the tables of a release."""
    connection.execute(NAME, {"number": number, "identity": identity})


def roll_back(connection: Connection, number: int, by: str, note: str) -> Release:
    """Ask that a release be in force again. Raises `Unknown`, and `OutOfTurn` for one that never was."""
    wanted = get(connection, number)
    if has_failed(connection, number):
        detail = f"Release {number} never came into force: publish its fit {wanted.fit} again."
        raise OutOfTurn("never-in-force", detail)
    ask(connection, number, "rollback", by, note)
    return wanted


def ask(connection: Connection, number: int, action: str, by: str, note: str) -> Switch:
    """Ask that ``number`` be in force. Asked twice in a row it is one switch, and none if it is in force already."""
    last = _last(connection)
    if last.release == number:
        return last
    values = {"number": number, "action": action, "by": by, "note": note, "now": int(time.time())}
    connection.execute(ASK, values)
    return _last(connection)


def expected(connection: Connection) -> int:
    """The number of the release that is in force once all that was asked for is made."""
    return _last(connection).release


def waiting(connection: Connection) -> Switch | None:
    """The oldest switch that was asked for and not made yet."""
    row = connection.execute(WAITING).one_or_none()
    return _switch(row) if row else None


def history(connection: Connection, number: int) -> list[Switch]:
    """Every time this release was asked for, oldest first."""
    return [_switch(row) for row in connection.execute(HISTORY, {"number": number})]


def has_failed(connection: Connection, number: int) -> bool:
    """Whether it never came into force, and is not on the way there."""
    return all(each.state == "failed" for each in history(connection, number))


def make(connection: Connection, switch: Switch, identity: str) -> None:
    """Put the release of ``switch`` in force, whose beliefs are kept under ``identity``, and tell the tills."""
    now = int(time.time())
    connection.execute(END, {"now": now})
    if connection.execute(BEGIN, {"id": switch.id, "now": now}).rowcount != 1:
        raise OutOfTurn("switch-over", f"The switch {switch.id} was made or given up meanwhile.")
    name(connection, switch.release, identity)
    standing.touch(connection)


def measure(connection: Connection, switch: Switch, customers: int, seconds: float) -> None:
    """Note what the switch took."""
    connection.execute(MEASURE, {"id": switch.id, "customers": customers, "seconds": seconds})


def fail(connection: Connection, switch: Switch, error: str) -> None:
    """Give ``switch`` up; what was in force stays."""
    connection.execute(FAIL, {"id": switch.id, "now": int(time.time()), "error": error})


def _last(connection: Connection) -> Switch:
    return _switch(connection.execute(LAST).one())


def _switch(row: Row[Any]) -> Switch:
    return Switch(*row)
