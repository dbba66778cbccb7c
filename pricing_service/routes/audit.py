"""``/v1/audit``: who did what, and whether the trail and the log are as they were written."""

import threading
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from pos_client.core.calendar import rfc3339
from pos_client.core.record import OutOfTurn
from pricing_service import audit_store, audit_verifying
from pricing_service.audit_findings import Verdict
from pricing_service.audit_store import Entry, Wanted
from pricing_service.openapi import problems
from pricing_service.problem import HEX
from pricing_service.records import LARGEST
from pricing_service.routes.access import LocalDay, Running, needs, only
from pricing_service.service import Service

router = APIRouter(prefix="/v1/audit", tags=["audit"], dependencies=[needs("audit:read")])
_verifying = threading.Lock()

Actor = Annotated[str | None, Query(max_length=200, description="Who: a person's name, `service`, `worker`.")]
Action = Annotated[
    str | None, Query(max_length=200, description="What: an operation of this API, or of a command.")
]
Customer = Annotated[
    str | None, Query(pattern=HEX, description="A customer's token: entries about this customer only.")
]
Since = Annotated[LocalDay | None, Query(alias="from", description="First day, UTC.")]
Until = Annotated[LocalDay | None, Query(description="Last day, UTC, included.")]
Before = Annotated[int, Query(ge=1, le=LARGEST, description="`next` of the page before.")]


class Noted(BaseModel):
    """An entry. ``hash`` covers it and the entry before it: docs/audit.md."""

    position: int = Field(ge=1)
    at: str = Field(json_schema_extra={"format": "date-time"})
    actor: str = Field(description="A person's name, `cli:` and a user, `service`, `worker`, or a till.")
    action: str = Field(description="The operation id of the request, or what a command did.")
    subject: str = Field(description="What it was about; a customer as `customer:` and 16 hex digits.")
    detail: str
    hash: str = Field(pattern=HEX)


class Page(BaseModel):
    items: list[Noted] = Field(description="The youngest first.")
    next: int | None = Field(description="Send it as `before` for the next page; null on the last one.")


class Found(BaseModel):
    where: str = Field(description="trail, anchors or log")
    position: int = Field(description="Of the entry, line or record; 0 where none can be named.")
    says: str


class Verification(BaseModel):
    """``head``: the end of the trail, to be kept elsewhere as a witness."""

    whole: bool
    says: str
    entries: int
    records: int
    erased: int
    anchors: int
    head: str = Field(description="`position:hash` of the last entry.")
    findings: list[Found] = Field(description="Where it is not whole; the first twenty.")
    notes: list[str] = Field(
        description="What is worth knowing and no damage: restores, starts after a kill."
    )


@router.get(
    "",
    operation_id="list-audit",
    summary="Who did what",
    response_model=Page,
    responses=problems(400, 401, 422),
    dependencies=[only("actor", "action", "customer", "from", "until", "before", "limit")],
)
def entries(
    running: Running,
    actor: Actor = None,
    action: Action = None,
    customer: Customer = None,
    since: Since = None,
    until: Until = None,
    before: Before = LARGEST,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page:
    """The audit trail, the youngest entry first."""
    return page(running, wanted(running, actor, action, customer, since, until), before, limit)


@router.get(
    "/verification",
    operation_id="verify-audit",
    summary="Whether everything is as it was written",
    response_model=Verification,
    responses=problems(400, 401, 409, 422),
    dependencies=[only()],
)
def verification(running: Running) -> Verification:
    """Reads the whole trail and the whole log, some seconds for a million records: one at a time."""
    if not _verifying.acquire(blocking=False):
        raise OutOfTurn(
            "verification-runs", "Another verification is under way: ask again when it has ended."
        )
    try:
        running.anchors.keep()
        with running.database.reading() as connection:
            verdict = audit_verifying.verify(connection, running.settings.audit_anchors, running.audit_key)
    finally:
        _verifying.release()
    return told(verdict)


def wanted(
    running: Service,
    actor: str | None,
    action: str | None,
    customer: str | None,
    since: date | None,
    until: date | None,
) -> Wanted:
    """What is asked for, as the trail has it."""
    subject = audit_store.customer(running.audit_key, customer) if customer else None
    end = None if until is None else _midnight(until) + 86400
    return Wanted(actor or None, action or None, subject, None if since is None else _midnight(since), end)


def page(running: Service, asked: Wanted, before: int, limit: int) -> Page:
    with running.database.reading() as connection:
        found = audit_store.page(connection, asked, before, limit + 1)
    items = [_noted(entry) for entry in found[:limit]]
    return Page(items=items, next=items[-1].position if len(found) > limit else None)


def told(verdict: Verdict) -> Verification:
    """The verdict as it is sent."""
    return Verification(
        whole=verdict.whole,
        says=verdict.sentence(),
        entries=verdict.entries,
        records=verdict.records,
        erased=verdict.erased,
        anchors=verdict.anchors,
        head=f"{verdict.entry.position}:{verdict.entry.hash}",
        findings=[Found(**each._asdict()) for each in verdict.findings],
        notes=verdict.notes,
    )


def _noted(entry: Entry) -> Noted:
    return Noted(**{**entry._asdict(), "at": rfc3339(entry.at)})


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
