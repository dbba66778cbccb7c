"""The page ``/attention``: the shares of unread prompts as tables one can read with eyes, ears and keyboard."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from pos_client.core.record import Invalid
from pricing_service import pages
from pricing_service.attention import WIDEST, Counts, Key, Tally
from pricing_service.routes.access import Running, needs
from pricing_service.routes.attention import First, Last, Period, Store, counts, period
from pricing_service.routes.attention_answers import report

router = APIRouter(dependencies=[needs("reports:read")], include_in_schema=False)
LONGEST = 9  # customers waiting; longer queues share a row
NOT_NAMED = "not named"


class Row(NamedTuple):
    name: str
    cells: list[Tally | None]


class Grid(NamedTuple):
    """``hours`` are the columns; ``whole`` is all rows together. None where nothing was shown."""

    hours: list[int]
    whole: Row
    rows: list[Row]


@router.get("/attention")
def page(running: Running, store: Store, first: First = None, last: Last = None) -> HTMLResponse:
    """What to change, and two tables of shares: hours by queue, and hours by cashier."""
    asked, trouble = _chosen(running, first, last)
    counted = counts(running, asked, store)
    told = report(counted, asked.first, asked.last, store)
    several = len(counted.policies) > 1
    return pages.answer(
        "attention.html",
        told=told,
        trouble=trouble,
        widest=WIDEST,
        cashiers=grid(counted, lambda key: (key.store, _cashier(key, several))),
        queues=grid(counted, lambda key: (min(key.queue or 0, LONGEST), _waiting(key.queue or 0))),
    )


def _chosen(running: Running, first: date | None, last: date | None) -> tuple[Period, str]:
    """The days asked for; else the usual ones, and what was wrong with those."""
    try:
        return period(running, first, last), ""
    except Invalid as refused:
        return period(running), refused.detail


def grid(counts: Counts, row: Callable[[Key], tuple[str | int, str]]) -> Grid:
    """The counts by hour. ``row``: what a row is sorted by, and its name."""
    by_row = counts.along(lambda key: (row(key), key.hour))
    by_hour = counts.along(lambda key: key.hour)
    hours = sorted(hour for hour, tally in by_hour.items() if tally.prompts)
    rows = [
        Row(name[1], [by_row.get((name, hour)) for hour in hours])
        for name in sorted({name for name, _ in by_row})
    ]
    return Grid(hours, Row("All", [by_hour[hour] for hour in hours]), rows)


def _cashier(key: Key, several: bool) -> str:
    name = key.cashier or NOT_NAMED
    return f"{key.store} / {name}" if several else name


def _waiting(queue: int) -> str:
    return f"{LONGEST} or more" if queue >= LONGEST else str(queue)
