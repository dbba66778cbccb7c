"""``/sign-in/oidc``: to the provider who knows the shop's people, and back with what it says."""

import asyncio
import time
from typing import Annotated
from urllib.parse import quote, unquote, urlencode

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from pos_client.core.record import OutOfTurn
from pricing_service import cookies, oidc_signing, pages, signing_in
from pricing_service.oidc_provider import Untrue
from pricing_service.oidc_signing import OpenId, Trip
from pricing_service.outgoing import Unanswered
from pricing_service.problem import Problem
from pricing_service.routes import sign_in_page
from pricing_service.routes.access import Running
from pricing_service.sessions import LONGEST_SECONDS, PAGE

router = APIRouter(prefix="/sign-in/oidc", include_in_schema=False)
BACK = "/sign-in/oidc/back"
OTHER = Problem(
    403, "sign-in-elsewhere", "This sign-in was not begun here, or took too long. Please begin again."
)
AWAY = Problem(
    503, "provider-away", "The place that knows you does not answer as it should. Please try again."
)
REFUSED = Problem(403, "provider-refused", "You did not get in. Ask who manages people in your shop.")
log = structlog.get_logger("rung.service")
Given = Annotated[str, Query(max_length=4096)]


@router.get("")
async def go(request: Request, running: Running, wanted: sign_in_page.Next = "") -> Response:
    """Off to the provider, with a cookie that only this browser brings back."""
    openid = _openid(running)
    trip = openid.trips.begin()
    try:
        place = await running.oidc_at_once.take(lambda: openid.provider.endpoint("authorization_endpoint"))
    except Unanswered as away:
        log.error("provider unanswered", why=str(away))
        return sign_in_page.form(request, running, wanted, AWAY)
    asked = {
        "response_type": "code",
        "client_id": openid.provider.client.id,
        "redirect_uri": _back(request),
        "scope": openid.scope,
        "state": trip.state,
        "nonce": trip.nonce,
        "code_challenge": trip.challenge,
        "code_challenge_method": "S256",
    }
    to = place + ("&" if "?" in place else "?") + urlencode(asked)
    answer = RedirectResponse(to, 303, {"cache-control": "no-store"})
    kept = f"{trip.cookie}|{quote(sign_in_page.local(wanted), safe='')}"  # nothing a cookie would quote
    cookies.put(answer, request.scope, cookies.OIDC, kept, oidc_signing.SECONDS, "lax")
    return answer


@router.get("/back")
async def back(
    request: Request, running: Running, state: Given = "", code: Given = "", iss: Given = ""
) -> Response:
    """Who comes back with what the provider gave them is signed in, if they are who set out, and somebody here."""
    openid = _openid(running)
    cookie, _, wanted = cookies.read(request.scope, cookies.OIDC).partition("|")
    trip = openid.trips.end(cookie, state)
    try:
        if trip is None or iss not in ("", openid.provider.client.issuer):
            raise OTHER
        if not code:
            raise REFUSED
        answer = await _entered(request, running, openid, trip, code, sign_in_page.local(unquote(wanted)))
    except Problem as refused:
        answer = sign_in_page.form(request, running, wanted, refused)
    cookies.drop(answer, request.scope, cookies.OIDC)
    return answer


async def _entered(
    request: Request, running: Running, openid: OpenId, trip: Trip, code: str, wanted: str
) -> Response:
    """A session, and a page of ours that leads on: the browser sends its strict cookie only from there."""
    name = await _name(running, openid, trip, code, _back(request))
    _, begun = await signing_in.begin(running, name, PAGE, None, "oidc")
    answer = pages.answer("signed-in.html", wanted=wanted)
    answer.headers["refresh"] = f"0; url={wanted}"
    cookies.put(answer, request.scope, cookies.SESSION, begun.pass_, LONGEST_SECONDS)
    return answer


async def _name(running: Running, openid: OpenId, trip: Trip, code: str, back: str) -> str:
    """Who that is, with an account that says so. Raises `Problem`."""

    def told() -> dict:
        return openid.provider.claims(openid.provider.id_token(code, trip.verifier, back), trip.nonce)

    try:
        claims = await running.oidc_at_once.take(told)
    except Unanswered as away:
        log.error("provider unanswered", why=str(away))
        raise AWAY from away
    except Untrue as bad:
        await running.note_soon("unknown", "sign-in-failed", "oidc", str(bad))
        raise REFUSED from bad
    name, role, now = openid.name(claims), openid.role(claims), int(time.time())
    try:
        may = await running.write_soon(lambda to: oidc_signing.keep(to, name, role, now))
    except OutOfTurn as last:
        raise Problem(409, last.code, last.detail) from last
    await asyncio.to_thread(running.people_changed)
    if not may:
        await running.note_soon("unknown", "sign-in-failed", name, "oidc, no role or disabled")
        raise REFUSED
    return name


def _openid(running: Running) -> OpenId:
    if running.openid is None:
        raise Problem(404, "not-found", "This shop signs people in by itself.")
    return running.openid


def _back(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{BACK}"
