"""The cookies of the pages: a session's, the one that a sign-in form is bound to before there is a session, and the one
that goes with somebody to a provider and back.

Over https they have the prefix ``__Host-``, so that no neighbour of the same domain can set them, and are never sent
over http. Uvicorn takes the scheme from a proxy it trusts (``FORWARDED_ALLOW_IPS``).
"""

from typing import Literal

from starlette.responses import Response
from starlette.types import Scope

SESSION, FORM, OIDC = "rung", "rung-form", "rung-oidc"


def read(scope: Scope, which: str) -> str:
    """The value of one of them; empty without."""
    wanted = _name(scope, which).encode()
    for header, value in scope["headers"]:
        if header == b"cookie":
            for pair in value.split(b";"):
                name, _, told = pair.strip().partition(b"=")
                if name == wanted:
                    return told.decode("latin-1")
    return ""


def put(
    response: Response, scope: Scope, which: str, value: str, seconds: int,
    same_site: Literal["strict", "lax"] = "strict",
) -> None:  # fmt: skip
    """Set one; no script can read it, and no other site's page makes the browser send it, or with ``lax`` only by
    leading here."""
    response.set_cookie(
        _name(scope, which), value, seconds, secure=_is_https(scope), httponly=True, samesite=same_site
    )


def drop(response: Response, scope: Scope, which: str) -> None:
    response.delete_cookie(_name(scope, which), secure=_is_https(scope), httponly=True, samesite="strict")


def _name(scope: Scope, which: str) -> str:
    return "__Host-" + which if _is_https(scope) else which


def _is_https(scope: Scope) -> bool:
    return scope["scheme"] == "https"
