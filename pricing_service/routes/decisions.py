"""``POST /v1/decisions``: the till's answer for shops without a till.

The body is read once, by the core, and answered on the event loop from memory. No thread, no database, no second
validation: the till's own readers are the validation.
"""

import json
import time

from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pos_client.core.record import text
from pricing_service import admission, metrics
from pricing_service.caller import own_store
from pricing_service.deciding import number
from pricing_service.json_body import json_object
from pricing_service.service import Service

PATH = "/v1/decisions"
_checkout_id = text(128)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def application(service: Service) -> ASGIApp:
    """The route as an application of its own, for the edge to call without the framework between."""

    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = route
        caller = admission.admit(service.signed_in, scope, "decide", "decide:write")
        if caller.store is not None:
            own_store(service.settings.store)
        raw = await _body(receive)
        body = json_object(raw)
        named = body.pop("checkout_id", None)
        checkout_id = number(raw) if named is None else _checkout_id(named, "checkout_id")
        told = service.decider.decide(checkout_id, body, int(time.time()), _language(scope))
        metrics.decided(told["state"])
        content = _encode(told).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    route = Route(PATH, decide, methods=["POST"])
    return decide


async def _body(receive: Receive) -> bytes:
    message = await receive()
    raw = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        raw += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return raw


def _language(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return value.decode("latin-1")
    return "en"
