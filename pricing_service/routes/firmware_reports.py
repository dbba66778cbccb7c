"""``POST /v1/firmware/reports``: tills say what they run and how they are, and are told what to run."""

import time

import anyio.to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from pricing_service import fleet, fleet_reports, rollout_telling
from pricing_service.firmware_release import SLOTS
from pricing_service.fleet import Device
from pricing_service.fleet_reports import LARGEST, MOST_BODY, VERSION, Report
from pricing_service.hearing import heard
from pricing_service.json_body import json_object
from pricing_service.openapi import inlined, problems, sends
from pricing_service.problem import TEXT, Problem
from pricing_service.rollout_telling import Looked
from pricing_service.routes.access import SIGNED, Running
from pricing_service.routes.device_access import Enrolled, SignedRoute
from pricing_service.service import Service

LINES = r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$"  # and line breaks
router = APIRouter(prefix="/v1/firmware/reports", tags=["tills"], route_class=SignedRoute)


class Fallen(BaseModel):
    """A version that did not confirm itself, and why."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=0, le=VERSION)
    why: str = Field(max_length=200, pattern=TEXT)


class Sent(BaseModel):
    """What a till reports. Whatever is left out is nothing, 0 or false."""

    model_config = ConfigDict(extra="forbid")
    hardware: str = Field(json_schema_extra={"enum": [*SLOTS]})
    version: int = Field(ge=0, le=VERSION, description="Of the image that runs.")
    confirmed: int = Field(0, ge=0, le=VERSION, description="Of the image that is confirmed.")
    image: str = Field("", max_length=64, pattern=TEXT, description="SHA-256 of the image that runs.")
    trial: bool = Field(False, description="What runs has not confirmed itself.")
    failed: Fallen | None = None
    refused: str = Field(
        "", max_length=200, pattern=TEXT, description="Why the last look for an update was refused."
    )
    uptime: int = Field(0, ge=0, le=LARGEST, description="Seconds since the start.")
    boot: int = Field(0, ge=0, le=LARGEST, description="Number of the start.")
    records: int = Field(0, ge=0, le=LARGEST, description="Records that wait to be sent.")
    free: int = Field(0, ge=0, le=LARGEST, description="Free bytes of flash.")
    heap: int = Field(0, ge=0, le=LARGEST, description="Free bytes of the heap.")
    crash: str = Field(
        "", max_length=1000, description="The last crash, until a report with it was answered."
    )
    log: list[str] = Field(
        [], max_length=20, description="Lines since the report before, 200 characters each."
    )


class ReportAnswer(BaseModel):
    target: str = Field(
        description="The release to take, by its name. What runs: a trial may be confirmed. Empty: stay as you are."
    )
    after: int = Field(ge=1, le=3600, description="Seconds until the next report.")


_EXAMPLE = {"hardware": "rp2-pico-w", "version": 6, "confirmed": 6, "uptime": 86400, "free": 400000}


@router.post(
    "",
    summary="Report the firmware",
    operation_id="report-firmware",
    response_model=ReportAnswer,
    responses=problems(400, 401, 409, 413, 422),
    openapi_extra={**SIGNED, **sends(inlined(Sent.model_json_schema()), {"an hour ago": _EXAMPLE})},
)
async def take(request: Request, running: Running, till: Enrolled) -> ReportAnswer:
    """Kept for IT, and answered with what the rollouts of this hardware want of this till."""
    body = await request.body()
    if len(body) > MOST_BODY:
        raise Problem(413, "body-too-large", f"A report has at most {MOST_BODY} bytes.")
    report = fleet_reports.read(json_object(body))
    now = int(time.time())

    looked = await anyio.to_thread.run_sync(_looked, running, till.device, report)

    def job(connection: Connection) -> rollout_telling.Told:
        running.hearing = heard(running.hearing, now)
        fleet.count(connection, till.device.device, till.device.epoch, till.counter)
        return rollout_telling.answer(connection, till.device, report, looked, running.room, now)

    told = await running.write_soon(job)
    return ReportAnswer(target=told.target, after=told.after)


def _looked(running: Service, device: Device, report: Report) -> Looked | None:
    """One at a time: the others are looked at with their next report."""
    if not running.looking.acquire(blocking=False):
        return None
    try:
        with running.database.reading() as connection:
            return rollout_telling.look(connection, device, report)
    finally:
        running.looking.release()
