"""``POST /v1/decisions``: the till's answer for shops without a till.

A plain Starlette route: the body is read once, by the core, and answered on the event loop from memory. No thread, no
database, no second validation; the till's own readers are the validation.
"""

import json
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pos_client.core.record import Invalid, text
from pricing_service import metrics
from pricing_service.deciding import number

_checkout_id = text(128)


async def decide(request: Request) -> Response:
    raw = await request.body()
    body = _parsed(raw)
    checkout_id = _checkout_id(body.pop("checkout_id", None) or number(raw), "checkout_id")
    language = request.headers.get("accept-language", "en")
    told = request.app.state.service.decider.decide(checkout_id, body, int(time.time()), language)
    metrics.decided(told["state"])
    return Response(json.dumps(told, ensure_ascii=False).encode(), media_type="application/json")


def _parsed(raw: bytes) -> dict:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid("not-json", "Send the basket as JSON.") from error
    if type(body) is not dict:
        raise Invalid("not-an-object", "Send the basket as a JSON object.")
    return body


route = Route("/v1/decisions", decide, methods=["POST"])
