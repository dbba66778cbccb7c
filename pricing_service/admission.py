"""Whether a request may pass: who sends it, by its credentials, and whether they hold the scope it needs.

    caller = admission.admit(signed_in, scope, "create-discount", "rules:write")

Memory alone is asked: no request waits for the database to learn who calls. A program sends an access token. A browser
sends the cookie of its session, which opens what is only read; a form must also bring the token that was written into
it, which no other site's page can know.
"""

import hmac
import time

from starlette.types import Scope

from pricing_service import cookies
from pricing_service.caller import Caller, calling
from pricing_service.problem import Problem
from pricing_service.signed_in import Person, SignedIn

READING = ("GET", "HEAD")
ASK = "Ask who manages people for a role that holds it; docs/people.md shows which do."


def admit(signed_in: SignedIn, scope: Scope, operation: str, *needed: str, form: str = "") -> Caller:
    """The caller, who is then `calling` as long as the request lasts; ``form`` is the token of a form that was sent.

    Raises `Problem` 401 or 403.
    """
    token = _bearer(scope)
    if token is None:
        pass_ = cookies.read(scope, cookies.SESSION)
        person, expected = signed_in.by_cookie(pass_, time.time()), signed_in.form_token(pass_)
        if (
            person
            and scope["method"] not in READING
            and not hmac.compare_digest(form.encode(), expected.encode())
        ):
            raise Problem(
                403, "form-expired", "This form was not written for this session: open the page again."
            )
    else:
        person, expected = signed_in.by_token(token, time.time()), ""
    if person is None:
        raise _who_are_you()
    _check(person, needed)
    path = scope.get("path_params", {})
    told = (person.name, person.role, person.scopes, scope["request_id"], operation, person.store, path)
    caller = Caller(*told, person.session, expected)
    calling.set(caller)
    return caller


def _bearer(scope: Scope) -> str | None:
    """The token of ``Authorization``: empty, which nobody's is, where it is no bearer token; None without any."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if scheme.lower() == "bearer" else ""
    return None


def _check(person: Person, needed: tuple[str, ...]) -> None:
    for each in needed:
        if each in person.scopes:
            continue
        if person.temporary:
            detail = "Somebody else chose your password: choose your own first, PUT /v1/people/me/password."
            raise Problem(403, "password-temporary", detail)
        detail = f"This needs the scope {each}, which {person.name} ({person.role}) does not hold here. {ASK}"
        header = {"www-authenticate": f'Bearer realm="rung", error="insufficient_scope", scope="{each}"'}
        raise Problem(403, "scope-needed", detail, header, scope=each)


def _who_are_you() -> Problem:
    detail = (
        "Send `Authorization: Bearer` with an access token: POST /v1/sessions gives one, and another one"
        " when it has ended (POST /v1/sessions/refresh)."
    )
    return Problem(401, "token-needed", detail, {"www-authenticate": 'Bearer realm="rung"'})
