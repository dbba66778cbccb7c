"""The pages ``/fleet`` and ``/fleet/{name}``: how releases come to the tills, and how each till is."""

import time
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from pos_client.core.record import choice, fields, text
from pricing_service import (
    firmware_store,
    fleet_reports,
    fleet_sentences,
    pages,
    rollout_deeds,
    rollout_store,
)
from pricing_service.caller import may
from pricing_service.firmware_release import Release
from pricing_service.fleet_reports import EVERY, Seen, Wanted
from pricing_service.json_body import read_alone
from pricing_service.problem import NAME
from pricing_service.rollout_body import read as read_asked
from pricing_service.rollout_store import OPEN, Rollout
from pricing_service.rollout_till import FAILED
from pricing_service.routes.access import Running, SentForm, needs
from pricing_service.routes.firmware_tills import known
from pricing_service.routes.rollout_answers import RolloutTill, RolloutTold, member, told
from pricing_service.routes.rollouts import created

router = APIRouter(include_in_schema=False)
ROWS, PAST, FAILURES = 200, 20, 50
LOOKED = 5000  # tills that are looked through for those that need it
Name = Annotated[str, Path(pattern=NAME)]
After = Annotated[str, Query(max_length=64)]
Hardware = Annotated[str, Query(max_length=20)]
Named = Annotated[str, Query(max_length=64)]
_read = fields({"act": choice("approve", "pause", "resume", "stop")}, {"note": text(400, 0)})
_read_asked = fields({"id": text(64), "release": text(64)}, {"note": text(400, 0)})


class Shown(NamedTuple):
    """A rollout with those of its tills that failed."""

    told: RolloutTold
    failed: list[RolloutTill]


class Row(NamedTuple):
    """A till with why somebody should look at it."""

    seen: Seen
    notes: list[str]
    ago: str


@router.get("/fleet", dependencies=[needs("firmware:read")])
def page(
    running: Running,
    after: After = "",
    hardware: Hardware = "",
    named: Named = "",
    only: Annotated[str, Query(max_length=8)] = "",
) -> HTMLResponse:
    """Rollouts that are open, what tills run, and the tills: all, of one hardware, with ``named`` in their name, or
    those that need a look."""
    now = int(time.time())
    with running.database.reading() as connection:
        rollouts = rollout_store.page(connection, "", PAST)
        open_ones = [_shown(connection, one) for one in rollouts if one.kept.state in OPEN]
        past = [told(connection, one) for one in rollouts if one.kept.state not in OPEN]
        shown, following = rows(connection, after, Wanted(hardware, named.strip()), bool(only), now)
        wanting, more = rows(connection, "", EVERY, True, now)
        versions = fleet_reports.versions(connection)
        releases = takable(connection)
    return pages.answer(
        "fleet.html",
        says=fleet_sentences.summary(versions) + fleet_sentences.wanting(len(wanting), bool(more)),
        wanting=wanting,
        rollouts=open_ones,
        past=past,
        versions=versions,
        releases=releases,
        rows=shown,
        following=following,
        asked={"hardware": hardware, "named": named, "only": only, "after": after},
        acting=may("firmware:release"),
    )


@router.get("/fleet/{name}", dependencies=[needs("firmware:read")])
def till(running: Running, name: Name) -> HTMLResponse:
    """One till: its last report, its last crash, its log."""
    now = int(time.time())
    with running.database.reading() as connection:
        seen = fleet_reports.one(connection, name)
    return pages.answer("fleet-till.html", till=known(seen), notes=fleet_sentences.notes(seen, now))


@router.post("/fleet/rollouts")
def ask(running: Running, person: Annotated[str, needs("firmware:release")], sent: SentForm) -> Response:
    """The form that asks for a rollout of the default groups."""
    given = read_alone(lambda each: _read_asked(each, "rollout"), _without_form(sent), "rollout")
    asked = read_asked(given)
    running.write(lambda to: created(to, asked, person, int(time.time())))
    return _back()


@router.post("/fleet/rollouts/{name}")
def act(
    running: Running, person: Annotated[str, needs("firmware:release")], name: Name, sent: SentForm
) -> Response:
    """The buttons of one rollout."""
    given = read_alone(lambda each: _read(each, "rollout"), _without_form(sent), "rollout")
    now, note = int(time.time()), given.get("note") or "Stopped on the page."
    acts = {
        "approve": lambda to: rollout_deeds.approve(to, name, person, now),
        "pause": lambda to: rollout_deeds.pause(to, name, person, now),
        "resume": lambda to: rollout_deeds.resume(to, name, person, now),
        "stop": lambda to: rollout_deeds.stop(to, name, note, person, now),
    }
    running.write(acts[given["act"]])
    return _back()


def _shown(connection: Connection, one: Rollout) -> Shown:
    failed = rollout_store.members(connection, one.kept.id, FAILED, "", FAILURES)
    return Shown(told(connection, one), [member(one, each) for each in failed])


def rows(
    connection: Connection, after: str, wanted: Wanted, only: bool, now: int, looked: int = LOOKED
) -> tuple[list[Row], str]:
    """Tills behind ``after``, and behind which one there are more, if there may be; ``only`` those that need a look."""
    most = looked if only else ROWS + 1
    found = fleet_reports.page(connection, after, most, wanted)
    told = [Row(one, fleet_sentences.notes(one, now), _ago(one, now)) for one in found]
    if only:
        told = [row for row in told if row.notes]
    if len(told) > ROWS:
        return told[:ROWS], told[ROWS - 1].seen.device
    return told, found[-1].device if only and len(found) == most else ""


def takable(connection: Connection) -> list[Release]:
    """The releases on offer, before all those that some till has not."""
    offered = firmware_store.offered(connection)
    found = [one for one in firmware_store.releases(connection) if one.name in offered]
    return sorted(found, key=lambda one: not fleet_reports.older(connection, one.hardware, one.version))


def _ago(one: Seen, now: int) -> str:
    """When it was last heard of: a PC has no firmware to report."""
    heard = one.report.at if one.report else one.last_seen
    return f"{fleet_sentences.ago(now - heard)} ago" if heard else "never"


def _without_form(sent: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name != "form"}


def _back() -> Response:
    return RedirectResponse("/fleet", 303, {"cache-control": "no-store"})
