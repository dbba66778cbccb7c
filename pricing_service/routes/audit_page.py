"""The page ``/audit``: the audit trail to read and to filter."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from pricing_service import pages
from pricing_service.records import LARGEST
from pricing_service.routes.access import Running, needs
from pricing_service.routes.audit import Action, Actor, Before, page, verification, wanted

router = APIRouter(dependencies=[needs("audit:read")], include_in_schema=False)
ROWS = 100
Day = Annotated[str, Query(max_length=40)]  # forms send empty fields, and a page says what is wrong in words


@router.get("/audit")
def show(
    running: Running,
    actor: Actor = None,
    action: Action = None,
    since: Annotated[str, Query(alias="from", max_length=40)] = "",
    until: Day = "",
    before: Before = LARGEST,
    verify: bool = False,
) -> HTMLResponse:
    """Entries by who, what and when; asked to, also whether they are as they were written."""
    first, last = _day(since), _day(until)
    trouble = "" if (first or not since) and (last or not until) else "A day is written as 2026-11-30."
    told = page(running, wanted(running, actor, action, None, first, last), before, ROWS)
    return pages.answer(
        "audit.html",
        told=told,
        trouble=trouble,
        verdict=verification(running) if verify else None,
        asked={"actor": actor or "", "action": action or "", "from": first or "", "until": last or ""},
    )


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told) if len(told) == 10 else None
    except ValueError:
        return None
