"""What ``/v1/attention`` answers: the counts of prompts as they are told, to programs, spreadsheets and people."""

import csv
import io
from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, Field

from pricing_service import attention_findings
from pricing_service.attention import Counts, Tally
from pricing_service.spreadsheet import plain

COLUMNS = (
    "store", "cashier", "hour", "silent", "prompts", "answered", "skipped", "unanswered", "timed", "unread",
    "share", "low", "high", "enough", "median_seconds", "median_queue",
)  # fmt: skip


class Counted(BaseModel):
    """Prompts that were counted, and how many of them nobody can have read."""

    silent: int = Field(
        description="Checkouts with something to offer and no time for it: the queue was too long."
    )
    prompts: int = Field(description="Offers that were shown.")
    answered: int = Field(description="The customer accepted, asked for more, or left.")
    skipped: int = Field(description="Closed with Esc.")
    unanswered: int = Field(description="Nobody pressed a key.")
    timed: int = Field(description="Prompts with a time from prompt to key.")
    unread: int = Field(description="Of these, closed sooner than `read_ms` of the store's policy.")
    share: float = Field(ge=0, le=1, description="unread / timed; 0 without any.")
    low: float = Field(ge=0, le=1, description="Lower end of the 95 % interval of the share.")
    high: float = Field(ge=0, le=1, description="Its upper end.")
    enough: bool = Field(
        description="Whether the interval is at most 0.35 wide; else the share tells nothing."
    )
    median_seconds: float | None = Field(description="From prompt to key.")
    median_queue: float | None = Field(description="Customers waiting when the prompt was shown.")


class Cell(Counted):
    """One cashier at one hour. Not a mark for the cashier: the hour's targets are what it shows."""

    store: str
    cashier: str | None = Field(description="As the point of sale names them; null where it does not.")
    hour: int = Field(ge=0, le=23, description="Of the shop's local day: 17 is 17:00 to 17:59.")


class Hour(Counted):
    """All cashiers of a store together, by hour and queue."""

    store: str
    hour: int = Field(ge=0, le=23)
    queue: int | None = Field(description="Customers waiting.")


class Finding(Counted):
    """Hours at which more than a fifth of the prompts go unread, for certain."""

    store: str
    first_hour: int = Field(ge=0, le=23)
    end_hour: int = Field(ge=1, le=24, description="The first hour after it.")
    queue: int = Field(description="With so many waiting or more; 0 is any queue.")
    cashiers: int = Field(description="How many cashiers were shown such prompts.")
    says: str = Field(description="What it is, and what to change.")


class Targets(BaseModel):
    """What a store's policy in force allows a checkout."""

    store: str
    read_ms: int
    question_seconds: int
    till_seconds: int
    most_climbs: int
    silent_above: int


class Report(BaseModel):
    first_day: date = Field(description="Of the shop's local days.")
    last_day: date = Field(description="Included.")
    store: str | None = Field(description="The one asked for; null is all.")
    says: str
    whole: Counted
    without_clock: int = Field(description="Prompts of tills that do not know the hour; in no other count.")
    targets: list[Targets]
    findings: list[Finding]
    cells: list[Cell] = Field(description="By store, cashier (by name) and hour.")
    hours: list[Hour] = Field(description="By store, hour and queue.")


def report(counts: Counts, first: date, last: date, store: str | None) -> Report:
    """The whole answer."""
    cells = counts.along(lambda key: (key.store, key.cashier, key.hour))
    hours = counts.along(lambda key: (key.store, key.hour, key.queue))
    findings = _findings(counts)
    return Report(
        first_day=first,
        last_day=last,
        store=store,
        says=_says(counts, findings),
        whole=Counted(**_counted(counts.total())),
        without_clock=counts.without_clock,
        targets=_targets(counts),
        findings=findings,
        cells=[Cell(store=s, cashier=c, hour=h, **_counted(tally)) for (s, c, h), tally in cells.items()],
        hours=[Hour(store=s, hour=h, queue=q, **_counted(tally)) for (s, h, q), tally in hours.items()],
    )


def as_csv(cells: Iterable[Cell]) -> str:
    """A line for each cell. Names that a spreadsheet would take for a formula are set in a text of their own."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(COLUMNS)
    for cell in cells:
        lines.writerow([plain(getattr(cell, name)) for name in COLUMNS])
    return out.getvalue()


def _findings(counts: Counts) -> list[Finding]:
    stores = counts.along(lambda key: key.store)
    return [
        Finding(
            **{
                name: getattr(each, name) for name in ("store", "first_hour", "end_hour", "queue", "cashiers")
            },
            says=attention_findings.says(each, counts.policies[each.store], stores[each.store]),
            **_counted(each.tally),
        )
        for each in attention_findings.find(counts)
    ]


def _says(counts: Counts, findings: list[Finding]) -> str:
    whole = counts.total()
    if not whole.timed:
        return "No prompt was shown at a till in this time, or no till said how long it took."
    low, high = whole.interval
    told = (
        f"{100 * whole.share:.0f} % of {whole.timed:,} prompts were closed unread"
        f" ({100 * low:.0f} to {100 * high:.0f} %)."
    )
    hours = {key.hour for key, tally in counts.by.items() if tally.timed}
    if len(hours) == 1 and whole.enough:
        hour = hours.pop()
        return f"{told} All were shown between {hour} and {hour + 1} o'clock: there is no other hour to compare with."
    if findings:
        return f"{told} {_times(len(findings))}."
    return (
        f"{told} No time of day stands out." if whole.enough else f"{told} That is too few to say anything."
    )


def _times(number: int) -> str:
    return "One time of day stands out" if number == 1 else f"{number} times of day stand out"


def _targets(counts: Counts) -> list[Targets]:
    named = [name for name in Targets.model_fields if name != "store"]
    return [
        Targets(store=store, **{name: getattr(counts.policies[store], name) for name in named})
        for store in sorted(counts.policies)
    ]


def _counted(tally: Tally) -> dict:
    low, high = tally.interval
    rounded = {"share": round(tally.share, 4), "low": round(low, 4), "high": round(high, 4)}
    return {name: getattr(tally, name) for name in Counted.model_fields if name not in rounded} | rounded
