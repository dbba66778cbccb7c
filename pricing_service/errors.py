"""Errors as problem+json (RFC 9457): a stable ``code`` for programs, a ``detail`` for people, the request's id."""

import json
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DatabaseError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from pos_client.core.record import OutOfTurn, Refused, Unknown
from pricing_service import disk
from pricing_service.problem import HEX, NAME, TEXT, Problem, Stale

FORMS = {
    TEXT: "must not contain control characters",
    HEX: "must be 64 of the characters 0 to 9 and a to f",
    NAME: "must be 1 to 64 letters, digits, dots, dashes or underscores",
}

log = structlog.get_logger("rung.service")


class ProblemBody(BaseModel):
    """What every 4xx and 5xx answer carries."""

    model_config = ConfigDict(extra="allow", title="Problem")
    type: str = Field(examples=["urn:rung:problem:unknown-field"])
    title: str = Field(examples=["Bad Request"])
    status: int = Field(ge=400, le=599)
    code: str = Field(pattern="^[a-z0-9-]+$", description="names the cause and never changes")
    detail: str = Field(description="what to do next, for a person")
    request_id: str = Field(description="quote it when asking for help")


def answer(problem: Problem, request_id: str) -> Response:
    """The response that tells ``problem``."""
    body = {
        "type": "urn:rung:problem:" + problem.code,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.more,
    }
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, problem.status, problem.headers, "application/problem+json")


def from_refusal(refused: Refused) -> Problem:
    """A refusal of the core: right form at the wrong moment, no such thing, or something else to be sent."""
    kinds = ((Stale, 412), (OutOfTurn, 409), (Unknown, 404), (Refused, 400))
    status = next(status for kind, status in kinds if isinstance(refused, kind))
    return Problem(
        status, refused.code, (refused.detail or "The request was refused.") + NEXT.get(refused.code, "")
    )


def problem_of(trouble: Exception, request_id: str) -> Problem:
    """What to answer after ``trouble``; what nobody foresaw is logged under the id the answer names."""
    if isinstance(trouble, Problem):
        return trouble
    if isinstance(trouble, Refused):
        return from_refusal(trouble)
    log.error("unforeseen", request_id=request_id, exc_info=trouble)
    code = disk.cause(trouble)
    if isinstance(trouble, OperationalError) or (isinstance(trouble, DatabaseError) and code in _ADVICE):
        return _unstored(code)
    return Problem(
        500,
        "internal-error",
        "Something unforeseen: send it again, and if it stays, give the request id to who reads the logs.",
    )


NEXT = {  # what the core, which has no room for it, leaves unsaid
    "unknown-field": ": leave it out; /docs lists those there are",
}
_ADVICE = {  # detail, and seconds until it is worth another try
    disk.FULL: ("The service's disk is full: nothing was changed. Make room, then send it again.", 60),
    disk.FAILED: ("The service's disk does not obey: nothing was changed. Look at disk and file.", 30),
    disk.DAMAGED: (
        "The disk gives back other than was written: look at it. If this stays, restore the last backup.",
        300,
    ),
    disk.UNAVAILABLE: ("The database does not answer; nothing was changed. Try again in a moment.", 5),
}


def _unstored(code: str) -> Problem:
    detail, seconds = _ADVICE[code]
    return Problem(503, code, detail, {"retry-after": str(seconds)})


def note(scope: Scope, status: int) -> None:
    """Log an answer other than success. The route's template stands for the path, which may name a customer."""
    say, what = (log.info, "refused") if status < 500 else (log.error, "failed")
    say(what, status=status, code=scope.get("problem", ""), request_id=scope["request_id"], **_called(scope))


def hung_up(scope: Scope) -> None:
    """Note that a caller went away before it had sent everything: a deadline, a pulled plug. No error of ours."""
    log.info("caller hung up", request_id=scope["request_id"], **_called(scope))


def _called(scope: Scope) -> dict[str, str]:
    return {
        "method": scope["method"][:10],
        "route": getattr(scope.get("route"), "path", "unmatched"),
    }


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem."""

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, _error: ClientDisconnect) -> Response:
        request.scope["gone"] = True  # the edge notes it
        return Response(status_code=400)  # nobody hears it

    @app.exception_handler(Problem)
    @app.exception_handler(Refused)
    @app.exception_handler(Exception)
    async def any_trouble(request: Request, error: Exception) -> Response:
        return told(request, problem_of(error, request.scope["request_id"]))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return told(request, _from_validation(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return told(request, _from_http(error, request))


def told(request: Request, problem: Problem) -> Response:
    """The response that tells ``problem``, noted for the log."""
    request.scope["problem"] = problem.code
    return answer(problem, request.scope["request_id"])


def _from_validation(error: RequestValidationError) -> Problem:
    causes = [
        {"where": ".".join(str(part) for part in cause["loc"]), "what": _what(cause)}
        for cause in error.errors()
    ]
    detail = "; ".join(f"{cause['where']}: {cause['what']}" for cause in causes[:5])
    return Problem(422, "invalid-request", detail, errors=causes)


def _what(cause: Any) -> str:
    """What is wrong, in words also where the framework would quote a pattern."""
    return FORMS.get(cause.get("ctx", {}).get("pattern")) or cause["msg"]


def _from_http(error: HTTPException, request: Request) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.status_code == 405:  # the framework tells of one route alone
        headers["allow"] = ", ".join(sorted(_methods(request)))
    return Problem(error.status_code, phrase.lower().replace(" ", "-"), f"{error.detail}.", headers)


def _methods(request: Request) -> set[str]:
    """What may be done with the address that was asked for; one that a route has as it is belongs to that alone."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    found = [route for route in routes if route.matches(request.scope)[0] != Match.NONE]
    named = [route for route in found if route.path == request.scope["path"]]
    return {method for route in named or found for method in route.methods or ()}
