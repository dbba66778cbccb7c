"""The queue of fits: one row each from the moment it is asked for, and what became of it.

queued -> running -> passed -> published, or rejected (by the gate), failed (no verdict), cancelled. A fit being
cancelled while it runs is ``cancelling`` until the worker has ended it.
"""

import json
import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.record import OutOfTurn, Unknown
from pricing_service import release_store

COLUMNS = (
    "position, id, state, created, started, ended, worker, seed, note, asked_by, prior, priors, weak,"
    " against, progress, summary, verdict, model, error"
)
GET = text(f"SELECT {COLUMNS} FROM fits WHERE id = :id")
PAGE = text(f"SELECT {COLUMNS} FROM fits WHERE position < :before ORDER BY position DESC LIMIT :limit")
NEXT = text(f"SELECT {COLUMNS} FROM fits WHERE state = 'queued' ORDER BY position LIMIT 1")
BEFORE = text(
    "SELECT COUNT(*), MAX(CASE WHEN state <> 'queued' THEN id END) FROM fits"
    " WHERE state IN ('running', 'cancelling') OR (state = 'queued' AND position < :position)"
)
QUEUED = text("SELECT COUNT(*) FROM fits WHERE state = 'queued'")
QUEUE = text(
    "INSERT INTO fits (id, state, created, seed, note, asked_by, prior, priors, weak)"
    " VALUES (:id, 'queued', :now, :seed, :note, :by, :prior, :priors, :weak)"
)
START = text(
    "UPDATE fits SET state = 'running', started = :now, worker = :worker, against = :against WHERE id = :id"
)
PROGRESS = text("UPDATE fits SET progress = :progress WHERE id = :id AND state = 'running'")
END = text(
    "UPDATE fits SET state = :state, ended = :now, summary = :summary, verdict = :verdict, model = :model,"
    " error = :error WHERE id = :id AND state = 'running'"
)
ENDED_EARLY = text("UPDATE fits SET state = 'cancelled', ended = :now WHERE id = :id AND state = :state")
CANCELLING = text("UPDATE fits SET state = 'cancelling' WHERE id = :id")
ABANDONED = text(
    "UPDATE fits SET state = 'queued', started = NULL, worker = NULL, progress = NULL WHERE state = 'running'"
)
NOBODY_ENDED = text("UPDATE fits SET state = 'cancelled', ended = :now WHERE state = 'cancelling'")
PUBLISHED = text("UPDATE fits SET state = 'published' WHERE id = :id")
ENDED = ("passed", "rejected", "failed", "cancelled", "published")


class Asked(NamedTuple):
    """A fit somebody wants. ``priors``: JSON of what it starts from; ``prior``: under which name that is kept."""

    id: str
    seed: int
    note: str
    by: str
    prior: str | None
    priors: str
    weak: bool


class Fit(NamedTuple):
    """A row; progress, summary, verdict and model are JSON. ``model`` is a release, there only if it passed.

    ``against``: the number of the release that was in force when it began, which the gate compares it with.
    """

    position: int
    id: str
    state: str
    created: int
    started: int | None
    ended: int | None
    worker: str | None
    seed: int
    note: str
    asked_by: str
    prior: str | None
    priors: str
    weak: bool
    against: int | None
    progress: str | None
    summary: str | None
    verdict: str | None
    model: str | None
    error: str | None


class Before(NamedTuple):
    """How many fits a queued one waits for, and the id of the one among them that has begun."""

    fits: int
    running: str | None


class Ended(NamedTuple):
    """What a fit came to; ``state`` is passed, rejected or failed."""

    state: str
    summary: dict[str, Any] | None = None
    verdict: dict[str, Any] | None = None
    model: dict[str, Any] | None = None
    error: str | None = None


def get(connection: Connection, fit_id: str) -> Fit:
    """The fit of this id. Raises `Unknown`."""
    found = find(connection, fit_id)
    if found is None:
        raise Unknown("unknown-fit", f"There is no fit {fit_id}: GET /v1/fits lists those there are.")
    return found


def find(connection: Connection, fit_id: str) -> Fit | None:
    row = connection.execute(GET, {"id": fit_id}).one_or_none()
    return Fit(*row) if row else None


def page(connection: Connection, before: int, limit: int) -> list[Fit]:
    """Up to ``limit`` fits with positions below ``before``, the youngest first."""
    return [Fit(*row) for row in connection.execute(PAGE, {"before": before, "limit": limit})]


def queue(connection: Connection, asked: Asked) -> Fit:
    """Put a fit at the end of the queue. Asked again the same way, it is the same fit, whatever became of it."""
    present = find(connection, asked.id)
    if present is None:
        connection.execute(QUEUE, {**asked._asdict(), "now": int(time.time())})
        return get(connection, asked.id)
    if Asked(*(getattr(present, "asked_by" if name == "by" else name) for name in Asked._fields)) != asked:
        raise OutOfTurn(
            "fit-exists", f"There is a fit {asked.id} that was asked for otherwise: take another id."
        )
    return present


def cancel(connection: Connection, fit_id: str) -> Fit:
    """End a fit that is queued at once, one that runs as soon as the worker hears of it. Raises `OutOfTurn`."""
    fit = get(connection, fit_id)
    if fit.state == "queued":
        _end_early(connection, fit)
    elif fit.state == "running":
        connection.execute(CANCELLING, {"id": fit_id})
    elif fit.state not in ("cancelling", "cancelled"):
        raise OutOfTurn("fit-ended", f"The fit {fit_id} has ended: it is {fit.state}. Ask for another one.")
    return get(connection, fit_id)


def start_next(connection: Connection, worker: str) -> Fit | None:
    """Take the oldest fit of the queue for ``worker``."""
    fit = next_queued(connection)
    if fit is None:
        return None
    against = release_store.present(connection).number
    connection.execute(START, {"id": fit.id, "worker": worker, "against": against, "now": int(time.time())})
    return get(connection, fit.id)


def next_queued(connection: Connection) -> Fit | None:
    """The oldest fit of the queue."""
    row = connection.execute(NEXT).one_or_none()
    return Fit(*row) if row else None


def note_published(connection: Connection, fit_id: str) -> None:
    connection.execute(PUBLISHED, {"id": fit_id})


def before(connection: Connection, fit: Fit) -> Before:
    """What must end before a queued ``fit`` begins."""
    return Before(*connection.execute(BEFORE, {"position": fit.position}).one())


def queued(connection: Connection) -> int:
    """How many fits wait."""
    return connection.execute(QUEUED).scalar_one()


def note_progress(connection: Connection, fit_id: str, progress: dict[str, Any]) -> None:
    connection.execute(PROGRESS, {"id": fit_id, "progress": json.dumps(progress)})


def end(connection: Connection, fit_id: str, ended: Ended) -> None:
    """Note what a running fit came to; one that was cancelled meanwhile is cancelled."""
    values = {name: _text(getattr(ended, name)) for name in ("summary", "verdict", "model")}
    values |= {"state": ended.state, "error": ended.error, "id": fit_id, "now": int(time.time())}
    connection.execute(END, values)
    end_cancelled(connection, fit_id)


def end_cancelled(connection: Connection, fit_id: str) -> None:
    """The worker has ended a fit that was to be cancelled."""
    connection.execute(ENDED_EARLY, {"id": fit_id, "state": "cancelling", "now": int(time.time())})


def take_back(connection: Connection) -> int:
    """Queue what a worker that is gone was at, in its old place; the number of fits. Nobody else may be at work."""
    connection.execute(NOBODY_ENDED, {"now": int(time.time())})
    return connection.execute(ABANDONED).rowcount


def _end_early(connection: Connection, fit: Fit) -> None:
    connection.execute(ENDED_EARLY, {"id": fit.id, "state": fit.state, "now": int(time.time())})


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
