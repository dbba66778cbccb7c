"""``/v1/releases``: what was published, which release is in force, and back to an earlier one in one call."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from models import release, release_sentences
from pos_client.core.calendar import rfc3339
from pricing_service import release_store
from pricing_service.openapi import problems
from pricing_service.release_store import Switch
from pricing_service.routes.access import Digits, Running, needs
from pricing_service.routes.second_person import Waiting, agreed
from pricing_service.routes.sent_model import Asked, described, reader

router = APIRouter(prefix="/v1/releases", tags=["releases"])
READS = needs("fits:read")
LARGEST = (1 << 31) - 1
Number = Annotated[int, Path(ge=0, le=LARGEST)]
Before = Annotated[int, Query(ge=0, le=LARGEST, description="`next` of the page before"), Digits]
Limit = Annotated[int, Query(ge=1, le=200)]
Reason = Annotated[Asked, Depends(reader(Asked))]


class Change(BaseModel):
    """One time that this release was to be in force."""

    action: Literal["start", "publish", "rollback"]
    state: Literal["waiting", "in_force", "past", "failed"]
    asked: str = Field(json_schema_extra={"format": "date-time"})
    asked_by: str
    note: str
    since: str | None = Field(description="When it came into force.")
    until: str | None = Field(description="When another one did, or when it was given up.")
    customers: int | None = Field(description="Whose beliefs were computed anew.")
    seconds: float | None = Field(description="What that took.")
    error: str | None


class Release(BaseModel):
    """A release is never changed; `state` says what became of it last."""

    number: int
    name: str = Field(description="What records, snapshots and tills call it.")
    state: Literal["publishing", "in_force", "past", "failed"] = Field(
        description="`publishing`: the worker computes everybody's belief anew, tills go on with the one before."
    )
    fit: str | None = Field(description="The fit it was made of; null for the one made by hand.")
    published: str = Field(json_schema_extra={"format": "date-time"})
    published_by: str
    note: str
    says: dict[str, str] = Field(description="Each parameter in a sentence.")
    parameters: dict[str, Any] = Field(description="The same as numbers: see docs/model.md.")
    table_error: dict[str, Any] | None = Field(
        description="Largest distance of the tills' whole numbers from the float model; null where it was not measured."
    )
    history: list[Change] = Field(description="When it was asked for and in force, oldest first.")


class Page(BaseModel):
    items: list[Release]
    next: int | None = Field(description="Send it as `before` for the next page; null on the last one.")


@router.get(
    "",
    summary="List",
    operation_id="list-releases",
    response_model=Page,
    responses=problems(422),
    dependencies=[READS],
)
def page(running: Running, before: Before = LARGEST, limit: Limit = 20) -> Page:
    """All releases, the youngest first."""
    with running.database.reading() as connection:
        found = release_store.page(connection, before, limit + 1)
        items = [told(connection, each) for each in found[:limit]]
    return Page(items=items, next=items[-1].number if len(found) > limit else None)


@router.get(
    "/{number}",
    summary="Read one",
    operation_id="get-release",
    response_model=Release,
    responses=problems(404, 422),
    dependencies=[READS],
)
def get(running: Running, number: Number) -> Release:
    with running.database.reading() as connection:
        return told(connection, release_store.get(connection, number))


@router.post(
    "/{number}/rollback",
    status_code=202,
    summary="Back to this one",
    operation_id="rollback-release",
    response_model=Release | Waiting,
    responses=problems(400, 401, 404, 409, 413, 422) | {200: {"model": Release}},
    openapi_extra=described(Asked),
)
def rollback(
    running: Running,
    person: Annotated[str, needs("releases:publish")],
    number: Number,
    asked: Reason,
    response: Response,
) -> Release | Response:
    """Put an earlier release in force again.

    It is in force when its `state` says so: the worker computes all beliefs anew from the log first. Asked again,
    nothing more happens, nor for the release in force (200). One that never came into force is published again
    instead (409).
    """

    def write(connection: Connection) -> Release:
        return told(connection, release_store.roll_back(connection, number, person, asked.note))

    wanted = agreed(running, "releases", {"body": asked.model_dump()}, write)
    if isinstance(wanted, Response):
        return wanted
    response.status_code = status(wanted)
    return wanted


def status(asked_for: Release) -> int:
    """Of an answer to who asked for a release: 202 while that is still to come, 200 where nothing is to be done."""
    return 202 if any(each.state == "waiting" for each in asked_for.history) else 200


def told(connection: Connection, kept: release_store.Release) -> Release:
    """A release as it is answered."""
    history = release_store.history(connection, kept.number)
    parameters = json.loads(kept.model)
    made = release.read(parameters)
    return Release(
        number=kept.number,
        name=release.identity(made),
        state=_state(history),
        fit=kept.fit,
        published=rfc3339(kept.published),
        published_by=kept.published_by,
        note=kept.note,
        says=release_sentences.says(made),
        parameters=parameters,
        table_error=json.loads(kept.table_error) if kept.table_error else None,
        history=[_change(each) for each in history],
    )


def _state(history: list[Switch]) -> Any:
    """In force or on the way there, whatever else happened; else what happened last."""
    states = [each.state for each in history]
    if "in_force" in states:
        return "in_force"
    return "publishing" if "waiting" in states else states[-1]


def _change(switch: Switch) -> Change:
    times = {name: getattr(switch, name) for name in ("asked", "since", "until")}
    said = {name: None if value is None else rfc3339(value) for name, value in times.items()}
    return Change.model_validate(
        {**{k: v for k, v in switch._asdict().items() if k in Change.model_fields}, **said}
    )
