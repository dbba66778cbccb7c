"""Priors in JSON Schema, with the limits the readers hold: densities by their families, words by what they take."""

from typing import Any

from models import elicitation
from models.declaration import BY_TYPE, DECLARATION, FAMILIES, FEATURES, NAME_LIMIT, RANGES, SINGLE, TYPES
from models.densities import Dirichlet
from pricing_service.problem import NAME

PRIORS, WORDS = "Priors", "PriorWords"
NOTE_LIMIT = 400

Schema = dict[str, Any]

SAYS = {
    "shares": "of indifferent customers, hunters, sensitive ones",
    "mu": "mean over sensitive customers of ln(depth / 10000) they need",
    "tau": "its spread from customer to customer",
    "eta": "spread of the mean from cohort to cohort",
    "sigma": "spread of what one customer needs, from visit to visit",
    "delta": "how much deeper, in log depth, an offer must be after a refusal",
    "eps": "chance that a visit is mis-keyed",
    "omega": "spread of its logit from cashier to cashier",
    "leave": "chance to walk out after a refusal, by type",
    "leave_end": "the same after the last offer was refused, when nothing more comes",
}


def sent() -> Schema:
    """The body that makes a prior."""
    return _object(
        {
            "id": {
                "type": "string",
                "pattern": NAME,
                "description": "Chosen by the caller; names it for ever.",
            },
            "note": {"type": "string", "maxLength": NOTE_LIMIT, "default": ""},
            "prior": {"$ref": f"#/components/schemas/{PRIORS}"},
        },
        ["id", "prior"],
    )


def components() -> dict[str, Schema]:
    """The schemas by name."""
    return {PRIORS: _priors(), WORDS: _words()}


def _priors() -> Schema:
    members = {
        "declaration": {"const": DECLARATION},
        "name": {"type": "string", "minLength": 1, "maxLength": NAME_LIMIT},
        "words": {"$ref": f"#/components/schemas/{WORDS}"},
        **{name: {**_density(name), "description": SAYS[name]} for name in SINGLE},
        **{name: {**_list(_density(name), 3), "description": SAYS[name]} for name in BY_TYPE},
        "beta": _object({feature: _density("beta") for feature in FEATURES}),
        "half_life": {**_number(1, 36500), "description": "days"},
        "cohorts": {"anyOf": [_cohorts(), {"type": "null"}]},
        "covariates": {"type": "array", "maxItems": len(FEATURES), "items": _covariate()},
    }
    return {
        **_object(members, ["declaration", "name"]),
        "description": "What is left out is as in default-1.",
    }


def _density(parameter: str) -> Schema:
    family = FAMILIES[parameter]
    low, high = RANGES[parameter]
    if family is Dirichlet:
        numbers, value = {"alpha": _list(_number(0.1, 1e7), 3)}, _list(_number(low, high), 3)
    else:
        numbers, value = {name: _number(*ends) for name, ends in family.BOUNDS.items()}, _number(low, high)
    drawn = {"density": {"const": family.__name__.lower()}, **numbers}
    fixed = {"density": {"const": "fixed"}, "value": value}
    return {"oneOf": [_object(drawn, list(drawn)), _object(fixed, list(fixed))]}


def _cohorts() -> Schema:
    cuts = {"type": "array", "items": _number(0, 1e6), "minItems": 1, "maxItems": 7}
    return _object({"feature": {"enum": list(FEATURES)}, "cuts": cuts}, ["feature", "cuts"])


def _covariate() -> Schema:
    return _object({"feature": {"enum": list(FEATURES)}, "centre": _number(-1e6, 1e6)}, ["feature", "centre"])


def _words() -> Schema:
    percent, factor, more = (
        _number(*ends) for ends in (elicitation.PERCENT, elicitation.FACTOR, elicitation.MORE)
    )
    shares = {kind: _number(0.001, 0.998) for kind in TYPES}
    below = _either({}, {"factor_surely_below": factor}, {"factor": _number(1, 20)})
    members = {
        "need": _sure({"half_need_more_than": percent}, percent),
        "types": _either(shares, {"worth_customers": _number(*elicitation.WORTH)}),
        "differs_between_customers": _sure({"factor": factor}, factor),
        "differs_between_visits": _sure({"factor": factor}, factor),
        "differs_between_cohorts": below,
        "after_a_refusal": _sure({"wants_more": _number(0, elicitation.MORE[1])}, more),
        "mis_keyed": _chance("visit"),
        "mis_keying_differs": below,
        "walks_out": _object({kind: _chance("refusal") for kind in TYPES}),
        "walks_out_at_the_top": _object({kind: _chance("refusal") for kind in TYPES}),
        "basket": _object({feature: _effect(percent) for feature in FEATURES}),
        "half_life_days": _number(1, 36500),
    }
    return {**_object(members), "description": "An analyst's words: see docs/priors.md."}


def _sure(said: dict[str, Schema], end: Schema) -> Schema:
    return _either(said, {"sure_between": _list(end, 2)})


def _chance(things: str) -> Schema:
    said = {f"one_{things}_in": _number(*elicitation.ONE_IN)}
    return _either(said, {f"worth_{things}s": _number(*elicitation.WORTH)})


def _effect(percent: Schema) -> Schema:
    members = {"typical": _number(0.01, 1e6), "effect_surely_below": percent}
    return _object(members, list(members))


def _either(
    said: dict[str, Schema], sure: dict[str, Schema], pinned: dict[str, Schema] | None = None
) -> Schema:
    """What is said with how sure one is, or with ``"exactly": true``."""
    open_, exact = {**said, **sure}, {**said, **(pinned or {}), "exactly": {"const": True}}
    return {"oneOf": [_object(open_, list(open_)), _object(exact, list(exact))]}


def _number(low: float, high: float) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high}


def _list(items: Schema, count: int) -> Schema:
    return {"type": "array", "items": items, "minItems": count, "maxItems": count}


def _object(members: dict[str, Schema], required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "properties": members, "additionalProperties": False}
    return {**schema, "required": required} if required else schema
