"""``/v1/discounts`` and ``/v1/policies``: list, read, create, replace, retire. One shape for both."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pricing_service import audit_trail, rule_schema, standing
from pricing_service.openapi import ETAG, problems, sends
from pricing_service.problem import NAME
from pricing_service.routes.access import ExpectedVersion, Running, SentObject, needs
from pricing_service.routes.second_person import WAITS, agreed
from pricing_service.rule_examples import EXAMPLES
from pricing_service.rule_store import DISCOUNTS, POLICIES, Book, Rule

Name = Annotated[str, Path(pattern=NAME)]
After = Annotated[str, Query(max_length=64, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


class Kept(BaseModel):
    """A rule with what the service knows about it; ``version`` is also its ETag."""

    model_config = ConfigDict(extra="forbid")
    id: str
    version: int
    changed: str = Field(json_schema_extra={"format": "date-time"})
    retired: str | None = Field(description="Since when it is out of force.")
    rule: dict[str, Any] = Field(
        description="What was sent, as the tills read it: see the schemas Discount and Policy."
    )


class Written(Kept):
    revision: int = Field(
        description="A till decides by this rule once `revision` of it in /v1/devices is at least this."
    )


class Page(BaseModel):
    items: list[Kept]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last one.")


def discounts() -> APIRouter:
    """A discount names its own id, and its rule is an object as in docs/discounts.md."""
    router = APIRouter(prefix="/v1/discounts", tags=["discounts"])
    _reads(router, DISCOUNTS)
    _writes(router, DISCOUNTS)
    return router


def policies() -> APIRouter:
    """A policy is in force at the store of its id, the one called ``default`` everywhere else."""
    router = APIRouter(prefix="/v1/policies", tags=["policies"])
    _reads(router, POLICIES)
    _writes(router, POLICIES)
    return router


def _reads(router: APIRouter, book: Book) -> None:
    reads = [needs("rules:read")]

    @router.get(
        "",
        response_model=Page,
        responses=problems(422),
        operation_id=f"list-{book.noun}",
        summary="List",
        dependencies=reads,
    )
    def page(running: Running, after: After = "", limit: Limit = 50) -> Page:
        with running.database.reading() as connection:
            rules = book.page(connection, after, limit + 1)
        items = [_kept(rule) for rule in rules[:limit]]
        return Page(items=items, next=items[-1].id if len(rules) > limit else None)

    @router.get(
        "/{name}",
        response_model=Kept,
        responses=problems(404, 422) | ETAG,
        operation_id=f"get-{book.noun}",
        summary="Read one",
        dependencies=reads,
    )
    def get(running: Running, name: Name, response: Response) -> Kept:
        with running.database.reading() as connection:
            return _answer(book.get(connection, name), response)


def _writes(router: APIRouter, book: Book) -> None:
    waits = WAITS if book is POLICIES else {}
    guarded = {"dependencies": [needs("rules:write")], "response_model": Written}
    _creates(router, book, waits, guarded)
    _replaces(router, book, waits, guarded)
    _retires(router, book, waits, guarded)


def _creates(router: APIRouter, book: Book, waits: dict[Any, Any], guarded: dict[str, Any]) -> None:
    @router.post(
        "",
        status_code=201,
        responses=problems(400, 401, 409, 413, 422) | {201: ETAG[200]} | waits,
        operation_id=f"create-{book.noun}",
        summary="Create",
        openapi_extra=_sent(book, creating=True),
        **guarded,
    )
    def create(running: Running, rule: SentObject, response: Response) -> Written | Response:
        """Add one; its `id` is a member of the object."""
        audit_trail.makes(name=rule.get("id"))
        return _written(running, book, response, {"body": rule}, lambda to: book.create(to, rule))


def _replaces(router: APIRouter, book: Book, waits: dict[Any, Any], guarded: dict[str, Any]) -> None:
    @router.put(
        "/{name}",
        responses=problems(400, 401, 404, 412, 413, 422, 428) | ETAG | waits,
        operation_id=f"replace-{book.noun}",
        summary="Replace",
        openapi_extra=_sent(book, creating=False),
        **guarded,
    )
    def replace(
        running: Running, name: Name, version: ExpectedVersion, rule: SentObject, response: Response
    ) -> Written | Response:
        """Put another in its place, if it is still the version that was read; brings a retired one back."""
        sent = {"body": rule, "if_match": version}
        return _written(running, book, response, sent, lambda to: book.replace(to, name, version, rule))


def _retires(router: APIRouter, book: Book, waits: dict[Any, Any], guarded: dict[str, Any]) -> None:
    @router.delete(
        "/{name}",
        responses=problems(400, 401, 404, 412, 422, 428) | ETAG | waits,
        operation_id=f"retire-{book.noun}",
        summary="Retire",
        **guarded,
    )
    def retire(
        running: Running, name: Name, version: ExpectedVersion, response: Response
    ) -> Written | Response:
        """Take it out of force; it stays readable and a PUT brings it back."""
        sent = {"if_match": version}
        return _written(running, book, response, sent, lambda to: book.retire(to, name, version))


def _sent(book: Book, creating: bool) -> dict[str, Any]:
    return sends(rule_schema.sent(book.noun.title(), creating=creating), EXAMPLES[book.noun])


def _written(
    running: Running,
    book: Book,
    response: Response,
    sent: dict[str, Any],
    write: Callable[[Connection], Rule],
) -> Written | Response:
    made = agreed(running, book.table, sent, lambda to: (write(to), standing.revision(to)))
    if isinstance(made, Response):
        return made
    rule, revision = made
    return Written(**_answer(rule, response).model_dump(), revision=revision)


def _answer(rule: Rule, response: Response) -> Kept:
    response.headers["etag"] = f'"{rule.version}"'
    return _kept(rule)


def _kept(rule: Rule) -> Kept:
    retired = None if rule.retired is None else rfc3339(rule.retired)
    return Kept(
        id=rule.id, version=rule.version, changed=rfc3339(rule.changed), retired=retired, rule=rule.body
    )
