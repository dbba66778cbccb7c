"""``/v1/asked``, and how routes ask for a second person."""

import json
import time
from collections.abc import Callable
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import second_person
from pricing_service.caller import may, who
from pricing_service.openapi import problems
from pricing_service.routes.access import Running, needs
from pricing_service.second_person import Ask

router = APIRouter(prefix="/v1/asked", tags=["people"])
SCOPES = {"priors": "priors:publish", "policies": "rules:write", "releases": "releases:publish"}


class Waiting(BaseModel):
    """Nothing is done yet: somebody else who holds ``scope`` makes the same call, and then it is."""

    state: Literal["second_person_needed"] = "second_person_needed"
    digest: str = Field(
        description="SHA-256 over operation, path and what was sent: only the same call confirms."
    )
    operation: str
    subject: str = Field(description="The parameters of the path.")
    sent: Any = Field(description="`body` and `if_match`, where there were any.")
    scope: str
    asked: str = Field(json_schema_extra={"format": "date-time"})
    asked_by: str
    until: str = Field(description="Then it ends, and has to be asked for again.")


class Asked(BaseModel):
    items: list[Waiting]


WAITS: dict[int | str, dict[str, Any]] = {202: {"model": Waiting, "description": "Kept for a second person"}}


@router.get(
    "",
    summary="What waits for a second person",
    operation_id="list-asked",
    response_model=Asked,
    responses=problems(422),
    dependencies=[needs()],
)
def page(running: Running) -> Asked:
    """What others, or oneself, asked for, as far as one holds its scope; the youngest first."""
    with running.database.reading() as connection:
        found = second_person.waiting(connection, int(time.time()))
    return Asked(items=[_told(each) for each in found if may(each.scope)])


def agreed[T](
    running: Running, kind: str, sent: dict[str, Any], job: Callable[[Connection], T]
) -> T | Response:
    """Write, if ``kind`` needs nobody else or somebody else has asked for the same; else the answer that it waits.

    ``sent`` is everything that the call says beside its path.
    """
    if kind not in running.settings.second_person_for:
        return running.write(job)
    wanted = second_person.ask(who(), SCOPES[kind], sent, int(time.time()))
    request_id = who().request_id
    made = running.write(lambda to: second_person.agreed(to, wanted, request_id, job))
    return JSONResponse(_told(made).model_dump(), 202) if isinstance(made, Ask) else made


def _told(one: Ask) -> Waiting:
    known = {name: getattr(one, name) for name in ("digest", "operation", "subject", "scope", "asked_by")}
    return Waiting(**known, sent=json.loads(one.sent), asked=rfc3339(one.asked), until=rfc3339(one.until))
