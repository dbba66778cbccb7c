"""Schemathesis against the service in this process, by each caller: what was answered, and what was not as described.

Schemathesis makes requests up and judges the answers; `Callers` puts in who calls, with what only the service's own
clock and keys can give: an access token that has not ended, a signature over the very bytes that are sent.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pos_client.core import code
from pricing_service import enrolling, fleet, sessions
from pricing_service.describe import document
from pricing_service.routes import device_access
from pricing_service.security import device_key, signed_now
from pricing_service.service import Service
from tests.service.people import added

PERSONS = ("admin", "analyst", "it", "auditor", "cashier")
TILL = "a till"
SIGNED = "rung=:" + "A" * 43 + "=:"
"""The ``Signature`` in whose place the till's own is put."""
FORMS = (device_access.INPUT, device_access.DIGEST)
REDEEM = "/v1/enrolments/redeem"
DESCRIPTION = json.loads(document())
PHASES = ("examples", "coverage", "fuzzing", "stateful")
# Also refused: what somebody changed since, what is too large, a change that does not say what it was read as.
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428", "429"]
TAKEN = ["2xx", "401", "403", "404", "409", "412", "429"]
MEANT = {
    "amount-above-gross": "a discount against the lines",
    "another-id": "the id in the body is not the one in the path",
    "bands-fall": "one band against the next",
    "duplicate-discount": "one against the others",
    "device-twice": "one group against the others",
    "group-size": "one member against another",
    "group-twice": "one group against the others",
    "groups-order": "one group against the others",
    "no-tills": "tills against the release",
    "unknown-device": "names against those that are there",
    "ends-before-it-begins": "one day against another",
    "floor-above-price": "one member against another",
    "duplicate-arm": "one arm against the others",
    "empty-range": "one member against another",
    "not-a-moment": "a time against the clock",
    "not-a-period": "one day against another",
    "one-arm": "needs a second arm or a holdout",
    "password-common": "no pattern tells what is easily guessed",
    "prior-unreadable": "what densities mean together",
    "too-long": "one day against another",
    "two-goodwill-rules": "one rule against those that are there",
    "unknown-arm": "`control` names one of the arms",
    "unknown-currency": "ISO 4217, which changes",
}
"""Refusals of what is of the right form: what no JSON Schema of one member can say, and why each is one."""


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: object, value: object) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def filter_failure(
    _context: object, failure: Failure, case: schemathesis.Case, response: schemathesis.Response
) -> bool:
    """Whether a failure is one. A refusal in `MEANT` is of what was sent, not of its form; a fit leaves its files
    when it has ended; whatever is sent as lines is text, a number as well."""
    told = json.loads(response.content).get("code") if response.status_code >= 400 else ""
    if isinstance(failure, RejectedPositiveData):
        return told not in MEANT and not _has_a_point(case.body)
    if isinstance(failure, EnsureResourceAvailability):
        return told != "no-such-file"
    if isinstance(failure, AcceptedNegativeData) and case.meta and case.media_type == "application/x-ndjson":
        wrong = {place for place, each in case.meta.components.items() if each.mode.is_negative}
        return wrong != {ParameterLocation.BODY}
    return True


def _has_a_point(sent: object) -> bool:
    """Whether 330.0 stands somewhere, which is a whole number to JSON Schema and none here."""
    if isinstance(sent, dict | list):
        return any(_has_a_point(each) for each in (sent.values() if isinstance(sent, dict) else sent))
    return isinstance(sent, float) and sent.is_integer()


class Played(NamedTuple):
    """Cases by their answer's status, and what was wrong, in words."""

    cases: Counter[int]
    wrong: list[str]


class Callers:
    """``app``, with who calls put into each request that says `Bearer ROLE` or carries the signature `SIGNED`."""

    def __init__(self, app: ASGIApp, running: Service) -> None:
        self._app, self._running = app, running
        self._tokens: dict[str, str] = {}
        self._codes = count(1)
        for role in PERSONS:
            added(running.settings, f"{role}-1", role)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        role = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
        if role in PERSONS:
            headers[b"authorization"] = b"Bearer " + self._token(role).encode()
        if headers.get(b"signature") == SIGNED.encode() and _is_formed(headers):
            body = await _whole(receive)
            headers |= self._signatures(scope, body)
            receive = _again(body, receive)
        if headers:
            scope = {**scope, "headers": list(headers.items())}
        await self._app(scope, receive, send)

    def _token(self, role: str) -> str:
        """One that has not ended, though an earlier case may have ended its session."""
        token = self._tokens.get(role, "")
        if self._running.signed_in.by_token(token, time.time() + 60) is None:
            now = int(time.time())
            begun = self._running.writer.submit(lambda to: sessions.begin(to, f"{role}-1", now)).result()
            self._running.people_changed()
            token = self._tokens[role] = self._running.signed_in.token_for(f"{role}-1", begun.id)
        return token

    def _signatures(self, scope: Scope, body: bytes) -> dict[bytes, bytes]:
        """The headers of a true till, or of who has a code that was not used yet."""
        if scope["path"] == REDEEM:
            name, epoch, key = self._code()
        else:
            name, epoch, key = self._till()
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        target = (scope["raw_path"] + query).decode("latin-1")
        told = signed_now(key, name, epoch, scope["method"], target, body)
        return {header.lower().encode(): value.encode() for header, value in told.items()}

    def _till(self) -> tuple[str, int, bytes]:
        """`till-1` in its newest epoch; enrolled anew if an earlier case revoked it."""
        with self._running.database.reading() as connection:
            till = fleet.page(connection, "till-0", 1)[0]
        if till.revoked is not None:
            till = self._running.writer.submit(lambda to: fleet.enrol(to, "till-1", "sample")).result()
        return till.device, till.epoch, device_key(self._running.master_key, till.device, till.epoch)

    def _code(self) -> tuple[str, int, bytes]:
        name, master = f"z-{next(self._codes)}", self._running.master_key
        made = (master, name, "sample", "en", "admin", int(time.time()))
        told, _ = self._running.writer.submit(lambda to: enrolling.make(to, *made)).result()
        code_id, secret = code.read(told)
        return code_id.hex(), 0, secret


def played(app: ASGIApp, caller: str, phases: tuple[str, ...], examples: int, paths: str = "") -> Played:
    """Everything Schemathesis makes up for one caller, for operations whose path matches; all its checks."""
    headers = {"Signature": SIGNED} if caller == TILL else {"Authorization": f"Bearer {caller}"}
    config = {
        "headers": headers,
        "generation": {
            "deterministic": True,
            "max-examples": examples,
            "no-shrink": True,
            "database": "none",
        },
        "phases": {name: {"enabled": name in phases} for name in PHASES},
        "checks": {
            "negative_data_rejection": {"expected-statuses": REFUSED},
            "positive_data_acceptance": {"expected-statuses": TAKEN},
            "missing_required_header": {"expected-statuses": ["400", "401", "403", "422", "428"]},
        },
        "continue-on-failure": True,
        "max-stream-events": 1,  # a watched fit is told of until it ends, and here nobody makes it
        "request-timeout": 30,
        "workers": 1,
    }
    schema = schemathesis.openapi.from_dict(DESCRIPTION, config=schemathesis.Config.from_dict(config))
    schema.app = app
    told = Played(Counter(), [])
    for event in from_schema(schema.include(path_regex=paths) if paths else schema).execute():
        _note(event, caller, told)
    return told


def _note(event: events.EngineEvent, caller: str, told: Played) -> None:
    if isinstance(event, events.NonFatalError):
        told.wrong.append(f"{caller}: {event.label}: {event.value}")
    elif isinstance(event, events.FatalError):
        told.wrong.append(f"{caller}: {event.exception}")
    elif isinstance(event, events.ScenarioFinished):
        made = event.recorder.interactions
        told.cases.update(each.response.status_code if each.response else 0 for each in made.values())
        told.wrong.extend(f"{caller}: {what}" for what in _failures(event.recorder))


def _failures(recorder: ScenarioRecorder) -> Iterator[str]:
    for case, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                made = recorder.interactions[case]
                sent = f"{made.request.method} {made.request.uri} {(made.request.body or b'')[:400]!r}"
                got = made.response.content[:400] if made.response else b"nothing"
                yield f"{check.name}: {sent}: {check.failure_info.failure.message:.400} {got!r}"


def _is_formed(headers: dict[bytes, bytes]) -> bool:
    """Whether what stands where a till's headers belong has their form; what has not must be refused as it is."""
    given = [headers.get(name, b"").decode("latin-1") for name in (b"signature-input", b"content-digest")]
    return all(re.match(form, value) for form, value in zip(FORMS, given, strict=True))


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives ``body`` at once, and then what ``receive`` gives."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
