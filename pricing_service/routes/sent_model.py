"""A body that may be left out, read strictly, whatever type it was announced as: plain curl announces a form."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pricing_service.json_body import json_object


class Asked(BaseModel):
    """Why it is asked for: kept, with the name of who asks, with what is done."""

    model_config = ConfigDict(extra="forbid", strict=True)
    note: str = Field("", max_length=200, description="Why, in a person's words.")


def reader[M: BaseModel](model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads ``model`` from the body; an empty body is an object without members."""

    async def read(request: Request) -> M:
        raw = await request.body()
        given = json_object(raw) if raw.strip() else {}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            causes = [{**cause, "loc": ("body", *cause["loc"])} for cause in error.errors()]
            raise RequestValidationError(causes) from error

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The description of such a body."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": False, "content": content}}
