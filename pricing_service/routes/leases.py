"""``GET /v1/leases``: what every till may give of each budget until it is heard of again."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from pos_client.core.calendar import rfc3339
from pos_client.core.record import Invalid
from pricing_service import lease_store
from pricing_service.openapi import problems
from pricing_service.routes.access import Running, needs
from pricing_service.routes.rules import Limit

router = APIRouter(prefix="/v1/leases", tags=["fleet"])
After = Annotated[
    str,
    Query(
        max_length=160,
        description="`next` of the page before",
        json_schema_extra={"pattern": "^([^/]*/[0-9]{1,9}/[^/]*)?$"},
    ),
]


class Lease(BaseModel):
    """Money of one budget that is one till's to give. All leases and all that was given never exceed the budget."""

    device: str
    epoch: int
    store: str
    discount: str
    period: str = Field(description="day, week, month, year or ever")
    period_key: int = Field(
        description="Which one: days, weeks, months (12 times the year) or years, as the tills count them."
    )
    left: int = Field(description="What the till may still give in it, in minor units, by what has arrived.")
    left_later: int = Field(description="What it may give in each later period while it is offline.")
    recalled: int = Field(
        description="Part of `left` that is called back, and free once the till has said so."
    )
    recalled_later: int = Field(description="The same of `left_later`.")
    given: int = Field(description="What it gave in the period, by what has arrived.")
    since: str = Field(json_schema_extra={"format": "date-time"}, description="Last time it was changed.")
    expires: str = Field(
        json_schema_extra={"format": "date-time"},
        description="When others get it, if the till fetches no snapshot before. Revoking the till does so at once.",
    )


class Leases(BaseModel):
    items: list[Lease]
    next: str | None


@router.get(
    "",
    summary="List leases in the field",
    response_model=Leases,
    responses=problems(400, 422),
    dependencies=[needs("rules:read")],
)
def page(running: Running, after: After = "", limit: Limit = 50) -> Leases:
    """All leases by device, epoch and discount."""
    with running.database.reading() as connection:
        found = lease_store.page(connection, _place(after), limit + 1)
    items = [_told(one) for one in found[:limit]]
    last = items[-1] if len(found) > limit else None
    return Leases(items=items, next=f"{last.device}/{last.epoch}/{last.discount}" if last else None)


def _place(after: str) -> tuple[str, int, str]:
    parts = (after or "/0/").split("/")
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 10):
        raise Invalid("after-form", "`after` is `next` of the page before.")
    return parts[0], int(parts[1]), parts[2]


def _told(one: lease_store.Leased) -> Lease:
    lease = one.lease
    return Lease(
        device=lease.till.device,
        epoch=lease.till.epoch,
        store=one.store,
        discount=lease.discount,
        period=lease.period,
        period_key=lease.key,
        left=lease.now.left,
        left_later=lease.later.left,
        recalled=lease.now.recalled,
        recalled_later=lease.later.recalled,
        given=lease.given,
        since=rfc3339(lease.since),
        expires=rfc3339(one.ends),
    )
