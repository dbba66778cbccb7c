"""The pages ``/sign-in`` and ``/account``: a browser's way into the other pages, and out again. No script is needed."""

import asyncio
import re
import secrets
import time
from hmac import compare_digest
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pos_client.core.calendar import rfc3339
from pos_client.core.record import Invalid
from pricing_service import authority, cookies, own_password, pages, sessions, signing_in
from pricing_service.caller import who
from pricing_service.problem import Problem
from pricing_service.routes.access import OfPage, Running, SentForm, address, needs
from pricing_service.sessions import LONGEST_SECONDS, PAGE

router = APIRouter(include_in_schema=False)
LOCAL = re.compile(r"/(?![/\\])[A-Za-z0-9._~/?&=%+:,@-]{0,500}")
ACCOUNT = "/account"
FORM_SECONDS = 3600
TOO_LONG = Problem(403, "form-expired", "This form was open for too long. Please sign in again.")
Next = Annotated[str, Query(alias="next", max_length=600)]


@router.get("/sign-in")
async def ask(request: Request, running: Running, wanted: Next = "") -> Response:
    """The form, and the cookie it is bound to."""
    return form(request, running, wanted)


@router.post("/sign-in")
async def sign_in(request: Request, running: Running, sent: SentForm) -> Response:
    """Begin a session of the browser: always a new one, whatever cookie it brought."""
    wanted, cookie = sent.get("next", ""), cookies.read(request.scope, cookies.FORM)
    expected = running.signed_in.form_token(cookie)
    if not cookie or not compare_digest(sent.get("form", "").encode(), expected.encode()):
        return form(request, running, wanted, TOO_LONG)
    try:
        _, begun = await signing_in.by_password(
            running, sent.get("name", ""), sent.get("password", ""), PAGE, address(request)
        )
    except Problem as refused:
        return form(request, running, wanted, refused, sent.get("name", ""))
    answer = _elsewhere(local(wanted))
    cookies.put(answer, request.scope, cookies.SESSION, begun.pass_, LONGEST_SECONDS)
    cookies.drop(answer, request.scope, cookies.FORM)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, running: Running, _: Annotated[str, needs()]) -> Response:
    """End the browser's session."""
    session, now = who().session, int(time.time())
    await running.write_soon(lambda to: sessions.end(to, session, "signed-out", now))
    await asyncio.to_thread(running.people_changed)
    answer = _elsewhere("/sign-in")
    cookies.drop(answer, request.scope, cookies.SESSION)
    return answer


@router.get(ACCOUNT)
def account(running: Running, _: Annotated[str, needs()]) -> HTMLResponse:
    """Who one is, what one may do, where one is signed in."""
    return _account(running)


@router.post("/account/password")
async def password(running: Running, sent: SentForm, _: Annotated[str, needs()]) -> Response:
    """Choose another password."""
    try:
        await own_password.choose(running, who(), sent.get("old", ""), sent.get("new", ""))
    except (Invalid, Problem) as refused:
        status = refused.status if isinstance(refused, Problem) else 400
        return await asyncio.to_thread(_account, running, refused.detail, status)
    return await asyncio.to_thread(_account, running, "Your password is changed; all other sessions ended.")


@router.post("/account/sign-out-everywhere")
async def everywhere(request: Request, running: Running, _: Annotated[str, needs()]) -> Response:
    """End all sessions of who asks, this one too."""
    name, now = who().name, int(time.time())
    await running.write_soon(lambda to: sessions.end_all(to, name, f"by {name}", now))
    await asyncio.to_thread(running.people_changed)
    answer = _elsewhere("/sign-in")
    cookies.drop(answer, request.scope, cookies.SESSION)
    return answer


def install(app: FastAPI) -> None:
    """Tell refusals of pages to people: the way to sign in, or a page that says what is missing."""

    @app.exception_handler(OfPage)
    async def refused(request: Request, refusal: OfPage) -> Response:
        problem = refusal.problem
        request.scope["problem"] = problem.code
        if problem.status == 401 and request.method == "GET":
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return _elsewhere("/sign-in?next=" + quote(wanted, safe=""))
        if problem.code == "password-temporary":
            return _elsewhere(ACCOUNT)
        return pages.answer("refused.html", problem.status, problem=problem)


def local(wanted: str) -> str:
    """Where to go after signing in: a path of this service, nowhere else."""
    return wanted if LOCAL.fullmatch(wanted) else ACCOUNT


def form(
    request: Request, running: Running, wanted: str, refused: Problem | None = None, name: str = ""
) -> Response:
    """The form to sign in, with why that was ``refused``."""
    value = cookies.read(request.scope, cookies.FORM) or secrets.token_urlsafe(32)
    token = running.signed_in.form_token(value)
    shown = {"form": token, "next": local(wanted) if wanted else "", "name": name[:64]}
    shown["provider"] = (
        "" if running.openid is None else "/sign-in/oidc?next=" + quote(shown["next"], safe="")
    )
    if refused is None:
        answer = pages.answer("sign-in.html", trouble="", **shown)
    else:
        answer = pages.answer("sign-in.html", refused.status, trouble=refused.detail, **shown)
        answer.headers.update({k: v for k, v in refused.headers.items() if k == "retry-after"})
    cookies.put(answer, request.scope, cookies.FORM, value, FORM_SECONDS)
    return answer


def _account(running: Running, said: str = "", status: int = 200) -> HTMLResponse:
    one = who()
    with running.database.reading() as connection:
        found = sessions.of_person(connection, one.name, sessions.MOST)
    going = [each for each in found if each.ended is None and time.time() < each.until]
    shown = [(each.kind, rfc3339(each.begun), rfc3339(each.used), each.id == one.session) for each in going]
    may = [(scope, authority.SCOPES[scope]) for scope in authority.SCOPES if scope in one.scopes]
    return pages.answer("account.html", status, said=said, sessions=shown, may=may)


def _elsewhere(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303, {"cache-control": "no-store"})
