"""An experiment in JSON Schema, with the limits that the tills' own reader holds, and examples."""

from typing import Any

from pos_client.core import experiment, policy
from pos_client.core.record import text
from pricing_service import rule_schema
from pricing_service.problem import NAME

EXPERIMENT = "Experiment"
NOTE_LIMIT = 400
DAY = {**rule_schema.WITHOUT_LIMITS["date"], "description": rule_schema.DAY}

EXAMPLES: dict[str, dict[str, Any]] = {
    "holdout": {
        "id": "holdout-2027",
        "unit": "customer",
        "from": "2027-01-01",
        "until": "2027-12-31",
        "note": "One customer in twenty as before, to see what all of it earns.",
        "arms": [{"name": "usual", "share": 500, "holdout": True, "policy": {"plan": "best_first"}}],
    },
    "two climbs or one": {
        "id": "climbs-spring",
        "unit": "customer",
        "from": "2027-03-01",
        "until": "2027-04-30",
        "control": "two",
        "arms": [
            {"name": "two", "share": 2500},
            {"name": "one", "share": 2500, "policy": {"most_climbs": 1}},
        ],
    },
}


def components() -> dict[str, Any]:
    """The schema by its name."""
    return {EXPERIMENT: _experiment()}


def sent(creating: bool) -> dict[str, Any]:
    """What is sent to draft one, with its id, or to replace a draft, whose id is in the path."""
    schema = {"$ref": f"#/components/schemas/{EXPERIMENT}"}
    return {"allOf": [schema, {"required": ["id"]}]} if creating else schema


def _experiment() -> dict[str, Any]:
    members = {
        "id": {"type": "string", "pattern": NAME, "description": rule_schema.MEANINGS["id"]},
        "unit": {
            "enum": list(experiment.UNITS),
            "description": "What is drawn. Who shows no card is drawn by the checkout in either case.",
        },
        "from": DAY,
        "until": DAY,
        "arms": {"type": "array", "items": _arm(), "minItems": 1, "maxItems": 8},
        "control": {
            "anyOf": [rule_schema.of(text(64)), {"type": "null"}],
            "description": "The arm the others are held against; else the holdout, else the first.",
        },
        "adjusted": {
            "type": "boolean",
            "description": "Adjust margins by what each customer left in the 28 days before the start.",
        },
        "note": {**rule_schema.of(text(NOTE_LIMIT, 0)), "description": "Why, in a person's words."},
    }
    return _object(members, ["unit", "from", "until", "arms"])


def _arm() -> dict[str, Any]:
    members = {
        "name": rule_schema.of(text(64)),
        "share": {
            "type": "integer",
            "minimum": 1,
            "maximum": experiment.WHOLE,
            "description": "Of all units, in basis points; what no arm has is outside the experiment.",
        },
        "policy": {
            **_overrides(),
            "description": "Where it differs from the shop's policy.",
        },
        "holdout": {
            "type": "boolean",
            "description": "Business as usual: its policy needs plan best_first, or till_seconds 0 for no offers.",
        },
    }
    return _object(members, ["name", "share"])


def _overrides() -> dict[str, Any]:
    known = rule_schema.of(policy.READER)["properties"]
    return _object({name: known[name] for name in experiment.MAY_DIFFER}, [])


def _object(members: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": members, "additionalProperties": False}
    return {**schema, "required": required} if required else schema
