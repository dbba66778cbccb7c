"""Requests of the service to somebody else: to one address, within limits, following nobody elsewhere."""

import json
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import Future
from functools import cache
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

SECONDS = 8  # for the whole answer
MOST_BYTES = 1 << 20
CHUNK = 1 << 14


class Unanswered(Exception):
    """There is no answer that can be used; the text says why, without what was sent."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Who redirects gives no answer: it would be somebody else's."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@cache
def _opener() -> urllib.request.OpenerDirector:
    """Made by who asks first: the certificates of this machine are read for it."""
    return urllib.request.build_opener(_Stay)


def check(url: object) -> str:
    """An address that may be asked: https, or http on this machine. Raises `Unanswered`."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host = parts.hostname or ""
        local = host == "localhost" or (host[:1].isdigit() and ip_address(host).is_loopback) or host == "::1"
    except ValueError as bad:
        raise Unanswered("an address that is none") from bad
    if not host or "@" in parts.netloc or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise Unanswered("an address that is not https")
    return parts.geturl()


def ask(
    url: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object at ``url``, or what a posted ``form`` is answered with. For threads. Raises `Unanswered`."""
    data = None if form is None else urlencode(form).encode()
    request = urllib.request.Request(check(url), data, {"accept": "application/json", **(headers or {})})
    done: Future[dict[str, Any]] = Future()
    threading.Thread(target=_work, args=(request, done), daemon=True).start()
    try:
        return done.result(SECONDS)
    except TimeoutError as late:  # who sends a byte now and then is waited for by that thread alone
        raise Unanswered("too slow") from late


def _work(request: urllib.request.Request, done: "Future[dict[str, Any]]") -> None:
    try:
        done.set_result(_answer(request))
    except Exception as trouble:
        done.set_exception(trouble)


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    until = time.monotonic() + SECONDS
    try:
        with _opener().open(request, timeout=SECONDS / 2) as answer:
            given = json.loads(_read(answer, until))
    except urllib.error.HTTPError as refused:
        refused.close()
        raise Unanswered(f"status {refused.code}") from refused
    except (OSError, HTTPException, ValueError, RecursionError) as trouble:
        raise Unanswered(type(trouble).__name__) from trouble
    if not isinstance(given, dict):
        raise Unanswered("no JSON object")
    return given


def _read(answer: Any, until: float) -> bytes:
    parts, size = [], 0
    while part := answer.read1(CHUNK):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES or time.monotonic() > until:
            raise Unanswered("too large or too slow")
    return b"".join(parts)
