"""The description of the API: what FastAPI derives, put right where it cannot know."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pricing_service import experiment_schema, prior_schema, rule_schema
from pricing_service.basket_schema import ANSWER, BASKET

PROBLEM = {"$ref": "#/components/schemas/ProblemBody"}
DEVICE = {
    "type": "apiKey",
    "in": "header",
    "name": "Signature",
    "description": "A till signs its requests (RFC 9421) with the key of its enrolment.",
}
MEANINGS = {
    400: "The core refused what was sent",
    401: "Who are you",
    403: "Not yours to do",
    404: "No such thing",
    409: "It contradicts what is here",
    412: "Changed since it was read",
    413: "Too large",
    415: "Of another type",
    422: "Not of the described form",
    428: "If-Match is needed",
    429: "Too fast",
    500: "Unforeseen",
    503: "Not now: try again",
}
IF_MATCH = {
    "required": True,
    "description": "The ETag that was read; without it 428.",
    "schema": {"type": "string", "pattern": '^"?[0-9]{1,10}"?$', "examples": ['"3"']},
}
ETAG = {200: {"headers": {"ETag": {"description": "The version.", "schema": {"type": "string"}}}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may answer with these problems."""
    return {
        status: {
            "description": MEANINGS[status],
            "content": {"application/problem+json": {"schema": PROBLEM}},
        }
        for status in sorted({*statuses, 500, 503})
    }


def sends(schema: dict[str, Any], examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What describes a body that the route reads by itself; ``examples`` by name."""
    shown = {name: {"value": value} for name, value in examples.items()}
    content = {"application/json": {"schema": schema, "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A model's own schema with its parts where they stand: what a route reads by itself is no component."""
    parts = schema.get("$defs", {})

    def put(told: Any) -> Any:
        if isinstance(told, list):
            return [put(each) for each in told]
        if not isinstance(told, dict):
            return told
        if "$ref" in told:
            return put(parts[told["$ref"].rsplit("/", 1)[1]])
        return {name: put(value) for name, value in told.items() if name != "$defs"}

    return put(schema)


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document, built once."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        schemas = document["components"]["schemas"]
        schemas.update(_problem_schema())
        schemas.update(rule_schema.components())
        schemas.update(prior_schema.components())
        schemas.update(experiment_schema.components())
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        document["paths"]["/v1/decisions"] = {"post": _decisions()}
        document["components"]["securitySchemes"]["device"] = DEVICE
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"] |= _refusals(operation["security"])
                for parameter in operation.get("parameters", ()):
                    if parameter["name"] == "if-match":  # the framework would answer 422 where it is missing
                        parameter |= IF_MATCH
        app.openapi_schema = document
    return app.openapi_schema


def _refusals(security: list[dict[str, list[str]]]) -> dict[str, Any]:
    """What an operation may answer to whom it does not know, or who lacks a scope."""
    schemes = {name for either in security for name in either}
    statuses = {"person": (401, 403, 429), "device": (401,)}
    told = problems(*[status for name in schemes for status in statuses[name]]) if schemes else {}
    return {str(status): body for status, body in told.items()}


def _problem_schema() -> dict[str, Any]:
    from pricing_service.errors import ProblemBody

    return {"ProblemBody": ProblemBody.model_json_schema()}


def _decisions() -> dict[str, Any]:
    """The route FastAPI does not see."""
    responses = {str(status): told for status, told in problems(400, 413).items()}
    responses["200"] = {"description": "What to offer", "content": {"application/json": {"schema": ANSWER}}}
    return {
        "tags": ["decisions"],
        "summary": "Decide",
        "description": "The till's PUT, answered from the service's own snapshot: same basket, same answer.",
        "operationId": "decide",
        "security": [{"person": ["decide:write"]}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": BASKET}}},
        "responses": responses,
    }
