"""``/v1/experiments``: draft one, start it, ramp it up, stop it."""

import time
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pos_client.core.experiment import WHOLE
from pricing_service import audit_trail, experiment_schema, experiment_store, rule_store, standing
from pricing_service.experiment_body import Kept
from pricing_service.openapi import ETAG, problems, sends
from pricing_service.problem import NAME
from pricing_service.routes.access import ExpectedVersion, Running, SentObject, needs, only
from pricing_service.routes.sent_model import Asked, described, reader

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])
Name = Annotated[str, Path(pattern=NAME)]
Writer = Annotated[str, needs("experiments:write")]
After = Annotated[str, Query(max_length=64, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Ramp(BaseModel):
    """One raise of all shares; ``before`` and ``after`` are what they add up to, in basis points."""

    at: str = Field(json_schema_extra={"format": "date-time"})
    by: str
    before: int
    after: int


class Known(BaseModel):
    """An experiment with what became of it; ``version`` is also its ETag."""

    model_config = ConfigDict(extra="forbid")
    id: str
    version: int
    state: Literal["draft", "scheduled", "running", "over", "stopped"]
    control: str = Field(description="The arm all others are held against.")
    experiment: dict[str, Any] = Field(description="What was sent: see the schema Experiment.")
    created: str = Field(json_schema_extra={"format": "date-time"})
    created_by: str
    started: str | None
    started_by: str | None
    stopped: str | None
    stopped_by: str | None
    ramps: list[Ramp]


class Written(Known):
    revision: int = Field(
        description="A till draws by this once `revision` of it in /v1/devices is at least this."
    )


class Page(BaseModel):
    items: list[Known]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class AskedRamp(Asked):
    """How far the shares are raised."""

    share: int = Field(ge=1, le=WHOLE, description="What all shares will add up to, in basis points.")
    ALLOWED: ClassVar[dict[str, str]] = {
        "share": f"is what all shares will add up to, a whole number of basis points up to {WHOLE}",
        **Asked.ALLOWED,
    }


@router.get(
    "",
    summary="List",
    operation_id="list-experiments",
    response_model=Page,
    responses=problems(400, 401, 422),
    dependencies=[needs("experiments:read"), only("after", "limit")],
)
def page(running: Running, after: After = "", limit: Limit = 50) -> Page:
    """All experiments by their ids, drafts too."""
    with running.database.reading() as connection:
        found = experiment_store.page(connection, after, limit + 1)
        day = today(running, connection)
    items = [told(kept, day) for kept in found[:limit]]
    return Page(items=items, next=items[-1].id if len(found) > limit else None)


@router.post(
    "",
    summary="Draft",
    status_code=201,
    operation_id="create-experiment",
    response_model=Written,
    responses=problems(400, 401, 409, 413, 422) | {201: ETAG[200]},
    openapi_extra=sends(experiment_schema.sent(creating=True), experiment_schema.EXAMPLES),
)
def create(running: Running, person: Writer, sent: SentObject, response: Response) -> Written:
    """Keep a draft. Nothing is drawn before it is started; what it can find is at `…/power`."""
    audit_trail.makes(name=sent.get("id"))
    return _written(running, response, lambda to: experiment_store.create(to, sent, person))


@router.get(
    "/{name}",
    summary="Read one",
    operation_id="get-experiment",
    response_model=Known,
    responses=problems(400, 401, 404, 422) | ETAG,
    dependencies=[needs("experiments:read"), only()],
)
def get(running: Running, name: Name, response: Response) -> Known:
    with running.database.reading() as connection:
        kept = experiment_store.get(connection, name)
        return _answer(kept, today(running, connection), response)


@router.put(
    "/{name}",
    summary="Replace a draft",
    operation_id="replace-experiment",
    response_model=Written,
    responses=problems(400, 401, 404, 409, 412, 413, 422, 428) | ETAG,
    openapi_extra=sends(experiment_schema.sent(creating=False), experiment_schema.EXAMPLES),
)
def replace(
    running: Running,
    person: Writer,
    name: Name,
    version: ExpectedVersion,
    sent: SentObject,
    response: Response,
) -> Written:
    """Put another in its place, if it is still the version that was read and was never started (409)."""
    return _written(running, response, lambda to: experiment_store.replace(to, name, version, sent))


@router.post(
    "/{name}/start",
    summary="Start",
    operation_id="start-experiment",
    response_model=Written,
    responses=problems(401, 404, 409, 413, 422) | ETAG,
)
def start(running: Running, person: Writer, name: Name, response: Response) -> Written:
    """Tills that get the next snapshot draw from its first day on, today at the earliest. It is fixed from now on."""

    def write(connection: Connection) -> Kept:
        return experiment_store.start(connection, name, person, today(running, connection))

    return _written(running, response, write)


@router.post(
    "/{name}/ramp",
    summary="Ramp up",
    operation_id="ramp-experiment",
    response_model=Written,
    responses=problems(400, 401, 404, 409, 413, 422) | ETAG,
    openapi_extra=described(AskedRamp, required=True),
)
def ramp(
    running: Running,
    person: Writer,
    name: Name,
    asked: Annotated[AskedRamp, Depends(reader(AskedRamp, required=True))],
    response: Response,
) -> Written:
    """Raise all shares by one factor: more customers come in, and nobody who is in moves."""

    def write(connection: Connection) -> Kept:
        return experiment_store.ramp(connection, name, asked.share, person, today(running, connection))

    return _written(running, response, write)


@router.post(
    "/{name}/stop",
    summary="Stop",
    operation_id="stop-experiment",
    response_model=Written,
    responses=problems(401, 404, 409, 413, 422) | ETAG,
)
def stop(running: Running, person: Writer, name: Name, response: Response) -> Written:
    """End it for good. Tills that are offline draw until they hear of it; the readout counts what they drew."""
    return _written(running, response, lambda to: experiment_store.stop(to, name, person))


def today(running: Running, connection: Connection) -> int:
    """The local day of the store this service decides for."""
    offset = rule_store.utc_offset(connection, running.settings.store)
    return (int(time.time()) + offset * 60) // 86400


def told(kept: Kept, day: int) -> Known:
    """An experiment as it is answered on a local day."""
    times = {name: _time(getattr(kept, name)) for name in ("created", "started", "stopped")}
    people = {name: getattr(kept, name) for name in ("created_by", "started_by", "stopped_by")}
    ramps = [
        Ramp(at=rfc3339(each["at"]), by=each["by"], before=each["from"], after=each["to"])
        for each in kept.ramps
    ]
    return Known.model_validate(
        {
            **{"id": kept.id, "version": kept.version, "state": state(kept, day), "control": kept.control},
            **{"experiment": kept.body, "ramps": ramps, **times, **people},
        }
    )


def state(kept: Kept, day: int) -> str:
    """What it is at on a local day: one that was started waits for its first day, and is over after its last."""
    if kept.state != "running":
        return kept.state
    if day < kept.read.first:
        return "scheduled"
    return "over" if day > kept.read.last else "running"


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)


def _answer(kept: Kept, day: int, response: Response) -> Known:
    response.headers["etag"] = f'"{kept.version}"'
    return told(kept, day)


def _written(running: Running, response: Response, write: Callable[[Connection], Kept]) -> Written:
    def job(connection: Connection) -> tuple[Kept, int, int]:
        return write(connection), today(running, connection), standing.revision(connection)

    kept, day, revision = running.write(job)
    return Written(**_answer(kept, day, response).model_dump(), revision=revision)
