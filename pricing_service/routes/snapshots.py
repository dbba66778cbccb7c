"""``GET /v1/snapshots/latest``: what a till decides from."""

import time
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from pos_client.core.snapshot import sign
from pricing_service import fleet, lease_store
from pricing_service.fleet import Device
from pricing_service.openapi import problems
from pricing_service.routes.access import SIGNED, Digits, Running
from pricing_service.routes.device_access import Enrolled, SignedRoute, Till
from pricing_service.snapshot_store import Built

SEEN_SECONDS = 60  # how exact `fetched` is: not a commit for every till that only asks
router = APIRouter(tags=["tills"], route_class=SignedRoute)
Has = Annotated[
    str,
    Query(
        pattern="^([0-9A-Za-z]{1,8}-[0-9]{1,18})?$",
        description="History and version of the newest snapshot the till has: the one it is not sent again."
        " Part of what is signed, as no header would be.",
    ),
]
Holds = Annotated[
    str | None,
    Query(
        pattern="^[0-9A-Za-z]{1,8}-[0-9]{1,18}$",
        description="History and version of the snapshot that alone the till goes by: what it was asked to give back"
        " in it is free.",
    ),
]
Last = Annotated[int, Query(ge=0, le=(1 << 63) - 1, description="The till's last record."), Digits]
Reads = Annotated[
    int, Query(ge=1, le=99, description="The newest layout of a snapshot that the till reads."), Digits
]
BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/v1/snapshots/latest",
    summary="Fetch the newest snapshot",
    response_class=Response,
    responses={200: BINARY, 204: {"description": "The till has it already."}, **problems(401, 409, 422)},
    openapi_extra=SIGNED,
)
def latest(
    running: Running,
    till: Enrolled,
    has: Has = "",
    holds: Holds = None,
    last: Last = 0,
    reads: Reads = 1,
) -> Response:
    """The newest snapshot of the till's store, signed with the till's key, in the newest layout that the till reads."""
    if holds is not None:
        _take_at_its_word(running, till.device, holds, last)
    built = running.snapshots.latest(till.device.store)
    _note(running, till, built, int(time.time()))
    if has == built.name:
        return Response(status_code=204)
    body = running.snapshots.laid_out(built, till.device.store, reads)
    return Response(sign(body, till.key), media_type="application/octet-stream")


def _take_at_its_word(running: Running, device: Device, holds: str, last: int) -> None:
    with running.database.reading() as connection:
        waits = lease_store.waits_for(connection, device.device, device.epoch)
    if waits:
        running.write(lambda to: lease_store.obeyed(to, device.device, device.epoch, holds, last))


def _note(running: Running, till: Till, built: Built, now: int) -> None:
    device = till.device
    is_known = (device.snapshot, device.revision) == (built.version, built.revision)
    is_recent = device.fetched is not None and now - device.fetched < SEEN_SECONDS
    if not (is_known and is_recent):
        running.write(lambda to: _seen(to, till, built, now))


def _seen(to: Connection, till: Till, built: Built, now: int) -> None:
    fleet.fetched(to, till.device, built.version, built.revision, now, till.counter)
    lease_store.heard(to, till.device.store, till.device.enrolled, till.device.fetched, now)
