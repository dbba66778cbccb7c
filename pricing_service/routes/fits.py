"""``/v1/fits``: ask for a fit, watch it, read its verdict, publish it."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import fit_queue, fit_store, release_store
from pricing_service.openapi import problems
from pricing_service.routes import releases
from pricing_service.routes.access import Administrator, Person, Running
from pricing_service.routes.releases import Reason, Release
from pricing_service.routes.sent_model import Asked, described, reader

router = APIRouter(prefix="/v1/fits", tags=["fits"])
LARGEST = (1 << 63) - 1
ID = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"  # also a folder's name
WATCH_SECONDS = 0.5
FitId = Annotated[str, Path(pattern=ID)]
Before = Annotated[int, Query(ge=0, le=LARGEST, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class AskedFit(Asked):
    """A fit somebody wants; every member may be left out."""

    id: str | None = Field(
        None, pattern=ID, description="Chosen by the caller: asked again, it is the same fit."
    )
    prior: str | None = Field(None, max_length=64, description="The id of a prior; else the published one.")
    seed: int | None = Field(
        None, ge=0, le=LARGEST, description="Of its chance; else it follows from the id."
    )
    weak: bool = Field(
        False, description="Widen every prior: a fit to compare with, which is never published."
    )


class Progress(BaseModel):
    """How far a fit is."""

    stage: str = Field(description="starting, reading, fitting, checking, reporting")
    done: int = 0
    total: int = Field(0, description="Draws in all; 0 in a stage that does not count.")
    seconds_left: float | None = Field(None, description="An estimate for this stage.")
    divergences: int = 0


class Check(BaseModel):
    """One check of the gate; without a value it could not be made, and was missed."""

    name: str
    passed: bool
    value: float | None
    bound: float | None
    says: str


class Verdict(BaseModel):
    passed: bool
    says: str
    checks: list[Check]


class Fit(BaseModel):
    id: str
    state: Literal[
        "queued", "running", "cancelling", "passed", "rejected", "failed", "cancelled", "published"
    ] = Field(
        description="`rejected`: it missed a check of the gate. `failed`: there is no verdict, see `error`."
    )
    created: str = Field(json_schema_extra={"format": "date-time"})
    started: str | None
    ended: str | None
    asked_by: str
    note: str
    prior: str | None = Field(description="The id of the prior it starts from.")
    weak: bool
    seed: int
    worker: str | None = Field(description="Who is at it, as host:process.")
    against: int | None = Field(
        description="The number of the release it is compared with: the one in force when it began."
    )
    progress: Progress | None
    summary: dict[str, Any] | None = Field(
        description="What the log held, what it took, how exact the tables are."
    )
    verdict: Verdict | None
    error: str | None
    release: int | None = Field(description="The number of the release that was made of it.")


class Page(BaseModel):
    items: list[Fit]
    next: int | None = Field(description="Send it as `before` for the next page; null on the last one.")
    worker_seen: str | None = Field(
        description="When a worker last looked after the queue; null or long ago: start `rung worker`."
    )


@router.get("", summary="List", operation_id="list-fits", response_model=Page, responses=problems(422))
def page(running: Running, before: Before = LARGEST, limit: Limit = 20) -> Page:
    """All fits, the youngest first."""
    with running.database.reading() as connection:
        found = fit_store.page(connection, before, limit + 1)
        items = [_told(connection, each) for each in found[:limit]]
    seen = fit_queue.looked(running.settings)
    after = found[limit - 1].position if len(found) > limit else None
    return Page(items=items, next=after, worker_seen=None if seen is None else rfc3339(seen))


@router.post(
    "",
    status_code=202,
    summary="Ask for a fit",
    operation_id="ask-fit",
    response_model=Fit,
    responses=problems(400, 401, 404, 409, 413, 422),
    openapi_extra=described(AskedFit),
)
def ask(
    running: Running,
    person: Person,
    asked: Annotated[AskedFit, Depends(reader(AskedFit))],
    response: Response,
) -> Fit:
    """Put a fit on all records so far in the worker's queue; it starts when those before it have ended."""
    given = asked.model_dump()
    fit_id = given.pop("id") or f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    response.headers["location"] = f"/v1/fits/{fit_id}"
    return running.write(lambda to: _told(to, fit_queue.ask(to, fit_id, by=person, **given)))


@router.get(
    "/{fit_id}", summary="Read one", operation_id="get-fit", response_model=Fit, responses=problems(404, 422)
)
def get(running: Running, fit_id: FitId) -> Fit:
    with running.database.reading() as connection:
        return _told(connection, fit_store.get(connection, fit_id))


@router.post(
    "/{fit_id}/cancel",
    status_code=202,
    summary="Cancel",
    operation_id="cancel-fit",
    response_model=Fit,
    responses=problems(401, 404, 409, 422),
    dependencies=[Administrator],
)
def cancel(running: Running, fit_id: FitId) -> Fit:
    """End a fit that is queued or running; asked again, nothing more happens."""
    return running.write(lambda to: _told(to, fit_store.cancel(to, fit_id)))


@router.post(
    "/{fit_id}/publish",
    status_code=202,
    summary="Publish",
    operation_id="publish-fit",
    response_model=Release,
    responses=problems(400, 401, 404, 409, 413, 422),
    openapi_extra=described(Asked),
)
def publish(running: Running, person: Person, fit_id: FitId, asked: Reason, response: Response) -> Release:
    """Make the next release of a fit that passed every check of the gate; a 409 says which one it missed.

    The release is in force when its `state` says so, at the address in `Location`: the worker computes everybody's
    belief anew from the log first. Asked again, it is the same release, and a second try if it is `failed`.
    """

    def write(connection: Connection) -> Release:
        made = fit_store.publish(connection, fit_id, person, asked.note)
        return releases.told(connection, made)

    made = running.write(write)
    response.headers["location"] = f"/v1/releases/{made.number}"
    return made


def existing(running: Running, fit_id: FitId) -> str:
    """The id of a fit that is there: a stream that has begun can no longer say that there is none."""
    with running.database.reading() as connection:
        return fit_store.get(connection, fit_id).id


@router.get(
    "/{fit_id}/progress",
    summary="Watch",
    operation_id="watch-fit",
    response_class=EventSourceResponse,
    responses=problems(404, 422),
)
async def watch(
    running: Running, fit_id: Annotated[str, Depends(existing)]
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: the fit as `GET` answers it, whenever it has changed, until it has ended (event `end`).

    Without that event the service stopped: ask again.
    """
    before = None
    while True:
        now = await asyncio.to_thread(get, running, fit_id)
        if now != before:
            before = now
            yield ServerSentEvent(data=now, event="end" if now.state in fit_store.ENDED else "progress")
        if now.state in fit_store.ENDED or running.stopping():
            return
        await asyncio.sleep(WATCH_SECONDS)


def _told(connection: Connection, fit: fit_store.Fit) -> Fit:
    times = {name: getattr(fit, name) for name in ("created", "started", "ended")}
    parts = {name: getattr(fit, name) for name in ("progress", "summary", "verdict")}
    made = release_store.of_fit(connection, fit.id)
    return Fit.model_validate(
        {name: value for name, value in fit._asdict().items() if name in Fit.model_fields}
        | {name: None if value is None else rfc3339(value) for name, value in times.items()}
        | {name: None if value is None else json.loads(value) for name, value in parts.items()}
        | {"release": made.number if made else None}
    )
