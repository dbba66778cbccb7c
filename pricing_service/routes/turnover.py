"""``/v1/turnover/{store}``: what the till system booked, day by day, so that a log that counts twice is seen."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from pos_client.core import calendar
from pos_client.core.record import Invalid, fields, integer
from pricing_service import rule_schema, turnover_store
from pricing_service.caller import own_store
from pricing_service.json_body import read_alone
from pricing_service.openapi import problems, sends
from pricing_service.problem import NAME
from pricing_service.routes.access import LocalDay, Running, SentObject, needs

router = APIRouter(prefix="/v1/turnover", tags=["experiments"])
EPOCH = date(1970, 1, 1).toordinal()
MOST_DAYS = 400  # in one call
Store = Annotated[str, Path(pattern=NAME)]
After = Annotated[LocalDay | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=400)]
SENT = sends(
    {
        "type": "object",
        "properties": {
            "days": {
                "type": "object",
                "description": "By local day: what was paid for sales, returns not taken off, in minor units.",
                "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 10**12},
                "propertyNames": rule_schema.WITHOUT_LIMITS["date"],
                "maxProperties": MOST_DAYS,
            }
        },
        "required": ["days"],
        "additionalProperties": False,
    },
    {"two days": {"days": {"2027-03-01": 512_340, "2027-03-02": 488_015}}},
)


class Day(BaseModel):
    model_config = ConfigDict(extra="forbid")
    day: date
    turnover: int = Field(description="Minor units.")


class Page(BaseModel):
    items: list[Day]
    next: date | None = Field(description="Send it as `after` for the next page; null on the last one.")


@router.put(
    "/{store}",
    summary="Tell what was booked",
    operation_id="book-turnover",
    response_model=dict[str, int],
    responses=problems(400, 401, 413, 422),
    openapi_extra=SENT,
)
def book(
    running: Running, person: Annotated[str, needs("turnover:write")], store: Store, sent: SentObject
) -> dict[str, int]:
    """Set the turnover of these days; days that are not named stay as they are."""
    own_store(store)
    days = read_alone(_read, sent, "turnover")
    running.write(lambda to: turnover_store.book(to, store, days, person))
    return {"days": len(days)}


@router.get(
    "/{store}",
    summary="What was booked",
    operation_id="booked-turnover",
    response_model=Page,
    responses=problems(400, 401, 422),
    dependencies=[needs("reports:read")],
)
def page(running: Running, store: Store, after: After = None, limit: Limit = 100) -> Page:
    """Days of a store in order."""
    own_store(store)
    behind = after.toordinal() - EPOCH if after else -1
    with running.database.reading() as connection:
        found = turnover_store.page(connection, store, behind, limit + 1)
    items = [Day(day=date.fromordinal(EPOCH + one.day), turnover=one.amount) for one in found[:limit]]
    return Page(items=items, next=items[-1].day if len(found) > limit else None)


def _read(given: dict) -> dict[int, int]:
    """Day number -> amount. Raises `Invalid`."""
    days = fields({"days": _days})(given, "turnover")["days"]
    return {calendar.date(day, "a day"): amount for day, amount in days.items()}


def _days(value: object, where: str) -> dict[str, int]:
    if type(value) is not dict or len(value) > MOST_DAYS:
        raise Invalid(
            "not-days", f"{where} must be an object of at most {MOST_DAYS} days with their turnover"
        )
    read = integer(0)
    for day, amount in value.items():
        calendar.date(day, f"{where}: a name")
        read(amount, f"{where}.{day}")
    return value
