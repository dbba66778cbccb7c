"""What ``/v1/segments`` answers, to programs, spreadsheets and people."""

import csv
import io
from datetime import date, timedelta

from pydantic import BaseModel, Field

from models.segment_rules import LARGE, SEGMENTS, SMALL, SURE
from models.segments import Figures, Trend
from pos_client.core.calendar import rfc3339
from pricing_service.segment_report import Segmented
from pricing_service.segment_store import Owner
from pricing_service.spreadsheet import plain

EPOCH = date(1970, 1, 1)
COLUMNS = (
    "name", "title", "owner", "customers", "share", "sure", "visits", "turnover", "margin", "margin_share", "discount",
    "returned", "margin_before", "trend", "trend_low", "trend_high", "trend_says", "currency", "first_day", "last_day",
)  # fmt: skip


def _money(what: str) -> int:
    return Field(description=f"{what}, minor units.")


class Change(BaseModel):
    """Margin of those customers who came in both periods, compared."""

    customers: int = Field(description="Who came in both periods.")
    change: float = Field(description="0.04 is 4 % more than before.")
    low: float = Field(description="Lower end of the 95 % interval.")
    high: float = Field(description="Its upper end.")
    clear: int = Field(
        ge=-1,
        le=1,
        description="1 up, -1 down; 0 where it may be chance, given that all segments are looked at.",
    )


class Counted(BaseModel):
    """Figures of the period."""

    customers: int = Field(description="With a card, who came.")
    share: float = Field(ge=0, le=1, description="Of all customers with a card who came.")
    visits: int = Field(description="Checkouts, sold or lost.")
    turnover: int = _money("Paid, over all products")
    margin: int = _money("Kept of it before returns: by cost where known, else by the policy's margin")
    margin_share: float = Field(description="Of the whole shop's margin.")
    discount: int = _money("Given on request and as goodwill")
    returned: int = _money("Refunded of these checkouts until now")
    margin_before: int = _money("Margin of the period before")
    trend: Change | None = Field(
        description="Null where fewer than 30 customers came in both periods, or nothing was earned in the earlier."
    )
    trend_says: str


class InCharge(BaseModel):
    owner: str | None = Field(description="A named person; null where nobody answers for it.")
    set_by: str
    changed: str = Field(json_schema_extra={"format": "date-time"})
    version: int = Field(description="Also the ETag of /v1/segments/{name}/owner.")


class Told(Counted):
    name: str
    title: str
    rule: str
    sure: float | None = Field(description="Mean chance that the rule holds of these customers.")
    reasons: list[str] = Field(description="What tells them from all others, the clearest first.")
    owner: InCharge | None = Field(description="Null where nobody was ever named.")


class Mix(BaseModel):
    """Everybody counted by how likely each kind is, whether or not it is sure."""

    name: str
    share: float
    low: float = Field(description="Lower end of the 95 % interval, given the release in force.")
    high: float


class Thresholds(BaseModel):
    sure: float = Field(description="So sure must a rule be of a customer.")
    small: int = Field(description="Basis points of the basket that a small gesture does not exceed.")
    large: int = Field(description="Beyond this a discount is large.")


class Segments(BaseModel):
    first_day: date = Field(description="Of the shop's local days.")
    last_day: date = Field(description="Included.")
    before_first_day: date = Field(
        description="First day of the period before, which ends a day before this one."
    )
    currency: str
    others: int = Field(description="Checkouts in another currency, which are left out.")
    says: str
    thresholds: Thresholds
    whole: Counted = Field(description="The shop: what all segments add up to.")
    segments: list[Told]
    kinds: list[Mix] = Field(description="The likely mix of customers with a card who came.")


class Ownership(InCharge):
    segment: str
    history: list[InCharge] = Field(description="All owners it had, the present one first.")


def answer(found: Segmented) -> Segments:
    """The whole report."""
    whole = found.report.whole
    return Segments(
        first_day=EPOCH + timedelta(found.periods.first),
        last_day=EPOCH + timedelta(found.periods.last),
        before_first_day=EPOCH + timedelta(found.periods.before),
        currency=found.currency,
        others=found.others,
        says=_says(found),
        thresholds=Thresholds(sure=SURE, small=SMALL, large=LARGE),
        whole=Counted(**_counted(whole, whole)),
        segments=[_told(figures, whole, found.owners) for figures in found.report.segments],
        kinds=[
            Mix(**{name: _round(value) for name, value in kind._asdict().items()})
            for kind in found.report.kinds
        ],
    )


def as_csv(told: Segments) -> str:
    """A line for each segment. Names that a spreadsheet would take for a formula are set in a text of their own."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for one in told.segments:
        trend = one.trend
        more = {
            "owner": one.owner.owner if one.owner else None,
            "trend": trend and trend.change,
            "trend_low": trend and trend.low,
            "trend_high": trend and trend.high,
            "currency": told.currency,
            "first_day": told.first_day,
            "last_day": told.last_day,
        }
        row = {**one.model_dump(), **more}
        lines.writerow([plain(row[name]) for name in COLUMNS])
    return out.getvalue()


def ownership(segment: str, history: list[Owner]) -> Ownership:
    """The present owner with all before; version 0 where nobody was ever named."""
    told = [_in_charge(one) for one in history]
    present = told[0] if told else InCharge(owner=None, set_by="", changed=rfc3339(0), version=0)
    return Ownership(segment=segment, history=told, **present.model_dump())


def _told(figures: Figures, whole: Figures, owners: dict[str, Owner]) -> Told:
    segment = SEGMENTS[figures.segment]
    owner = owners.get(segment.name)
    return Told(
        name=segment.name,
        title=segment.title,
        rule=segment.rule,
        sure=None if figures.sure is None else _round(figures.sure),
        reasons=list(figures.reasons),
        owner=_in_charge(owner) if owner else None,
        **_counted(figures, whole),
    )


def _counted(figures: Figures, whole: Figures) -> dict:
    named = ("customers", "visits", "turnover", "margin", "discount", "returned", "margin_before")
    trend = figures.trend
    return {
        **{name: getattr(figures, name) for name in named},
        "share": _round(figures.share),
        "margin_share": _round(figures.margin / whole.margin) if whole.margin else 0.0,
        "trend": Change(**{name: _round(value) for name, value in trend._asdict().items()})
        if trend
        else None,
        "trend_says": _trend_says(trend),
    }


def _trend_says(trend: Trend | None) -> str:
    if trend is None:
        return "too few customers came in both periods to tell"
    interval = f"{100 * trend.low:+.0f} % to {100 * trend.high:+.0f} %"
    if not trend.clear:
        return f"no clear change ({interval})"
    return f"{'up' if trend.clear > 0 else 'down'} {100 * abs(trend.change):.0f} % ({interval})"


NOT_KNOWN = "not-known-yet"


def _says(found: Segmented) -> str:
    whole = found.report.whole
    if not whole.customers:
        return "No customer with a card came in this time."
    unknown = [one for one in found.report.segments if SEGMENTS[one.segment].name == NOT_KNOWN]
    sure = 1 - sum(one.customers for one in unknown) / whole.customers
    moved = [one for one in found.report.segments if one.trend and one.trend.clear]
    trends = "; ".join(f"“{SEGMENTS[one.segment].title}” is {_trend_says(one.trend)}" for one in moved)
    if moved:
        moves = f"Margin of who came before as well: {trends}."
    elif any(one.trend for one in found.report.segments):
        moves = "No segment's margin changed clearly."
    else:
        moves = "It is too early to tell whose margin changed: too few came in both periods."
    many = f"Of {whole.customers:,} customers with a card"
    return f"{many}, {100 * sure:.0f} % are known well enough to belong to a segment. {moves}"


def _in_charge(owner: Owner) -> InCharge:
    changed = rfc3339(owner.changed)
    return InCharge(owner=owner.owner, set_by=owner.set_by, changed=changed, version=owner.version)


def _round[T](value: T) -> T:
    return round(value, 4) if isinstance(value, float) else value  # pyright: ignore[reportReturnType]
