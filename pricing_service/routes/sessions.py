"""``/v1/sessions``: sign in, go on, sign out."""

import asyncio
import time
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import access_tokens, admission, audit_store, people_store, sessions, signing_in, trying
from pricing_service.authority import SCOPES
from pricing_service.caller import may, who
from pricing_service.openapi import problems
from pricing_service.people_store import NAME, Account
from pricing_service.problem import Problem
from pricing_service.routes.access import PUBLIC, Running, address, needs
from pricing_service.routes.sent_model import Body, described, reader
from pricing_service.sessions import MOST, Begun, Refreshed, Session

router = APIRouter(prefix="/v1/sessions", tags=["people"])
SHOWN = 2 * MOST
UNKEPT = {"cache-control": "no-store"}
Of = Annotated[
    str | None, Query(alias="person", pattern=NAME, description="Somebody else: needs `people:manage`.")
]


class Credentials(Body):
    """Who signs in. A program asks for as few ``scopes`` as it needs; without any it has all of the role's."""

    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=trying.LONGEST_TRIED)
    scopes: list[str] | None = Field(None, min_length=1, max_length=len(SCOPES))

    ALLOWED: ClassVar[dict[str, str]] = {
        "name": "is the name of a person, a text of at most 64 characters",
        "password": f"is a text of at most {trying.LONGEST_TRIED} characters",
        "scopes": "is a list of scopes, or left out",
    }


class Pass(Body):
    """What came with the session, or with the last refresh. It is good once."""

    refresh_token: str = Field(min_length=1, max_length=1024)

    ALLOWED: ClassVar[dict[str, str]] = {"refresh_token": "is the text that the last answer gave"}


class Tokens(BaseModel):
    access_token: str = Field(description="Send it as `Authorization: Bearer`.")
    token_type: str = "Bearer"
    expires_in: int = Field(default=access_tokens.SECONDS, description="Seconds; then refresh.")
    refresh_token: str = Field(
        description="For `POST /v1/sessions/refresh`, once; keep the new one it gives."
    )
    session: str
    name: str
    role: str
    store: str | None = Field(description="Where they belong; null for all stores.")
    scopes: list[str] = Field(description="What this session may do.")
    temporary: bool = Field(
        description="Somebody else chose the password: nothing but choosing another is allowed before."
    )


class Listed(BaseModel):
    """A session; ``ended`` is null where nobody ended it."""

    id: str
    kind: str = Field(description="`token` for a program, `page` for a browser.")
    begun: str = Field(json_schema_extra={"format": "date-time"})
    used: str = Field(json_schema_extra={"format": "date-time"})
    until: str = Field(description="When it ends, or ended, if nothing more happens.")
    ended: str | None
    why: str | None
    current: bool = Field(description="This one asks.")


class Sessions(BaseModel):
    items: list[Listed]


class Ended(BaseModel):
    ended: int = Field(description="Sessions that nobody had ended until now.")


@router.post(
    "",
    status_code=201,
    summary="Sign in",
    operation_id="sign-in",
    response_model=Tokens,
    responses=problems(400, 401, 403, 413, 422, 429),
    openapi_extra={**described(Credentials, required=True), **PUBLIC},
)
async def begin(
    request: Request,
    running: Running,
    told: Annotated[Credentials, Depends(reader(Credentials, required=True))],
    response: Response,
) -> Tokens:
    """Begin a session with name and password: an access token for a quarter of an hour, and a refresh token.

    A session ends 12 hours after its last refresh, and after 7 days in any case.
    """
    wanted = None if told.scopes is None else frozenset(told.scopes)
    at = address(request)
    account, begun = await signing_in.by_password(
        running, told.name, told.password, sessions.TOKEN, at, wanted
    )
    return _tokens(running, account, begun, wanted, response)


@router.post(
    "/refresh",
    summary="Go on",
    operation_id="refresh-session",
    response_model=Tokens,
    responses=problems(400, 401, 413, 422),
    openapi_extra={**described(Pass, required=True), **PUBLIC},
)
async def refresh(
    running: Running, told: Annotated[Pass, Depends(reader(Pass, required=True))], response: Response
) -> Tokens:
    """Another access token, and another refresh token in place of this one.

    One that was used before ends the session, for whoever has it: somebody has a copy.
    """
    done, account = await running.write_soon(lambda to: _refreshed(to, told.refresh_token))
    await asyncio.to_thread(running.people_changed)
    if done.begun is None or done.session is None or account is None:
        raise Problem(401, "refresh-refused", "This refresh token is not good (any more): sign in again.")
    wanted = None if done.session.scopes is None else frozenset(done.session.scopes.split())
    return _tokens(running, account, done.begun, wanted, response)


@router.get(
    "",
    summary="List sessions",
    operation_id="list-sessions",
    response_model=Sessions,
    responses=problems(404, 422),
    dependencies=[needs()],
)
def page(running: Running, person: Of = None) -> Sessions:
    """One's own sessions, or somebody's: the last ones, also those that have ended."""
    name = _whose(person)
    with running.database.reading() as connection:
        if name != who().name:  # who holds the admin_token is not in the table
            people_store.get(connection, name)
        found = sessions.of_person(connection, name, SHOWN)
    return Sessions(items=[_listed(each) for each in found])


@router.delete(
    "", summary="Sign out everywhere", operation_id="sign-out-everywhere", response_model=Ended,
    responses=problems(404, 422), dependencies=[needs()],
)  # fmt: skip
def end_all(running: Running, person: Of = None) -> Ended:
    """End all of one's own sessions, or somebody's; their tokens are refused from the next request on."""
    name, by = _whose(person), who().name

    def write(connection: Connection) -> int:
        if name != by:
            people_store.get(connection, name)
        return sessions.end_all(connection, name, f"by {by}", int(time.time()))

    ended = running.write(write)
    running.people_changed()
    return Ended(ended=ended)


@router.delete(
    "/current", status_code=204, summary="Sign out", operation_id="sign-out", responses=problems(422),
    dependencies=[needs()],
)  # fmt: skip
def end_current(running: Running) -> None:
    """End this session. The admin_token has none, and stays good."""
    session = who().session
    running.write(lambda to: sessions.end(to, session, "signed-out", int(time.time())))
    running.people_changed()


def _whose(person: str | None) -> str:
    """Raises `Problem` for who asks after somebody else and may not."""
    name = person or who().name
    if name != who().name and not may("people:manage"):
        raise Problem(
            403,
            "scope-needed",
            f"Sessions of others need the scope people:manage. {admission.ASK}",
            scope="people:manage",
        )
    return name


def _refreshed(connection: Connection, pass_: str) -> tuple[Refreshed, Account | None]:
    done = sessions.refresh(connection, pass_, int(time.time()))
    if done.session is None:
        return done, None
    if done.reused:
        told = f"session={done.session.id}"
        audit_store.append(connection, done.session.person, "refresh-reused", told, "the session was ended")
    return done, people_store.find(connection, done.session.person)


def _tokens(
    running: Running, account: Account, begun: Begun, wanted: frozenset[str] | None, response: Response
) -> Tokens:
    response.headers.update(UNKEPT)
    scopes = account.scopes if wanted is None else account.scopes & wanted
    return Tokens(
        access_token=running.signed_in.token_for(account.name, begun.id),
        refresh_token=begun.pass_,
        session=begun.id,
        name=account.name,
        role=account.role,
        store=account.store,
        scopes=sorted(scopes),
        temporary=account.temporary,
    )


def _listed(session: Session) -> Listed:
    return Listed(
        id=session.id,
        kind=session.kind,
        begun=rfc3339(session.begun),
        used=rfc3339(session.used),
        until=rfc3339(session.until),
        ended=None if session.ended is None else rfc3339(session.ended),
        why=session.why,
        current=session.id == who().session,
    )
