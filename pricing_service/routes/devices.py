"""``GET /v1/devices``: the tills and how far their records have arrived."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from pos_client.core.calendar import rfc3339
from pos_client.core.record import Unknown
from pricing_service import fleet, revocations
from pricing_service.openapi import problems
from pricing_service.problem import NAME
from pricing_service.routes.access import Running, needs
from pricing_service.routes.rules import After, Limit

router = APIRouter(prefix="/v1/devices", tags=["fleet"])
Name = Annotated[str, Path(pattern=NAME)]


class Till(BaseModel):
    device: str
    epoch: int
    store: str
    enrolled: str = Field(json_schema_extra={"format": "date-time"})
    acknowledged: int = Field(description="Every record up to this number is in the log.")
    last_seen: str | None = Field(
        description="When it last sent records or asked for a snapshot, to a minute."
    )
    revoked: str | None
    snapshot: int | None = Field(
        description="Version of the snapshot it was handed last, or told that it has."
    )
    revision: int | None = Field(
        description="A rule whose write was answered with this `revision` or a smaller one is in that snapshot."
    )
    fetched: str | None = Field(description="When it was handed or told that, to a minute.")


class Tills(BaseModel):
    items: list[Till]
    next: str | None


@router.get(
    "",
    summary="List tills",
    operation_id="list-devices",
    response_model=Tills,
    responses=problems(422),
    dependencies=[needs("devices:read")],
)
def page(running: Running, after: After = "", limit: Limit = 50) -> Tills:
    """All tills by name, each in its newest enrolment."""
    with running.database.reading() as connection:
        devices = fleet.page(connection, after, limit + 1)
    items = [_told(device) for device in devices[:limit]]
    return Tills(items=items, next=items[-1].device if len(devices) > limit else None)


@router.post(
    "/{name}/revoke",
    summary="Stop believing a till",
    operation_id="revoke-device",
    status_code=204,
    responses=problems(404, 422),
    dependencies=[needs("devices:enrol")],
)
def revoke(running: Running, name: Name) -> None:
    """For one that was stolen or lost: all its enrolments end at once, and what it still holds is not taken."""
    if not running.write(lambda to: revocations.revoke(to, running.settings.secrets, name)):
        raise Unknown(
            "unknown-device", f"No till {name} is enrolled here: GET /v1/devices lists those that are."
        )


def _told(device: fleet.Device) -> Till:
    times = {name: getattr(device, name) for name in ("enrolled", "last_seen", "revoked", "fetched")}
    told = {name: None if value is None else rfc3339(value) for name, value in times.items()}
    return Till.model_validate({**device._asdict(), **told})
