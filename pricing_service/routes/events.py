"""``POST /v1/events``: tills hand in their records."""

from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from pricing_service import event_store, metrics
from pricing_service.errors import Problem
from pricing_service.intake import Batch, Receipt
from pricing_service.openapi import problems
from pricing_service.records import read
from pricing_service.routes.access import SIGNED, Running
from pricing_service.routes.device_access import Enrolled, SignedRoute, Till

MOST_LINES = 5000
router = APIRouter(tags=["tills"], route_class=SignedRoute)


class SetAside(BaseModel):
    sequence: int = Field(ge=0)
    code: str
    detail: str


class Acknowledgement(BaseModel):
    """``acknowledged``: everything up to this number is durable and needs no second sending."""

    history: str = Field(
        description="Changes when the service was set back; a till then sends again what it kept."
    )
    acknowledged: int = Field(ge=0)
    quarantined: list[SetAside]


BODY = {
    "required": True,
    "content": {
        "application/x-ndjson": {"schema": {"type": "string", "description": "one sealed record a line"}}
    },
}


@router.post(
    "/v1/events",
    response_model=Acknowledgement,
    responses=problems(400, 401, 409, 413, 415, 422),
    summary="Hand in records",
    openapi_extra={"requestBody": BODY, **SIGNED},
)
async def take(
    request: Request,
    running: Running,
    till: Enrolled,
    content_type: Annotated[str, Header()] = "application/x-ndjson",
) -> dict:
    """Take a batch of sealed records, in the order of their sequence.

    Nothing behind a gap is taken: send again from ``acknowledged`` + 1. A record that cannot be taken is set aside and
    acknowledged like the others; another record under a number already taken is a 409.
    """
    if content_type.partition(";")[0].strip() != "application/x-ndjson":
        raise Problem(415, "not-ndjson", "Send application/x-ndjson, one record a line.")
    body = await request.body()
    batch = await anyio.to_thread.run_sync(partial(_prepared, till, body))
    receipt = await running.write_soon(event_store.accept(batch, running.forgetting))
    _count(batch, receipt)
    return _told(receipt)


def _prepared(till: Till, body: bytes) -> Batch:
    lines = [line for line in body.split(b"\n") if line]
    if not lines:
        raise Problem(400, "no-records", "Send at least one record.")
    if len(lines) > MOST_LINES:
        raise Problem(413, "too-many-records", f"Send at most {MOST_LINES} records at once.")
    device, epoch = till.device.device, till.device.epoch
    return Batch(device, epoch, [read(line, device, epoch) for line in lines], till.counter)


def _count(batch: Batch, receipt: Receipt) -> None:
    metrics.events.labels("duplicate").inc(receipt.duplicates)
    metrics.events.labels("quarantined").inc(len(receipt.quarantined))
    metrics.events.labels("taken").inc(receipt.taken)
    for one in receipt.quarantined:
        metrics.quarantined.labels(one["code"]).inc()


def _told(receipt: Receipt) -> dict:
    told = {
        "history": receipt.history,
        "acknowledged": receipt.acknowledged,
        "quarantined": receipt.quarantined,
    }
    if receipt.conflicts:
        detail = "Two machines write under one identity, or a journal was set back: enrol this till again."
        raise Problem(409, "identity-conflict", detail, conflicts=receipt.conflicts, **told)
    return told
