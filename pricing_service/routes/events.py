"""``POST /v1/events``: tills hand in their records."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field

from pricing_service import metrics
from pricing_service.delivery import Delivery
from pricing_service.intake import Receipt
from pricing_service.openapi import problems
from pricing_service.problem import Problem
from pricing_service.routes.access import SIGNED, Running
from pricing_service.routes.device_access import Enrolled, SignedRoute, Till, set_back

MOST_LINES = 5000
router = APIRouter(tags=["tills"], route_class=SignedRoute)


First = Annotated[
    int | None,
    Query(
        ge=1,
        le=(1 << 53) - 1,
        description="The number of the first line, by the till's own count; the others follow. Without it, lines that"
        " cannot be read are numbered by those that can.",
    ),
]
History = Annotated[
    str,
    Query(
        max_length=64,
        description="The `history` of the last acknowledgement the till heard. Where the service was set back since, it"
        " answers 409 `history-changed` and takes nothing.",
    ),
]


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
        "application/x-ndjson": {
            "schema": {"type": "string", "pattern": "[^\\n]", "description": "one sealed record a line"}
        }
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
    first: First = None,
    history: History = "",
    content_type: Annotated[str, Header()] = "application/x-ndjson",
) -> dict:
    """Take a batch of sealed records, in the order of their sequence.

    Nothing behind a gap is taken: send again from ``acknowledged`` + 1. A record that cannot be taken is set aside and
    acknowledged like the others; another record under a number already taken is a 409.
    """
    if content_type.partition(";")[0].strip() != "application/x-ndjson":
        raise Problem(415, "not-ndjson", "Send application/x-ndjson, one record a line.")
    body = await request.body()
    receipt = await running.take(_delivery(till, body, first, history))
    _count(receipt)
    return _told(receipt)


def _delivery(till: Till, body: bytes, first: int | None, history: str) -> Delivery:
    lines = [line for line in body.split(b"\n") if line]
    if not lines:
        raise Problem(400, "no-records", "Send at least one record.")
    if len(lines) > MOST_LINES:
        raise Problem(413, "too-many-records", f"Send at most {MOST_LINES} records at once.")
    return Delivery(till.device.device, till.device.epoch, lines, till.counter, first, history)


def _count(receipt: Receipt) -> None:
    metrics.events.labels("duplicate").inc(receipt.duplicates)
    metrics.events.labels("quarantined").inc(len(receipt.quarantined))
    metrics.events.labels("taken").inc(receipt.taken)
    for one in receipt.quarantined:
        metrics.quarantined.labels(one["code"]).inc()


def _told(receipt: Receipt) -> dict:
    if receipt.is_set_back:
        raise set_back(receipt.history)
    told = {
        "history": receipt.history,
        "acknowledged": receipt.acknowledged,
        "quarantined": receipt.quarantined,
    }
    if receipt.conflicts:
        detail = "Two machines write under one identity, or a journal was set back: enrol this till again."
        raise Problem(409, "identity-conflict", detail, conflicts=receipt.conflicts, **told)
    return told
