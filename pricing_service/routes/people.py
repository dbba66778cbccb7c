"""``/v1/people``: who may sign in, and as what; and one's own password."""

import asyncio
import time
from functools import partial
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import authority, own_password, passwords, people_changes, people_store
from pricing_service.authority import ROLES
from pricing_service.caller import who
from pricing_service.openapi import problems
from pricing_service.people_store import NAME, Account
from pricing_service.problem import NAME as STORE
from pricing_service.routes.access import Running, needs
from pricing_service.routes.sent_model import Body, described, reader

router = APIRouter(prefix="/v1/people", tags=["people"])
MANAGES = needs("people:manage")
Name = Annotated[str, Path(pattern=NAME)]
After = Annotated[str, Query(max_length=64, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]
_ROLES: dict[str, Any] = {"enum": list(ROLES)}
_ROLE = f"is one of {', '.join(ROLES)}"
_STORE = "is the name of a store, or null for all stores"
_PASSWORD = f"is a text of {passwords.SHORTEST} to {passwords.LONGEST} characters"


class New(Body):
    """Somebody who shall be able to sign in. The password is good for choosing their own, and nothing else."""

    name: str = Field(pattern=NAME)
    role: str = Field(json_schema_extra=_ROLES)
    store: str | None = Field(None, pattern=STORE, description="Where they belong; null for all stores.")
    password: str = Field(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)

    ALLOWED: ClassVar[dict[str, str]] = {
        "name": "is a name of small letters, digits, dots, dashes, underscores or @, at most 64 of them",
        "role": _ROLE,
        "store": _STORE,
        "password": _PASSWORD,
    }


class Change(Body):
    """What is to be changed of somebody; what is left out stays. Their sessions end."""

    role: str = Field("", json_schema_extra=_ROLES)
    store: str | None = Field(None, pattern=STORE)
    disabled: bool = False
    password: str = Field("", min_length=passwords.SHORTEST, max_length=passwords.LONGEST)

    ALLOWED: ClassVar[dict[str, str]] = {
        "role": _ROLE,
        "store": _STORE,
        "disabled": "is true or false",
        "password": _PASSWORD,
    }


class Chosen(Body):
    """One's own password, and the one before."""

    old: str = Field(min_length=1, max_length=passwords.LONGEST)
    new: str = Field(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)

    ALLOWED: ClassVar[dict[str, str]] = {"old": "is the present password", "new": _PASSWORD}


class Person(BaseModel):
    name: str
    role: str
    store: str | None = Field(description="Where they belong; null for all stores.")
    scopes: list[str] = Field(description="What the role may do there.")
    temporary: bool = Field(description="Somebody else chose the password.")
    created: str = Field(json_schema_extra={"format": "date-time"})
    created_by: str
    password_changed: str | None
    disabled: str | None = Field(description="Since when they cannot sign in.")


class Page(BaseModel):
    items: list[Person]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


class Me(BaseModel):
    """Who calls, and what this session may do."""

    name: str
    role: str
    store: str | None
    scopes: list[str]


@router.get("/me", summary="Who am I", operation_id="read-me", response_model=Me, responses=problems(422))
async def me(_: Annotated[str, needs()]) -> Me:
    """Anybody who is signed in."""
    one = who()
    return Me(name=one.name, role=one.role, store=one.store, scopes=sorted(one.scopes))


@router.put(
    "/me/password",
    status_code=204,
    summary="Choose a password",
    operation_id="choose-password",
    responses=problems(400, 403, 413, 422),
    dependencies=[needs()],
    openapi_extra=described(Chosen, required=True),
)
async def choose(running: Running, told: Annotated[Chosen, Depends(reader(Chosen, required=True))]) -> None:
    """Needs the present one. All other sessions end."""
    await own_password.choose(running, who(), told.old, told.new)


@router.get(
    "", summary="List people", operation_id="list-people", response_model=Page, responses=problems(422),
    dependencies=[MANAGES],
)  # fmt: skip
def page(running: Running, after: After = "", limit: Limit = 50) -> Page:
    """Everybody by name, also who is disabled."""
    with running.database.reading() as connection:
        found = people_store.page(connection, after, limit + 1)
    items = [_told(each) for each in found[:limit]]
    return Page(items=items, next=items[-1].name if len(found) > limit else None)


@router.post(
    "",
    status_code=201,
    summary="Add somebody",
    operation_id="add-person",
    response_model=Person,
    responses=problems(400, 403, 409, 413, 422),
    dependencies=[MANAGES],
    openapi_extra=described(New, required=True),
)
async def add(running: Running, told: Annotated[New, Depends(reader(New, required=True))]) -> Person:
    """Nobody gives a role that holds more than their own."""
    hash_ = await _hashed(running, told.password, told.name)
    now, one = int(time.time()), who()
    wanted = Account(told.name, told.role, told.store, hash_, True, now, one.name, None, None)
    made = await running.write_soon(lambda to: people_changes.add(to, one.name, one.scopes, wanted))
    return _told(made)


@router.patch(
    "/{name}",
    summary="Change somebody",
    operation_id="change-person",
    response_model=Person,
    responses=problems(400, 403, 404, 409, 413, 422),
    dependencies=[MANAGES],
    openapi_extra=described(Change, required=True),
)
async def change(
    running: Running, name: Name, told: Annotated[Change, Depends(reader(Change, required=True))]
) -> Person:
    """Another role, another store, disabled or not, a password to begin with. Their sessions end at once.

    The last administrator stays one (409).
    """
    given = told.model_fields_set
    hash_ = await _hashed(running, told.password, name) if "password" in given else None
    one, now = who(), int(time.time())
    to = {member: getattr(told, member) for member in ("role", "store") if member in given}
    if "disabled" in given:
        to["disabled"] = now if told.disabled else None

    def write(connection: Connection) -> Account:
        changed = people_changes.change(connection, one.name, one.scopes, name, now, **to)
        if hash_ is None:
            return changed
        return people_changes.reset(connection, one.name, one.scopes, name, hash_, now, temporary=True)

    changed = await running.write_soon(write)
    await asyncio.to_thread(running.people_changed)
    return _told(changed)


async def _hashed(running: Running, password: str, name: str) -> str:
    """Raises `Invalid` where it may not be chosen."""
    await asyncio.to_thread(passwords.check_new, password, name)
    return await running.passwords_at_once.take(partial(passwords.hashed, password))


def _told(account: Account) -> Person:
    times = ("created", "password_changed", "disabled")
    told = {name: None if (at := getattr(account, name)) is None else rfc3339(at) for name in times}
    scopes = sorted(authority.scopes(account.role, account.store))
    return Person.model_validate({**account._asdict(), **told, "scopes": scopes})
