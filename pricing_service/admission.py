"""Whether a request may pass: who sends it, by its credentials, and whether they hold the scope it needs.

    caller = admission.admit(signed_in, scope, "create-discount", "rules:write")

Memory alone is asked: no request waits for the database to learn who calls.
"""

from starlette.types import Scope

from pricing_service.caller import Caller, calling
from pricing_service.errors import Problem
from pricing_service.signed_in import Person, SignedIn


def admit(signed_in: SignedIn, scope: Scope, operation: str, *needed: str) -> Caller:
    """The caller, who is then `calling` as long as the request lasts. Raises `Problem` 401 or 403."""
    person = signed_in.by_token(_bearer(scope))
    if person is None:
        raise _who_are_you()
    path = scope.get("path_params", {})
    caller = Caller(
        person.name, person.role, person.scopes, scope["request_id"], operation, person.store, path
    )
    for each in needed:
        if each not in caller.scopes:
            raise _not_allowed(person, each)
    calling.set(caller)
    return caller


def _bearer(scope: Scope) -> str:
    """The token of ``Authorization: Bearer``; empty, which nobody's is, without one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if scheme.lower() == "bearer" else ""
    return ""


def _who_are_you() -> Problem:
    detail = "Send `Authorization: Bearer` with the access token of a session: POST /v1/sessions begins one."
    return Problem(401, "token-needed", detail, {"www-authenticate": 'Bearer realm="rung"'})


def _not_allowed(person: Person, scope: str) -> Problem:
    detail = f"This needs the scope {scope}, which {person.name} ({person.role}) does not hold."
    header = {"www-authenticate": f'Bearer realm="rung", error="insufficient_scope", scope="{scope}"'}
    return Problem(403, "scope-needed", detail, header, scope=scope)
