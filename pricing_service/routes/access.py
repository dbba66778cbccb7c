"""What routes ask of a request before they answer it."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from pydantic import BeforeValidator

from pos_client.core.record import Invalid
from pricing_service import security
from pricing_service.errors import Problem
from pricing_service.json_body import json_object
from pricing_service.service import Service


def service(request: Request) -> Service:
    return request.app.state.service


Running = Annotated[Service, Depends(service)]
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="admin",
    description="The text of the admin_token file.",
)


def administrator(request: Request, running: Running, _: Annotated[object, Depends(_bearer)]) -> str:
    """The name of who calls. Refuses whoever does not hold an administrator's token."""
    return security.require_admin(running.administrators, request.headers.get("authorization"))


def reader(request: Request, running: Running, _: Annotated[object, Depends(_bearer)]) -> str:
    """The same for what is only read; a browser may send the token as the password of HTTP Basic."""
    return security.require_reader(running.administrators, request.headers.get("authorization"))


def is_trusted(request: Request, running: Running) -> bool:
    """Whether a `reader` asks, for what is told to everybody, but not all of it."""
    try:
        security.require_reader(running.administrators, request.headers.get("authorization"))
    except Problem:
        return False
    return True


Administrator = Depends(administrator)
Reader = Depends(reader)
Person = Annotated[str, Administrator]
Trusted = Annotated[bool, Depends(is_trusted)]


def day(value: Any) -> date:
    """A day written as 2026-11-30 and in no other way: pydantic would take a number for seconds since 1970."""
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("a day is written as 2026-11-30")
    return date.fromisoformat(value)


LocalDay = Annotated[date, BeforeValidator(day)]


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
