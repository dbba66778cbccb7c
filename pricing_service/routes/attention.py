"""``/v1/attention``: which prompts nobody can have read, by cashier and hour."""

import time
from datetime import date, timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Response

from pos_client.core import policy
from pos_client.core.record import Invalid
from pricing_service import attention, log_turn, prompts, rule_store
from pricing_service.attention import Counts
from pricing_service.caller import own_store
from pricing_service.openapi import problems
from pricing_service.problem import NAME
from pricing_service.routes.access import LocalDay, Running, needs
from pricing_service.routes.attention_answers import Report, as_csv, report

router = APIRouter(tags=["attention"], dependencies=[needs("reports:read")])
EPOCH = date(1970, 1, 1)
DAYS = 28  # four weeks: every weekday as often as the others
MOST_DAYS = 366
First = Annotated[
    LocalDay | None, Query(alias="from", description="First local day; else 27 days before the last.")
]
Last = Annotated[LocalDay | None, Query(alias="until", description="Last local day, included; else today.")]


def _store(
    store: Annotated[
        str | None, Query(pattern=NAME, description="One store; else all, or the caller's own.")
    ] = None,
) -> str | None:
    return own_store(store)


Store = Annotated[str | None, Depends(_store)]


class Period(NamedTuple):
    first: date
    last: date


def period(running: Running, first: First = None, last: Last = None) -> Period:
    """The days asked for. Raises `Invalid` where they do not make a period, or more than a year."""
    last = last or (
        _today(running) if first is None else min(_today(running), first + timedelta(MOST_DAYS - 1))
    )
    first = first or max(EPOCH, last - timedelta(DAYS - 1))
    if first > last:
        raise Invalid("not-a-period", f"The first day, {first}, comes after the last, {last}.")
    if (days := (last - first).days + 1) > MOST_DAYS:
        raise Invalid("not-a-period", f"These are {days} days, and at most {MOST_DAYS} are counted at once.")
    return Period(first, last)


Asked = Annotated[Period, Depends(period)]


@log_turn.taken()
def counts(running: Running, asked: Asked, store: Store) -> Counts:
    """What the log says of these days."""
    shown = prompts.read(running.database, (asked.first - EPOCH).days, (asked.last - EPOCH).days)
    with running.database.reading() as connection:
        return attention.count(shown, lambda name: policy.read(rule_store.policy_of(connection, name)), store)


Counted = Annotated[Counts, Depends(counts)]


@router.get(
    "/v1/attention",
    summary="Prompts nobody read",
    operation_id="attention",
    response_model=Report,
    responses=problems(400, 401, 422),
)
def told(counted: Counted, asked: Asked, store: Store) -> Report:
    """By cashier and hour, and what the shop could change. It is about the shop's targets, not about people."""
    return report(counted, asked.first, asked.last, store)


@router.get(
    "/v1/attention.csv",
    summary="The same for a spreadsheet",
    operation_id="attention-csv",
    response_class=Response,
    responses=problems(400, 401, 422) | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def table(counted: Counted, asked: Asked, store: Store) -> Response:
    """A line for each cashier and hour."""
    headers = {"content-disposition": 'attachment; filename="attention.csv"'}
    text = as_csv(report(counted, asked.first, asked.last, store).cells)
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _today(running: Running) -> date:
    """At the store this service decides for."""
    with running.database.reading() as connection:
        offset = rule_store.utc_offset(connection, running.settings.store)
    return EPOCH + timedelta((int(time.time()) + 60 * offset) // 86_400)
