"""``/v1/rollouts``: a release comes to the tills group by group, once a second person approved it."""

import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection

from pos_client.core.record import Invalid, Unknown, fields
from pos_client.core.record import text as words
from pricing_service import audit_trail, firmware_store, rollout_body, rollout_deeds, rollout_store
from pricing_service.json_body import read_alone
from pricing_service.openapi import problems, sends
from pricing_service.problem import NAME
from pricing_service.rollout_body import Asked
from pricing_service.rollout_store import Rollout
from pricing_service.rollout_till import STATES
from pricing_service.routes.access import Running, SentObject, needs, only
from pricing_service.routes.rollout_answers import (
    EXAMPLES,
    SENT,
    RolloutList,
    RolloutTills,
    RolloutTold,
    Stop,
    member,
    told,
)
from pricing_service.routes.rules import After, Limit

router = APIRouter(prefix="/v1/rollouts", tags=["fleet"])
Name = Annotated[str, Path(pattern=NAME)]
Person = Annotated[str, needs("firmware:release")]
State = Annotated[str, Query(pattern=f"^({'|'.join(STATES)})?$", description="Only tills that are so.")]
_stop = fields({"note": words(400)})


@router.get(
    "",
    summary="List rollouts",
    operation_id="list-rollouts",
    response_model=RolloutList,
    responses=problems(400, 422),
    dependencies=[needs("firmware:read"), only("after", "limit")],
)
def page(running: Running, after: After = "", limit: Limit = 50) -> RolloutList:
    """All rollouts, the youngest first, each with how its groups fare."""
    with running.database.reading() as connection:
        found = rollout_store.page(connection, after, limit + 1)
        items = [told(connection, one) for one in found[:limit]]
    return RolloutList(items=items, next=items[-1].id if len(found) > limit else None)


@router.post(
    "",
    summary="Ask for a rollout",
    operation_id="create-rollout",
    status_code=201,
    response_model=RolloutTold,
    responses=problems(400, 404, 409, 413, 422),
    openapi_extra=sends(SENT, EXAMPLES),
)
def create(running: Running, person: Person, sent: SentObject) -> RolloutTold:
    """Says which tills are in which group; nothing is told to any of them before somebody else approves it."""
    asked = rollout_body.read(sent)
    audit_trail.makes(name=asked.id)
    return running.write(lambda to: told(to, created(to, asked, person, int(time.time()))))


@router.get(
    "/{name}",
    summary="Read a rollout",
    operation_id="read-rollout",
    response_model=RolloutTold,
    responses=problems(400, 404, 422),
    dependencies=[needs("firmware:read"), only()],
)
def read(running: Running, name: Name) -> RolloutTold:
    """Its groups, how many tills of each tried it, are good, have failed, and why it stopped if it did."""
    with running.database.reading() as connection:
        return told(connection, rollout_store.get(connection, name))


@router.get(
    "/{name}/tills",
    summary="Tills of a rollout",
    operation_id="list-rollout-tills",
    response_model=RolloutTills,
    responses=problems(400, 404, 422),
    dependencies=[needs("firmware:read"), only("state", "after", "limit")],
)
def tills(
    running: Running, name: Name, state: State = "", after: After = "", limit: Limit = 50
) -> RolloutTills:
    """Where each till is, by name; of those that failed, why."""
    with running.database.reading() as connection:
        rollout = rollout_store.get(connection, name)
        found = rollout_store.members(connection, name, state, after, limit + 1)
    items = [member(rollout, one) for one in found[:limit]]
    return RolloutTills(items=items, next=items[-1].device if len(found) > limit else None)


def _deed(verb: str, summary: str, refusal: int, **more: Any) -> Callable[[Callable], Callable]:
    """A route that does something to one rollout; ``refusal`` is the status it may answer beside the usual ones."""
    told = {"response_model": RolloutTold, "responses": problems(400, 404, refusal, 422)}
    return router.post(f"/{{name}}/{verb}", summary=summary, operation_id=f"{verb}-rollout", **told, **more)


@_deed("approve", "Approve a rollout", 409, dependencies=[only()])
def approve(running: Running, person: Person, name: Name) -> RolloutTold:
    """It begins with its first group. Who asked for it cannot approve it."""
    return running.write(lambda to: told(to, rollout_deeds.approve(to, name, person, int(time.time()))))


@_deed("pause", "Pause a rollout", 409, dependencies=[only()])
def pause(running: Running, person: Person, name: Name) -> RolloutTold:
    """No further till is told; who is on trial may finish, and errors still stop it."""
    return running.write(lambda to: told(to, rollout_deeds.pause(to, name, person, int(time.time()))))


@_deed("resume", "Go on with a rollout", 409, dependencies=[only()])
def resume(running: Running, person: Person, name: Name) -> RolloutTold:
    """Of one that was paused. What was stopped stays so."""
    return running.write(lambda to: told(to, rollout_deeds.resume(to, name, person, int(time.time()))))


@_deed(
    "stop",
    "Stop a rollout",
    413,
    openapi_extra=sends(
        Stop.model_json_schema(), {"heard of it": {"note": "The screens stay dark in Lyon."}}
    ),
)
def stop(running: Running, person: Person, name: Name, sent: SentObject) -> RolloutTold:
    """For good: no till is told any more, and those on trial go back to what they had."""
    note = read_alone(lambda each: _stop(each, "stop"), sent, "stop")["note"]
    return running.write(lambda to: told(to, rollout_deeds.stop(to, name, note, person, int(time.time()))))


def created(connection: Connection, asked: Asked, person: str, now: int) -> Rollout:
    """Raises `Unknown` and `Invalid` for what no till could install."""
    release = firmware_store.release(connection, asked.release)
    if release is None:
        detail = f"There is no release {asked.release}: GET /v1/firmware/releases lists those there are."
        raise Unknown("unknown-release", detail)
    if release.name not in firmware_store.offered(connection):
        raise Invalid("release-withdrawn", f"{asked.release} was withdrawn: no till would install it.")
    return rollout_deeds.create(connection, asked, release, person, now)
