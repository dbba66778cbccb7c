"""The basket and its answer in JSON Schema, for readers of the API; the core's readers are what decides."""

from typing import Any

from pos_client.core.basket import MOST_LINES, MOST_UNITS
from pos_client.core.record import LARGEST
from pricing_service.problem import TEXT


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": TEXT}


def _whole(low: int, high: int = LARGEST, **more: Any) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, **more}


def _object(required: dict[str, Any], **others: Any) -> dict[str, Any]:
    members = {**required, **others}
    return {
        "type": "object",
        "properties": members,
        "required": list(required),
        "additionalProperties": False,
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: dict[str, Any], most: int, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most, **more}


NAME = _text(64)
MONTH_DAY = "^((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)$"
CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"], "description": "ISO 4217"}
LINE = _object(
    {"sku": NAME, "quantity": _whole(1, MOST_UNITS), "unit_price": _whole(0, description="minor units")},
    category=_or_null(NAME),
    brand=_or_null(NAME),
    tax=_whole(0, 10_000, description="basis points; prices include it"),
    floor=_whole(0, description="lowest price of a unit"),
    cost=_whole(0, description="what a unit cost the shop"),
    pack=_whole(1, 10_000, description="pieces in a unit"),
    tags=_list(NAME, 16),
    excluded={"type": "boolean", "description": "never discounted"},
)
STATED = _object(
    {"id": NAME, "amount": _whole(1)},
    kind=NAME,
    label=_text(80),
    entitlement={"enum": ["automatic", "on_request"]},
    disclosure=_or_null(_text(400)),
)
BASKET = _object(
    {"currency": CURRENCY, "lines": _list(LINE, MOST_LINES)},
    checkout_id=_or_null(_text(128)),
    customer=_or_null(_text(128)),
    cashier=_or_null(NAME),
    queue=_whole(0, 1000),
    discounts=_or_null(_list(STATED, 64)),
    coupons=_list(NAME, 16),
    tier=_or_null(NAME),
    birthday=_or_null({"type": "string", "pattern": MONTH_DAY}),
    training={"type": "boolean"},
    profile={"type": "boolean", "description": "false: the customer refuses to be known"},
)

_AMOUNT = {"type": "integer", "description": "minor units"}
_RUNG = {
    "rung": {"type": "integer"},
    "discounts": {"type": "array", "items": {"type": "string"}},
    "label": {"type": "string"},
    "amount": _AMOUNT,
    "depth": {"type": "integer", "description": "basis points of gross"},
}
_OFFER = {
    "rung": {"type": "integer"},
    "label": {"type": "string"},
    "amount": _AMOUNT,
    "depth": {"type": "integer"},
    "pay": _AMOUNT,
    "say": {"type": "string"},
    "disclosure": _or_null({"type": "string"}),
}
_GOODWILL = {"available": _AMOUNT, "given": _AMOUNT}
_AUTOMATIC = {"id": {"type": "string"}, "amount": _AMOUNT}


def _told(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members)}


ANSWER = _told(
    {
        "checkout_id": {"type": "string"},
        "gross": _AMOUNT,
        "currency": {"type": "string"},
        "arm": {"type": "string"},
        "release": {"type": "string"},
        "snapshot": {"type": "integer"},
        "automatic": {"type": "array", "items": _told(_AUTOMATIC)},
        "ladder": {"type": "array", "items": _told(_RUNG)},
        "plan": {"type": "array", "items": {"type": "integer"}},
        "state": {"enum": ["offering", "nothing_to_offer"]},
        "offer": _or_null(_told(_OFFER)),
        "goodwill": _told(_GOODWILL),
        "pay": _AMOUNT,
    }
)
