"""What ``/v1/fits`` answers: how a fit stands, in members for programs and in a sentence for people."""

import json
import time
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import fit_queue, fit_store, release_store
from pricing_service.settings import Settings

WITHOUT_WORKER = 15  # seconds: a worker looks four times a second, and rests for five after trouble
START_WORKER = "start `rung worker`"
STARTING = ("reading", "starting")


class Progress(BaseModel):
    """How far a fit is."""

    stage: str = Field(
        description="reading; starting (up to a minute the first time); fitting, checking, reporting"
    )
    done: int = Field(0, description="Draws made so far, of all chains together.")
    total: int = Field(
        0,
        description="Draws of all chains together, those that tune included; 0 in a stage that does not count.",
    )
    seconds_left: int | None = Field(None, description="An estimate for this stage, in whole seconds.")
    divergences: int = 0


class Check(BaseModel):
    """One check of the gate; without a value it could not be made, and was missed."""

    name: str
    passed: bool
    value: float | None
    bound: float | None
    says: str


class Verdict(BaseModel):
    passed: bool
    says: str
    checks: list[Check]


class Fit(BaseModel):
    id: str
    state: Literal[
        "queued", "running", "cancelling", "passed", "rejected", "failed", "cancelled", "published"
    ] = Field(
        description="`rejected`: it missed a check of the gate. `failed`: there is no verdict, see `error`."
    )
    says: str = Field(description="What it waits for, what it is at, or that it has ended, in a sentence.")
    ahead: int | None = Field(
        description="How many fits end before it begins, one that runs included; null once it has begun."
    )
    running: str | None = Field(description="While it is queued: the id of the fit that the worker is at.")
    created: str = Field(json_schema_extra={"format": "date-time"})
    started: str | None
    ended: str | None
    asked_by: str
    note: str
    prior: str | None = Field(description="The id of the prior it starts from.")
    weak: bool
    seed: int
    worker: str | None = Field(description="Who is at it, as host:process.")
    against: int | None = Field(
        description="The number of the release it is compared with: the one in force when it began."
    )
    progress: Progress | None = Field(description="While it runs; null once it has ended.")
    summary: dict[str, Any] | None = Field(
        description="What the log held, what it took, how exact the tables are."
    )
    verdict: Verdict | None
    error: str | None
    release: int | None = Field(description="The number of the release that was made of it.")


class Page(BaseModel):
    items: list[Fit]
    next: int | None = Field(description="Send it as `before` for the next page; null on the last one.")
    worker_seen: str | None = Field(
        description="When a worker last looked after the queue; null or long ago: start `rung worker`."
    )


def told(connection: Connection, settings: Settings, fit: fit_store.Fit) -> Fit:
    """A fit as it is answered."""
    times = {name: getattr(fit, name) for name in ("created", "started", "ended")}
    parts = {name: _read(getattr(fit, name)) for name in ("progress", "summary", "verdict")}
    made = release_store.of_fit(connection, fit.id)
    before = fit_store.before(connection, fit) if fit.state == "queued" else None
    progress = None if fit.state in fit_store.ENDED else _rounded(parts["progress"])
    return Fit.model_validate(
        {name: value for name, value in fit._asdict().items() if name in Fit.model_fields}
        | {name: None if value is None else rfc3339(value) for name, value in times.items()}
        | {**parts, "progress": progress, "release": made.number if made else None}
        | {"ahead": before.fits if before else None, "running": before.running if before else None}
        | {"says": _says(fit, before, progress, fit_queue.looked(settings))}
    )


def _read(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def _rounded(progress: dict[str, Any] | None) -> dict[str, Any] | None:
    """Seconds are an estimate: nobody is helped by their fractions."""
    left = (progress or {}).get("seconds_left")
    return progress if progress is None or left is None else {**progress, "seconds_left": round(left)}


def _says(
    fit: fit_store.Fit, before: fit_store.Before | None, progress: dict[str, Any] | None, seen: int | None
) -> str:
    if fit.state in fit_store.ENDED:
        return f"It has ended: it is {fit.state}. To fit again, ask with a new id."
    if before:
        return f"It waits {_for(before)}.{_without_worker(seen)}"
    if fit.state == "cancelling":
        return "It ends as soon as the worker hears of it." + _without_worker(seen)
    if progress is None or progress["stage"] in STARTING:
        return "It is starting, which takes up to a minute the first time." + _without_worker(seen)
    return f"The worker is at it: {progress['stage']}.{_without_worker(seen)}"


def _for(before: fit_store.Before) -> str:
    if before.fits == 0:
        return "for the worker, and is the next one"
    waits = "one fit is" if before.fits == 1 else f"{before.fits} fits are"
    return f"until {waits} over" + (f"; {before.running} runs now" if before.running else "")


def _without_worker(seen: int | None) -> str:
    """What to do where nobody looks after the queue; empty while somebody does."""
    if seen is None:
        return f" No worker has been seen yet: {START_WORKER}."
    if time.time() - seen > WITHOUT_WORKER:
        return f" No worker has been seen since {rfc3339(seen)}: {START_WORKER}."
    return ""
