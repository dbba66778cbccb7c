"""Priors in versions that never change. Publishing one makes it what the next fits start from.

One that would change many of the shop's plans waits until a second person asks for it too.
"""

import json
import re
import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from models import priors
from pos_client.core.record import Invalid, OutOfTurn, Unknown
from pricing_service.problem import Stale

ID = re.compile("[A-Za-z0-9._-]{1,64}")
MOST_CHANGED = 1000  # basis points of the plans of 30 days that one person may change

COLUMNS = (
    "SELECT number, id, version, state, body, sent, note, created, created_by,"
    " asked, asked_by, published, published_by, publication FROM priors"
)
GET = text(f"{COLUMNS} WHERE id = :id")
PAGE = text(f"{COLUMNS} WHERE number < :before ORDER BY number DESC LIMIT :limit")
IN_FORCE = text(f"{COLUMNS} WHERE publication IS NOT NULL ORDER BY publication DESC LIMIT 1")
CREATE = text(
    "INSERT INTO priors (number, id, version, state, body, sent, note, created, created_by)"
    " SELECT MAX(number) + 1, :id, 1, 'draft', :body, :sent, :note, :now, :by FROM priors"
)
ASK = text(
    "UPDATE priors SET version = version + 1, state = 'waiting', asked = :now, asked_by = :by"
    " WHERE id = :id AND version = :version"
)
PUBLISH = text(
    "UPDATE priors SET version = version + 1, state = 'published', published = :now, published_by = :by,"
    " publication = (SELECT MAX(publication) + 1 FROM priors) WHERE id = :id AND version = :version"
)


class Prior(NamedTuple):
    """``state``: draft, waiting (for a second person), published; ``body``: all densities; ``sent``: as written."""

    number: int
    id: str
    version: int
    state: str
    body: dict[str, Any]
    sent: dict[str, Any]
    note: str
    created: int
    created_by: str
    asked: int | None
    asked_by: str | None
    published: int | None
    published_by: str | None
    publication: int | None


def page(connection: Connection, before: int, limit: int) -> list[Prior]:
    """Up to ``limit`` priors with numbers below ``before``, the youngest first."""
    return [_prior(row) for row in connection.execute(PAGE, {"before": before, "limit": limit})]


def get(connection: Connection, prior_id: str) -> Prior:
    """The prior of this id. Raises `Unknown`."""
    row = connection.execute(GET, {"id": prior_id}).one_or_none()
    if row is None:
        raise Unknown("unknown-prior", f"There is no prior {prior_id}: GET /v1/priors lists those there are.")
    return _prior(row)


def in_force(connection: Connection) -> Prior:
    """What the next fit starts from: the one that was published last."""
    return _prior(connection.execute(IN_FORCE).one())


def create(
    connection: Connection, prior_id: str, sent: dict[str, Any], note: str, by: str
) -> tuple[Prior, bool]:
    """The prior of this id and whether it is new; sent again in the same words it is the one that is there.

    Raises `Invalid` for what is no prior, `OutOfTurn` where the id stands for another.
    """
    body = read(sent)
    row = connection.execute(GET, {"id": prior_id}).one_or_none()
    if row is not None:
        present = _prior(row)
        if (present.sent, present.note) != (sent, note):
            told = f"The prior {prior_id} is there already and never changes: choose another id."
            raise OutOfTurn("prior-exists", told)
        return present, False
    values = {"body": json.dumps(priors.as_json(body)), "sent": json.dumps(sent), "note": note, "by": by}
    connection.execute(CREATE, {"id": prior_id, "now": int(time.time()), **values})
    return get(connection, prior_id), True


def publish(connection: Connection, prior_id: str, version: int, by: str, changed: int) -> Prior:
    """Make version ``version`` the prior in force, or let it wait for a second person.

    ``changed``: basis points of plans that would be others; up to `MOST_CHANGED`, one person is enough. The prior in
    force stays as it is. Raises `Unknown`, `Stale`, and `OutOfTurn` where the same person asks twice.
    """
    present = get(connection, prior_id)
    if present.version != version:
        raise Stale("prior-changed", "Somebody asked for it meanwhile: read it again.")
    if present.number == in_force(connection).number:
        return present
    enough = changed <= MOST_CHANGED
    if not enough and present.state == "waiting" and present.asked_by == by:
        told = "You have asked for it already; somebody else with a token of their own has to ask too."
        raise OutOfTurn("second-person-needed", told)
    statement = PUBLISH if enough or present.state == "waiting" else ASK
    connection.execute(statement, {"id": prior_id, "version": version, "by": by, "now": int(time.time())})
    return get(connection, prior_id)


def read(sent: dict[str, Any]) -> priors.Priors:
    """Priors from densities or words. Raises `Invalid`."""
    try:
        return priors.read(sent)
    except ValueError as error:
        raise Invalid("prior-unreadable", f"{error}.") from error


def _prior(row: Row[Any]) -> Prior:
    return Prior(**{**row._asdict(), "body": json.loads(row.body), "sent": json.loads(row.sent)})
