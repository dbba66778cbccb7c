"""Numbers that are none, or too large, or nested without end, at every place of every body: a refusal with a name."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.service.places import Client, Pen
from tests.service.test_description import DESCRIPTION
from tests.service.test_matrix import OPERATIONS, Operation

DEEP = "[" * 1_000_000
HOSTILE = (
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "9223372036854775808",
    "1" * 5000,
    "-0.0",
    "[[[[[[[[[]]]]]]]]]",
)
MARK = "here-it-is"
TEXT = {"date": "2026-11-21", "date-time": "2026-11-21T10:00:00Z"}


def schema_of(told: dict[str, Any]) -> dict[str, Any]:
    """A schema without references and choices: the first of each."""
    if "$ref" in told:
        return schema_of(DESCRIPTION["components"]["schemas"][told["$ref"].rsplit("/", 1)[1]])
    for choice in ("allOf", "anyOf", "oneOf"):
        if choice in told:
            return schema_of(told[choice][0])
    return told


def sample(told: dict[str, Any]) -> Any:
    """Some value of a schema, with every member that it names."""
    told = schema_of(told)
    kind = told["type"][0] if isinstance(told.get("type"), list) else told.get("type")
    if "enum" in told or "const" in told:
        return told.get("const", told.get("enum", [None])[0])
    if kind == "object":
        return {name: sample(member) for name, member in told.get("properties", {}).items()}
    if kind == "array":
        return [sample(told["items"])] if "items" in told else []
    plain = {"integer": told.get("minimum", 1), "number": told.get("minimum", 1), "boolean": True}
    return plain.get(kind, TEXT.get(told.get("format", ""), "a" * max(1, told.get("minLength", 1))))


def bodies(one: Operation) -> list[Any]:
    """What may be sent: the examples, and a sample of all members."""
    content = one.told.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return []
    return [*(each["value"] for each in content.get("examples", {}).values()), sample(content["schema"])]


def marked(value: Any) -> Iterator[Any]:
    """The value with one of its places marked, for every place."""
    yield MARK
    if isinstance(value, dict):
        for name, member in value.items():
            yield from ({**value, name: each} for each in marked(member))
    if isinstance(value, list):
        for at, member in enumerate(value):
            yield from ([*value[:at], each, *value[at + 1 :]] for each in marked(member))


def hostile(one: Operation) -> Iterator[bytes]:
    """Bodies with something hostile at every place."""
    seen = set()
    for body in bodies(one):
        for each in marked(body):
            text = json.dumps(each)
            if text not in seen:
                seen.add(text)
                yield from (text.replace(f'"{MARK}"', value).encode() for value in HOSTILE)


def headers(one: Operation, pen: Pen, body: bytes) -> dict[str, str]:
    signed = pen.signed(one.method, one.target, body) if one.is_for("device") else {}
    return {"if_match": '"1"', "content_type": "application/json", **signed}


WITH_BODIES = [one for one in OPERATIONS if bodies(one)]


@pytest.mark.parametrize("one", WITH_BODIES, ids=lambda one: f"{one.method} {one.path}")
def test_a_hostile_number_anywhere_in_a_body_is_refused_by_name(
    client: Client, pen: Pen, one: Operation
) -> None:
    taken = []
    for body in hostile(one):
        answer = client.ask(one.method, one.target, body, **headers(one, pen, body))
        if not (400 <= answer.status < 500 and answer.json["code"]):
            taken.append((answer.status, body[:300]))
    assert taken == []


@pytest.mark.parametrize("one", WITH_BODIES, ids=lambda one: f"{one.method} {one.path}")
def test_a_million_brackets_are_refused_by_name(client: Client, pen: Pen, one: Operation) -> None:
    for body in (DEEP.encode(), json.dumps(MARK).replace(f'"{MARK}"', '{"a":' * 200_000).encode()):
        answer = client.ask(one.method, one.target, body, **headers(one, pen, body))
        assert 400 <= answer.status < 500 and answer.json["code"], answer.body[:200]


def test_a_hostile_number_in_a_query_is_refused_by_name(client: Client) -> None:
    for one in OPERATIONS:
        for told in one.told.get("parameters", ()):
            if told["in"] == "query" and schema_of(told["schema"]).get("type") in ("integer", "number"):
                for value in HOSTILE:
                    answer = client.ask(one.method, f"{one.target}?{told['name']}={quote(value)}")
                    assert 400 <= answer.status < 500, (one.path, told["name"], value, answer.body)
                    assert answer.json["code"]
