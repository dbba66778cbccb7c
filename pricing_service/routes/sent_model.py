"""A body with few members, read strictly, whatever type it was announced as: plain curl announces a form."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pricing_service.json_body import json_object
from pricing_service.problem import Problem

MOST_BYTES = 1 << 16


class Body(BaseModel):
    """``ALLOWED`` says in words what each member may be, for who sent something else."""

    model_config = ConfigDict(extra="forbid", strict=True)
    ALLOWED: ClassVar[dict[str, str]] = {}


class Asked(Body):
    """Why it is asked for: kept, with the name of who asks, with what is done."""

    note: str = Field("", max_length=200, description="Why, in a person's words.")

    ALLOWED: ClassVar[dict[str, str]] = {"note": "is a text of at most 200 characters"}


def reader[M: Body](model: type[M], required: bool = False) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads ``model`` from the body; one that is not ``required`` may be left out."""

    async def read(request: Request) -> M:
        raw = await request.body()
        check_small(raw)
        given = json_object(raw) if required or raw.strip() else {}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise _problem(model, [str(cause["loc"][0]) for cause in error.errors()]) from error

    return read


def check_small(raw: bytes) -> None:
    """Refuse what is read on the event loop, perhaps of strangers, and larger than it ever needs to be."""
    if len(raw) > MOST_BYTES:
        raise Problem(413, "body-too-large", f"This may have {MOST_BYTES} bytes.")


def described(model: type[Body], required: bool = False) -> dict[str, Any]:
    """The description of such a body."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": required, "content": content}}


def _problem(model: type[Body], members: list[str]) -> Problem:
    """What to answer to a body whose ``members`` are not as they may be."""
    said = {f"body.{name:.40}": _sentence(model, name) for name in members}
    causes = [{"where": where, "what": what} for where, what in said.items()]
    return Problem(422, "invalid-request", " ".join(list(said.values())[:5]), errors=causes)


def _sentence(model: type[Body], name: str) -> str:
    if name in model.ALLOWED:
        return f"`{name}` {model.ALLOWED[name]}."
    return f"`{name:.40}` is not known: what may be sent is {', '.join(model.ALLOWED)}."
