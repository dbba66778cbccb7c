"""Tills prove who they are by a signature (RFC 9421) under the key of their enrolment; what they hear is signed too.

So nobody on the way can change, repeat or make up a request, an acknowledgement, or a correction of clock and counter.
"""

import hmac
import re
import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NamedTuple

import anyio.to_thread
from fastapi import Depends, Header, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from starlette.types import Scope

from pos_client.core import signature
from pos_client.core.record import Refused
from pricing_service import enrolling, errors, fleet
from pricing_service.counters import beyond
from pricing_service.fleet import Device
from pricing_service.problem import Problem
from pricing_service.routes.access import Running, bearer, person
from pricing_service.security import device_key

WINDOW = 300  # seconds a till's clock may be off
_NAME = "[A-Za-z0-9._-]{1,64}"
INPUT = (
    r'^rung=(\("@method" "@path" "@query" "content-digest"\);created=(0|[1-9][0-9]{0,10});'
    rf'keyid="({_NAME})/(0|[1-9][0-9]{{0,8}})";nonce="(0|[1-9][0-9]{{0,17}})";alg="hmac-sha256")$'
)
DIGEST = "^sha-256=:[A-Za-z0-9+/]{43}=:$"
_INPUT = Header(
    pattern=INPUT,
    max_length=300,
    description="RFC 9421: `created` in Unix seconds, `keyid` device/epoch, `nonce` a counter that only grows.",
)
_SIGNATURE = Header(
    alias="Signature",
    pattern="^rung=:[A-Za-z0-9+/]{43}=:$",
    description="HMAC-SHA256 under the key of the enrolment.",
)
_DIGEST = Header(pattern=DIGEST, description="SHA-256 of the body (RFC 9530).")
SignatureInput = Annotated[str, _INPUT]
Signature = Annotated[str, _SIGNATURE]
ContentDigest = Annotated[str, _DIGEST]

SIGNING = ("signature-input", "signature", "content-digest")


class Proof(NamedTuple):
    """Who signed a request, under which key; ``enrolled`` is None for an enrolment that a set back database forgot.

    ``stored`` is the highest counter of the enrolment that the database knows.
    """

    device: str
    epoch: int
    created: int
    counter: int
    key: bytes
    signature: str
    enrolled: Device | None
    stored: int = 0


class Till(NamedTuple):
    """A till whose request was proven; ``counter`` is that of the request."""

    device: Device
    key: bytes
    counter: int


async def signed(
    request: Request,
    running: Running,
    signature_input: SignatureInput,
    given: Signature,
    content_digest: ContentDigest,
) -> Proof:
    """Whose key made the signature: a till's, or that of a one-time code (epoch 0). Raises `Problem`."""
    body = await request.body()
    proof = _read(running.master_key, signature_input, given)
    digest = signature.content_digest(body)
    base = signature.request_base(request.method, _target(request), digest, signature_input[5:])
    is_right = hmac.compare_digest(signature.signature_of(proof.key, base), given)
    proof = await anyio.to_thread.run_sync(_known, running, proof)
    is_revoked = proof.enrolled is not None and proof.enrolled.revoked is not None
    if not is_right or content_digest != digest or is_revoked:
        raise _stranger()
    request.state.proof = proof
    return proof


def is_signed(master: bytes, scope: Scope) -> bool:
    """Whether the headers are signed under the key they name, for the digest they name: nothing is read for that."""
    request = Request(scope)
    told, given, digest = (request.headers.get(name, "") for name in SIGNING)
    if not (re.match(INPUT, told) and re.match(DIGEST, digest)):
        return False
    base = signature.request_base(request.method, _target(request), digest, told[5:])
    return hmac.compare_digest(signature.signature_of(_read(master, told, given).key, base), given)


async def proven(running: Running, proof: Annotated[Proof, Depends(signed)]) -> Proof:
    """The proof that this request is a till's own, now, and was never here before. Raises `Problem`."""
    if not proof.epoch:
        raise _stranger()
    _check_clock(proof, int(time.time()))
    _check_counter(running, proof)
    if proof.counter > beyond(proof.stored):
        await anyio.to_thread.run_sync(_keep_counter, running, proof)
    return proof


async def coded(proof: Annotated[Proof, Depends(signed)]) -> Proof:
    """The proof that who asks was told a one-time code. Raises `Problem`."""
    if proof.epoch:
        raise _stranger()
    return proof


async def enrolled(proof: Annotated[Proof, Depends(proven)]) -> Till:
    """The till that proved itself. Raises `Problem` where the database was set back behind its enrolment."""
    if proof.enrolled is None:
        detail = "The service was set back to a copy that does not know this epoch: renew the enrolment."
        raise Problem(409, "enrolment-unknown", detail)
    return Till(proof.enrolled, proof.key, proof.counter)


def set_back(history: str) -> Problem:
    """For a till that speaks of numbers it settled under another history than the present one."""
    detail = "The service was set back since: hand in again everything that is kept."
    return Problem(409, "history-changed", detail, history=history)


def _unsigned() -> Problem:
    detail = "A till signs its requests: send Signature-Input, Signature and Content-Digest as docs/link.md has them."
    return Problem(401, "signature-needed", detail)


def _is_of_signature(place: tuple[str | int, ...]) -> bool:
    return place[0] == "header" and str(place[1]).lower() in SIGNING


def _stranger() -> Problem:
    return Problem(
        401,
        "unknown-device",
        "This device is not enrolled here, or was revoked: enrol it with a one-time code (`rung device code NAME`).",
    )


async def _either(
    request: Request,
    running: Running,
    needed: SecurityScopes,
    token: Annotated[object, Depends(bearer)],
    signature_input: Annotated[str | None, _INPUT] = None,
    given: Annotated[str | None, _SIGNATURE] = None,
    content_digest: Annotated[str | None, _DIGEST] = None,
) -> None:
    if signature_input and given and content_digest:
        await enrolled(
            await proven(running, await signed(request, running, signature_input, given, content_digest))
        )
    else:
        await person(request, running, needed, token)


def or_person(*scopes: str) -> Any:
    """A dependency that refuses whoever is neither a till that signs nor somebody who holds these scopes."""
    return Security(_either, scopes=scopes)


Proven = Annotated[Proof, Depends(proven)]
Coded = Annotated[Proof, Depends(coded)]
Enrolled = Annotated[Till, Depends(enrolled)]


class SignedRoute(APIRoute):
    """Signs what is said to a till that has proven who it is, refusals included; a snapshot has a signature inside."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                response = await handle(request)
            except (Problem, Refused) as trouble:
                response = errors.told(request, errors.problem_of(trouble, request.scope["request_id"]))
            except RequestValidationError as invalid:
                if not any(_is_of_signature(cause["loc"]) for cause in invalid.errors()):
                    raise
                response = errors.told(request, _unsigned())
            proof = getattr(request.state, "proof", None)
            if proof is not None and response.media_type != "application/octet-stream":
                response.headers.update(_signed(proof, response))
            return response

        return answered


def _signed(proof: Proof, response: Response) -> dict[str, str]:
    name = signature.keyid(proof.device, proof.epoch)
    body = bytes(response.body)
    return signature.answer(proof.key, response.status_code, body, proof.signature, int(time.time()), name)


def _read(master: bytes, signature_input: str, given: str) -> Proof:
    matched = re.match(INPUT, signature_input)
    assert matched is not None, "the header's pattern was checked"
    created, device, epoch, counter = matched.group(2, 3, 4, 5)
    number = int(epoch)
    key = device_key(master, device, number) if number else enrolling.secret_of(master, device)
    return Proof(device, number, int(created), int(counter), key, given, None)


def _target(request: Request) -> str:
    """Path and query as they were sent."""
    path, query = request.scope.get("raw_path") or request.url.path.encode(), request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")


def _known(running: Running, proof: Proof) -> Proof:
    with running.database.reading() as connection:
        enrolled = fleet.get(connection, proof.device, proof.epoch)
        if enrolled:
            return proof._replace(enrolled=enrolled, stored=enrolled.counter)
        return proof._replace(stored=fleet.counted(connection, proof.device, proof.epoch))


def _keep_counter(running: Running, proof: Proof) -> None:
    """The first counter after a restart is beyond the reserve: whatever is answered, the next restart begins there."""
    running.write(lambda to: fleet.count(to, proof.device, proof.epoch, proof.counter))


def _check_clock(proof: Proof, now: int) -> None:
    if abs(now - proof.created) > WINDOW:
        detail = (
            f"The request was signed {abs(now - proof.created)} seconds off; sign with the time told here."
        )
        raise Problem(401, "clock-off", detail, now=now)


def _check_counter(running: Running, proof: Proof) -> None:
    following = running.counters.take(proof.device, proof.epoch, proof.stored, proof.counter)
    if following is not None:
        detail = (
            "A request with this counter or a higher one was here before; count on from the one told here."
        )
        raise Problem(401, "counter-used", detail, next=following)
