"""Discounts and policies in JSON Schema, derived from the readers that decide, so that the two cannot drift apart.

A reader is a closure over its limits (`pos_client.core.record`); what it closes over is what its schema says.
"""

from collections.abc import Callable
from inspect import getclosurevars
from typing import Any

from pos_client.core import discount, policy
from pricing_service import disclosures
from pricing_service.problem import NAME, TEXT

MONEY = "minor units, such as cents"
PIECES = "pieces; a line's `pack` counts"
RATE = "basis points: 1000 is 10 %"
DAY = "the shop's local day, inclusive"
MEANINGS = {
    "id": "names it for ever",
    "label": "what the customer hears and reads",
    "kind": "what it gives",
    "entitlement": "`automatic` is always given, `on_request` is a rung (the default)",
    "stack": "discounts of one group do not go together",
    "exclusive": "goes together with no other",
    "priority": "higher ones apply first",
    "basis": "of what: what the others have left (the default) or the shelf price",
    "most_per_order": MONEY,
    "per_customer": "allowance of one customer in a period",
    "budget": "what all customers together may be given in a period",
    "disclosure": "text that is shown with the offer",
    "jurisdiction": "whose law says what is shown with a personalised price: `eu`, `us-ny`; docs/privacy.md",
    "skus": "on these articles only",
    "brands": "on these brands only",
    "categories": "on these categories only",
    "tags": "on lines with one of these tags only",
    "price_from": "on units of at least this price, " + MONEY,
    "price_to": "on units of at most this price, " + MONEY,
    "from": DAY,
    "until": DAY,
    "weekdays": "1 is Monday",
    "minimum_spend": "of the whole basket, " + MONEY,
    "minimum_quantity": PIECES,
    "maximum_quantity": PIECES,
    "requires": "what else must be in the basket",
    "birthday": "days around it",
    "before": "days",
    "after": "days",
    "tiers": "for customers of these tiers",
    "coupon": "for who shows this code",
    "visit": "on the customer's n-th visit",
    "rate": RATE,
    "level": "rounded once over the order (the default) or on every line",
    "amount": MONEY,
    "units": "on so many units at most, the cheapest first",
    "units_per_line": "on so many units of a line at most",
    "bands": "[pieces, rate] pairs; the highest band reached counts",
    "buy": "units to be paid",
    "get": "units free, or `rate` off",
    "times": "so often on one checkout at most",
    "price": "of the bundle, " + MONEY,
    "quantity": "units",
    "parts": "each part a selector with its quantity; either this or `quantity`",
    "period": "for how long it counts",
    "uses": "times in a period",
    "plan": "how a ladder is offered",
    "margin": "of the price without tax, that the shop keeps where the cost is not known, " + RATE,
    "lost_sale": "what a customer who walks out costs besides this sale, of the basket, " + RATE,
    "till_hour": "what an hour of the till costs, " + MONEY,
    "waiting_hour": "what an hour of one customer waiting in the queue costs, " + MONEY,
    "question_seconds": "what one offer takes",
    "till_seconds": "what a checkout may spend on offers",
    "most_climbs": "offers after the first",
    "silent_above": "customers waiting: with more of them nothing is offered",
    "hold_firm": "share of checkouts, drawn at random, on which the till does not climb, " + RATE,
    "stand_firm": "share of visits on which tills stop early with who seems to hold out, " + RATE,
    "read_ms": "milliseconds: a prompt answered faster was not read",
    "price_floor": "part of the shelf price that must remain, " + RATE,
    "minimum_margin": "of the selling price, where the cost is known, " + RATE,
    "most_stacked": "discounts in one rung",
    "utc_offset": "minutes the shop's day is ahead of UTC",
    "snapshot_days": "age of a snapshot from which tills plan smallest first, without beliefs or experiments",
    "trust_hours": "age of a snapshot up to which every till gives a customer all that is left of an allowance",
}
DATE = "^(19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}$"  # no till was there before
WITHOUT_LIMITS = {
    "flag": {"type": "boolean"},
    "date": {"type": "string", "format": "date", "pattern": DATE},
    "_rate": {"type": "integer", "minimum": 1, "maximum": 10_000},
    "_band": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2},
}
ID = {"type": "string", "pattern": NAME}
DISCOUNT, POLICY = "Discount", "Policy"


def components() -> dict[str, Any]:
    """The schemas by name: one for each kind, `Discount` for any of them, and `Policy`."""
    kinds = {kind: f"{DISCOUNT}_{kind}" for kind in sorted(discount.READERS)}
    out = {name: _object(discount.READERS[kind], title=kind) for kind, name in kinds.items()}
    mapping = {kind: _ref(name) for kind, name in kinds.items()}
    discriminator = {"propertyName": "kind", "mapping": mapping}
    out[DISCOUNT] = {"oneOf": [{"$ref": ref} for ref in mapping.values()], "discriminator": discriminator}
    out[kinds["bundle"]]["oneOf"] = [{"required": ["quantity"]}, {"required": ["parts"]}]
    out[POLICY] = _object(policy.READER, title=POLICY)
    known = {"anyOf": [{"enum": sorted(disclosures.NOTICES)}, {"type": "null"}]}
    out[POLICY]["properties"]["jurisdiction"] |= known
    return out


def sent(name: str, creating: bool) -> dict[str, Any]:
    """What is sent to create one, with its id, or to replace one, whose id is in the path and may be left out."""
    schema = {"$ref": _ref(name)}
    return {"allOf": [schema, {"required": ["id"]}]} if creating else schema


def of(read: Callable) -> dict[str, Any]:
    """What one reader takes. Raises `KeyError` for a reader nobody described."""
    maker = read.__qualname__.partition(".")[0]
    limits = getclosurevars(read).nonlocals
    return FROM_LIMITS[maker](**limits) if maker in FROM_LIMITS else WITHOUT_LIMITS[maker]


def _ref(name: str) -> str:
    return f"#/components/schemas/{name}"


def _object(read: Callable, title: str) -> dict[str, Any]:
    schema = {"title": title, **of(read)}
    schema["properties"] = {**schema["properties"], "id": {**ID, "description": MEANINGS["id"]}}
    schema["required"] = [name for name in schema["required"] if name != "id"]
    return schema


def _integer(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _text(longest: int, shortest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": shortest, "maxLength": longest, "pattern": TEXT}


def _choice(values: tuple[str, ...]) -> dict[str, Any]:
    return {"enum": list(values)}


def _optional(reader: Callable) -> dict[str, Any]:
    return {"anyOf": [of(reader), {"type": "null"}]}


def _listing(reader: Callable, most: int, least: int) -> dict[str, Any]:
    return {"type": "array", "items": of(reader), "minItems": least, "maxItems": most}


def _fields(required: dict[str, Callable], others: tuple[dict[str, Callable], ...]) -> dict[str, Any]:
    members = {name: read for group in (required, *others) for name, read in group.items()}
    return {
        "type": "object",
        "properties": {name: {**of(read), "description": MEANINGS[name]} for name, read in members.items()},
        "required": list(required),
        "additionalProperties": False,
    }


FROM_LIMITS = {
    "integer": _integer,
    "text": _text,
    "choice": _choice,
    "optional": _optional,
    "listing": _listing,
    "fields": _fields,
}
