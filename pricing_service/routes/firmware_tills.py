"""``/v1/firmware/tills``: what every till runs and how it is, by its own last report."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from pos_client.core.calendar import rfc3339
from pricing_service import fleet_reports
from pricing_service.fleet_reports import Seen, Wanted
from pricing_service.openapi import problems
from pricing_service.problem import NAME
from pricing_service.routes.access import Running, needs, only
from pricing_service.routes.rules import After, Limit

router = APIRouter(prefix="/v1/firmware/tills", tags=["fleet"])
Name = Annotated[str, Path(pattern=NAME)]
Hardware = Annotated[str, Query(max_length=20, description="Only tills of this hardware.")]


class FirmwareTill(BaseModel):
    """The members of the last report; empty and 0 for a till that never sent one."""

    device: str
    store: str
    revoked: str | None
    reported: str | None = Field(description="When the last report came.")
    acknowledged: int = Field(description="Every record up to this number is in the log.")
    hardware: str = ""
    version: int = 0
    confirmed: int = 0
    trial: bool = False
    image: str = ""
    fallen: int = Field(0, description="The last version that did not confirm itself there, 0 for none.")
    fallen_why: str = ""
    refused: str = Field("", description="Why the last look for an update was refused.")
    trouble: str = Field("", description="What the service found wrong with the version that runs.")
    uptime: int = 0
    boot: int = 0
    records: int = Field(0, description="Records that wait to be sent.")
    free: int = Field(0, description="Free bytes of flash.")
    heap: int = Field(0, description="Free bytes of the heap.")


class FirmwareTills(BaseModel):
    items: list[FirmwareTill]
    next: str | None


class LogLine(BaseModel):
    at: str = Field(description="When the report came that brought it.")
    line: str


class FirmwareTillKnown(FirmwareTill):
    """With what it said: its last crash, and the last lines of its log."""

    crash: str = ""
    crash_at: str | None = None
    crash_version: int = 0
    crash_past: bool = Field(False, description="Whether that was before the till was enrolled anew.")
    log: list[LogLine] = []


@router.get(
    "",
    summary="List what tills run",
    operation_id="list-firmware-tills",
    response_model=FirmwareTills,
    responses=problems(400, 422),
    dependencies=[needs("firmware:read"), only("hardware", "after", "limit")],
)
def page(running: Running, hardware: Hardware = "", after: After = "", limit: Limit = 50) -> FirmwareTills:
    """All tills by name, those that never reported included."""
    with running.database.reading() as connection:
        found = fleet_reports.page(connection, after, limit + 1, Wanted(hardware))
    items = [told(one) for one in found[:limit]]
    return FirmwareTills(items=items, next=items[-1].device if len(found) > limit else None)


@router.get(
    "/{name}",
    summary="Read what a till runs",
    operation_id="read-firmware-till",
    response_model=FirmwareTillKnown,
    responses=problems(400, 404, 422),
    dependencies=[needs("firmware:read"), only()],
)
def read(running: Running, name: Name) -> FirmwareTillKnown:
    """Its last report, its last crash and the end of its log."""
    with running.database.reading() as connection:
        return known(fleet_reports.one(connection, name))


def told(one: Seen) -> FirmwareTill:
    """A till of the inventory."""
    enrolment = {"device": one.device, "store": one.store, "acknowledged": one.acknowledged}
    revoked = None if one.revoked is None else rfc3339(one.revoked)
    if one.report is None:
        return FirmwareTill(**enrolment, revoked=revoked, reported=None)
    reported = {
        name: value for name, value in one.report._asdict().items() if name in FirmwareTill.model_fields
    }
    return FirmwareTill(**{**reported, **enrolment}, revoked=revoked, reported=rfc3339(one.report.at))


def known(one: Seen) -> FirmwareTillKnown:
    """The same with its crash and its log."""
    report = one.report
    if report is None:
        return FirmwareTillKnown(**told(one).model_dump())
    crash_at = rfc3339(report.crash_at) if report.crash else None
    log = [LogLine(at=rfc3339(at), line=line) for at, line in report.log]
    crash = {"crash": report.crash, "crash_at": crash_at, "crash_version": report.crash_version}
    crash["crash_past"] = bool(report.crash) and one.is_crash_past
    return FirmwareTillKnown(**told(one).model_dump(), **crash, log=log)
