"""The page ``/segments``: what moves the customers, what each segment earns, and who answers for it."""

from typing import NamedTuple

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from pos_client.core import money
from pos_client.core.record import Invalid
from pricing_service import pages
from pricing_service.routes.access import Running, needs
from pricing_service.routes.attention import First, Last, period
from pricing_service.routes.segment_answers import Change
from pricing_service.routes.segments import segmented

router = APIRouter(dependencies=[needs("reports:read")], include_in_schema=False)
SIGN = {1: "up", -1: "down", 0: "no clear change"}


class Money(NamedTuple):
    """Minor units as the page writes them, in the currency of the report."""

    digits: int

    def __call__(self, amount: int) -> str:
        return f"{amount / 10**self.digits:,.0f}"


@router.get("/segments")
def page(running: Running, first: First = None, last: Last = None) -> HTMLResponse:
    """One table, and what its words mean. Of days that are no period the usual ones are shown, and why."""
    try:
        asked, trouble = period(running, first, last), ""
    except Invalid as refused:
        asked, trouble = period(running), refused.detail
    told = segmented(running, asked)
    money = Money(_digits(told.currency))
    return pages.answer("segments.html", told=told, trouble=trouble, money=money, trend=trend)


def trend(change: Change | None) -> str:
    """A trend in few characters; its sign alone never says more than its interval."""
    if change is None:
        return "too few"
    interval = f"{100 * change.low:+.0f} to {100 * change.high:+.0f} %"
    return f"{SIGN[change.clear]}, {interval}"


def _digits(currency: str) -> int:
    try:
        return money.exponent(currency)
    except Invalid:  # no checkout at all, or a record that names no currency we know
        return 2
