"""``/v1/fits``: ask for a fit, watch it, read its verdict, publish it."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import audit_trail, fit_publishing, fit_queue, fit_store
from pricing_service.caller import who
from pricing_service.openapi import problems
from pricing_service.routes import releases
from pricing_service.routes.access import Digits, Running, needs
from pricing_service.routes.fit_answers import Fit, Page, told
from pricing_service.routes.releases import Reason, Release
from pricing_service.routes.second_person import Waiting, agreed
from pricing_service.routes.sent_model import Asked, described, reader

router = APIRouter(prefix="/v1/fits", tags=["fits"])
READS = needs("fits:read")
LARGEST = (1 << 63) - 1
ID = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"  # also a folder's name
WATCH_SECONDS = 0.5
FitId = Annotated[str, Path(pattern=ID)]
Before = Annotated[int, Query(ge=0, le=LARGEST, description="`next` of the page before"), Digits]
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

    ALLOWED: ClassVar[dict[str, str]] = {
        "id": "needs 1 to 64 letters, digits, dashes or underscores, and begins with a letter or a digit",
        "prior": "is the id of a prior, a text of at most 64 characters",
        "seed": f"is a whole number from 0 to {LARGEST}",
        "weak": "is true or false",
        **Asked.ALLOWED,
    }


@router.get(
    "",
    summary="List",
    operation_id="list-fits",
    response_model=Page,
    responses=problems(422),
    dependencies=[READS],
)
def page(running: Running, before: Before = LARGEST, limit: Limit = 20) -> Page:
    """All fits, the youngest first."""
    with running.database.reading() as connection:
        found = fit_store.page(connection, before, limit + 1)
        items = [told(connection, running.settings, each) for each in found[:limit]]
    seen = fit_queue.looked(running.settings)
    after = found[limit - 1].position if len(found) > limit else None
    return Page(items=items, next=after, worker_seen=None if seen is None else rfc3339(seen))


@router.post(
    "",
    status_code=202,
    summary="Ask for a fit",
    operation_id="ask-fit",
    response_model=Fit,
    responses=problems(400, 401, 404, 409, 413, 422) | {200: {"model": Fit}},
    openapi_extra=described(AskedFit, required=True),
)
def ask(
    running: Running,
    person: Annotated[str, needs("fits:ask")],
    asked: Annotated[AskedFit, Depends(reader(AskedFit, required=True))],
    response: Response,
) -> Fit:
    """Put a fit on all records so far in the worker's queue; it starts when those before it have ended.

    `{}` asks for one with nothing special. Asked again under the same id it is the same fit; if that has ended,
    nothing happens (200).
    """
    given = asked.model_dump()
    fit_id = given.pop("id") or f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    response.headers["location"] = f"/v1/fits/{fit_id}"
    audit_trail.makes(fit_id=fit_id)
    fit = running.write(lambda to: told(to, running.settings, fit_queue.ask(to, fit_id, by=person, **given)))
    response.status_code = 200 if fit.state in fit_store.ENDED else 202
    return fit


@router.get(
    "/{fit_id}",
    summary="Read one",
    operation_id="get-fit",
    response_model=Fit,
    responses=problems(404, 422),
    dependencies=[READS],
)
def get(running: Running, fit_id: FitId) -> Fit:
    with running.database.reading() as connection:
        return told(connection, running.settings, fit_store.get(connection, fit_id))


@router.post(
    "/{fit_id}/cancel",
    status_code=202,
    summary="Cancel",
    operation_id="cancel-fit",
    response_model=Fit,
    responses=problems(401, 404, 409, 422) | {200: {"model": Fit}},
    dependencies=[needs("fits:ask")],
)
def cancel(running: Running, fit_id: FitId, response: Response) -> Fit:
    """End a fit that is queued, at once (200), or running, as soon as the worker hears of it (202)."""
    fit = running.write(lambda to: told(to, running.settings, fit_store.cancel(to, fit_id)))
    response.status_code = 202 if fit.state == "cancelling" else 200
    return fit


@router.post(
    "/{fit_id}/publish",
    status_code=202,
    summary="Publish",
    operation_id="publish-fit",
    response_model=Release | Waiting,
    responses=problems(400, 401, 404, 409, 413, 422) | {200: {"model": Release}},
    openapi_extra=described(Asked),
)
def publish(
    running: Running,
    person: Annotated[str, needs("releases:publish")],
    fit_id: FitId,
    asked: Reason,
    response: Response,
) -> Release | Response:
    """Make the next release of a fit that passed every check of the gate; a 409 says which one it missed.

    The release is in force when its `state` says so, at the address in `Location`: the worker computes everybody's
    belief anew from the log first. Asked again, it is the same release (200 once it is in force), and a second try if
    it is `failed`; one that was in force and gave way to another comes back by a rollback (409).
    """

    def write(connection: Connection) -> Release:
        made = fit_publishing.publish(connection, fit_id, person, asked.note)
        return releases.told(connection, made)

    made = agreed(running, "releases", {"body": asked.model_dump()}, write)
    if isinstance(made, Response):
        return made
    response.headers["location"] = f"/v1/releases/{made.number}"
    response.status_code = releases.status(made)
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
    dependencies=[READS],
)
async def watch(
    running: Running, fit_id: Annotated[str, Depends(existing)]
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: first the fit as `GET` answers it, then its members that have changed whenever some have.

    The last event, `end`, is the whole fit that has ended. Without it the service stopped or the session of who asked
    has ended: ask again.
    """
    session = who().session
    before: dict[str, Any] = {}
    while True:
        now = (await asyncio.to_thread(get, running, fit_id)).model_dump(mode="json")
        if now["state"] in fit_store.ENDED:
            yield ServerSentEvent(data=now, event="end")
            return
        if changed := {
            name: value for name, value in now.items() if name not in before or value != before[name]
        }:
            before = now
            yield ServerSentEvent(data=changed, event="progress")
        if running.stopping() or not running.signed_in.goes_on(session, time.time()):
            return
        await asyncio.sleep(WATCH_SECONDS)
