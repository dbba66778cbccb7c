"""What routes ask of a request before they answer it."""

import time
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from pydantic import BeforeValidator

from pos_client.core.record import Invalid
from pricing_service import admission
from pricing_service.authority import SCOPES
from pricing_service.json_body import json_object
from pricing_service.problem import Problem
from pricing_service.service import Service


async def service(request: Request) -> Service:
    return request.app.state.service  # not in a thread, where every request would wait for one first


Running = Annotated[Service, Depends(service)]
bearer = HTTPBearer(
    auto_error=False,
    scheme_name="person",
    description="The access token of a session (`POST /v1/sessions`), or the text of the admin_token file.",
)
MOST_FIELDS, MOST_FORM = 50, 1 << 16  # of a form, and bytes
PUBLIC: dict[str, Any] = {"security": []}
"""``openapi_extra`` of an operation that anybody may call."""
SIGNED: dict[str, Any] = {"security": [{"device": []}]}
"""``openapi_extra`` of an operation that a till signs."""


class OfPage(Exception):
    """A refusal that is told to a person before a browser: a page, or the way to sign in."""

    def __init__(self, problem: Problem):
        super().__init__(problem.code)
        self.problem = problem


async def sent_form(request: Request) -> dict[str, str]:
    """The fields of a form; of those that come twice, the last. Raises `Problem`."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    raw = await request.body()
    if len(raw) > MOST_FORM:
        raise Problem(413, "body-too-large", f"A form may have {MOST_FORM} bytes.")
    try:
        return dict(
            parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        )
    except ValueError as error:
        raise Problem(400, "form-unreadable", "That is no form of this service.") from error


SentForm = Annotated[dict[str, str], Depends(sent_form)]


async def person(
    request: Request, running: Running, needed: SecurityScopes, _: Annotated[object, Depends(bearer)]
) -> str:
    """The name of who calls, if they hold all scopes. Raises `Problem`."""
    route = request.scope["route"]
    is_page = not getattr(route, "include_in_schema", True)
    operation = getattr(route, "unique_id", route.path)
    sent = await sent_form(request) if is_page and request.method not in admission.READING else {}
    try:
        caller = admission.admit(
            running.signed_in, request.scope, operation, *needed.scopes, form=sent.get("form", "")
        )
        running.pace.take(caller.name, time.monotonic())
    except Problem as refused:
        if is_page:
            raise OfPage(refused) from refused
        raise
    if caller.form:
        running.looked_at_a_page(caller.session)
    return caller.name


def address(request: Request) -> str:
    """Where a request comes from, as far as the machine in front of us is to be believed."""
    return request.client.host if request.client else ""


def needs(*scopes: str) -> Any:
    """A dependency that refuses whoever does not hold these scopes, and gives the name of who calls.

    Without a scope everybody who is signed in may call.
    """
    assert SCOPES.keys() >= {*scopes}
    return Security(person, scopes=scopes)


def day(value: Any) -> date:
    """A day written as 2026-11-30 and in no other way: pydantic would take a number for seconds since 1970."""
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("a day is written as 2026-11-30")
    return date.fromisoformat(value)


LocalDay = Annotated[date, BeforeValidator(day)]


def digits(value: Any) -> Any:
    """A whole number written as 17 and in no other way: pydantic would take -0.0 for 0."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise ValueError("a whole number is written in digits alone")
    return value


Digits = BeforeValidator(digits)


def only(*names: str) -> Any:
    """A dependency that refuses other parameters, so that a mistyped one does not quietly mean something else."""
    known = " and ".join(f"`{name}`" for name in names)

    def check(request: Request) -> None:
        for name in sorted({*request.query_params} - {*names}):
            told = f"send {known}" if names else "send none"
            raise Invalid("unknown-parameter", f"There is no parameter {name[:40]}: {told}.")

    return Depends(check)


async def sent_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Its announced type is not asked: plain curl announces a form."""
    return json_object(await request.body())


SentObject = Annotated[dict[str, Any], Depends(sent_object)]


def expected_version(if_match: Annotated[str | None, Header(max_length=40)] = None) -> int:
    """The version the caller has read, from ``If-Match``."""
    if if_match is None:
        raise Problem(428, "if-match-needed", "Send the ETag you have read as If-Match.")
    number = if_match.strip().strip('"')
    if not (number.isascii() and number.isdigit()):
        raise Problem(400, "if-match-form", 'That is no ETag of this resource; they look like "3".')
    return min(int(number), 1 << 31)


ExpectedVersion = Annotated[int, Depends(expected_version)]
