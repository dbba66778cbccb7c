"""What a customer may ask of the shop: consent, explanation, everything that is held, and to be forgotten."""

import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from pos_client.core.calendar import rfc3339
from pos_client.core.record import Invalid, Unknown, fields, flag, text
from pricing_service import (
    audit_store,
    consent_store,
    customer_explanation,
    customer_export,
    customer_store,
    erasing,
    release_store,
    rule_store,
    scrubbing,
    trust_relearning,
    trust_store,
)
from pricing_service.caller import who
from pricing_service.json_body import read_alone
from pricing_service.openapi import problems, sends
from pricing_service.problem import TEXT
from pricing_service.records import LATEST_SECONDS, told_at
from pricing_service.routes.access import Running, SentObject, needs, only
from pricing_service.routes.customers import Token, Types
from pricing_service.routes.noted import Noted

router = APIRouter(prefix="/v1/customers", tags=["privacy"])
_clock = text(40)
_read = fields({"profiling": flag, "text_version": text(64)}, {"at": _clock})
NOBODY = "Nobody with this token has been here: is it the right one? Its first visit may still be at a till."


class Answer(BaseModel):
    """One answer of a customer."""

    profiling: bool = Field(description="Whether they agree to be profiled.")
    text_version: str = Field(description="Of the text they were asked by.")
    at: datetime = Field(description="When they said so.")
    received: datetime = Field(description="When it was recorded.")


class Consent(BaseModel):
    """``in_force`` is what the customer said last; null for who was never asked."""

    in_force: Answer | None
    history: list[Answer] = Field(description="Every answer, in the order it was recorded.")


class Told(BaseModel):
    """What a customer said."""

    model_config = ConfigDict(extra="forbid")
    profiling: bool
    text_version: str = Field(min_length=1, max_length=64, pattern=TEXT)
    at: str = Field(
        default="",
        json_schema_extra={"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"},
        description="When, as 2026-11-21T10:00:00Z, in the past; now if it is left out.",
    )


class Offered(BaseModel):
    """Of 10,000 visits like this one."""

    rung: int
    heard: int
    accepted: int
    left: int


class Plan(BaseModel):
    plan: list[int] = Field(description="Which rungs of the ladder are offered, in this order.")
    offers: list[Offered]


class Explanation(BaseModel):
    sentence: str = Field(description="What is believed, and what tills therefore do.")
    ladder: list[int] = Field(description="The shop's usual ladder: basis points of gross, smallest first.")
    planned: Plan = Field(description="For this customer.")
    otherwise: Plan = Field(description="For somebody nobody has met.")
    types: Types
    refused: bool = Field(description="Whether the customer does not want to be profiled.")


SENT = sends(Told.model_json_schema(), {"agrees": {"profiling": True, "text_version": "2026-11"}})


@router.get(
    "/{token}/consent",
    summary="What the customer agreed to",
    operation_id="read-consent",
    response_model=Consent,
    responses=problems(422),
    dependencies=[needs("privacy:consent"), Noted],
)
def consent(running: Running, token: Token) -> Consent:
    """Every answer with the version of its text; an empty history for who was never asked."""
    with running.database.reading() as connection:
        return _consent(connection, token)


@router.put(
    "/{token}/consent",
    summary="Record what the customer agreed to",
    operation_id="record-consent",
    response_model=Consent,
    responses=problems(400, 409, 413, 422),
    dependencies=[needs("privacy:consent")],
    openapi_extra=SENT,
)
def put_consent(running: Running, token: Token, sent: SentObject) -> Consent:
    """Keep an answer. A refusal takes away what was believed, and costs nothing: every discount stays in reach.

    Who was erased and agrees begins a new history; what they agreed to before the erasure is a 409.
    """
    told = Told(**read_alone(lambda given: _read(given, "consent"), sent, "consent"))
    at = _at(told.at)

    def job(connection: Connection) -> Consent:
        if told.profiling:
            erasing.end(connection, running.settings.secrets, token, at)
        present = consent_store.record(connection, token, told.profiling, told.text_version, at)
        if present.profiling:
            trust_relearning.relearn(connection, trust_store.read(connection), {token})
        return _consent(connection, token)

    answer = running.write(job)
    scrubbing.scrub(running.database)
    return answer


@router.get(
    "/{token}/explanation",
    summary="Why plans are as they are",
    operation_id="explain-customer",
    response_model=Explanation,
    responses=problems(400, 404, 422),
    dependencies=[needs("customers:read"), only("store"), Noted],
)
def explanation(
    running: Running, token: Token, store: Annotated[str | None, Query(min_length=1, max_length=64)] = None
) -> dict[str, Any]:
    """In a sentence and in figures, on the ladder that the store (the service's own if none is named) shows most."""
    with running.database.reading() as connection:
        model = release_store.in_force(connection).model
        known = customer_store.known(connection, model.release, token)
        if known is None:
            raise Unknown("unknown-customer", NOBODY)
        refused = bool(consent_store.refusing(connection, [token]))
        store = store or running.settings.store
        day = _day(connection, store)
        why = customer_explanation.explain(connection, model, known.held, refused, store, day)
    told = {"planned": why.planned._asdict(), "otherwise": why.otherwise._asdict(), "refused": refused}
    return {**why._asdict(), **told}


@router.get(
    "/{token}/export",
    summary="Everything that is held",
    operation_id="export-customer",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}, **problems(404, 422)},
    dependencies=[needs("privacy:export"), Noted],
)
def export(running: Running, token: Token) -> StreamingResponse:
    """All that is held of this customer and nothing of anybody else, docs/privacy.md says what is what."""
    with running.database.reading() as connection:
        if not erasing.is_known(connection, token):
            raise Unknown("unknown-customer", NOBODY)
        day = _day(connection, running.settings.store)
    name = f'attachment; filename="customer-{token[:8]}.json"'
    pieces = customer_export.pieces(running.database, token, day)
    return StreamingResponse(
        pieces,
        media_type="application/json",
        headers={"content-disposition": name, "cache-control": "no-store"},
    )


@router.delete(
    "/{token}",
    summary="Erase a customer",
    operation_id="erase-customer",
    status_code=204,
    responses=problems(404, 422),
    dependencies=[needs("privacy:erase")],
)
def erase(running: Running, token: Token) -> Response:
    """Everything that is held of this customer, in every backup that `rung backup` ever made as well.

    Doing it again changes nothing. What stays and what this cannot reach: docs/privacy.md.
    """
    asked = erasing.Asked(who().name, audit_store.customer(running.audit_key, token))
    running.write(lambda connection: erasing.erase(connection, running.settings.secrets, token, asked))
    scrubbing.scrub(running.database)
    return Response(status_code=204)


def _consent(connection: Connection, token: str) -> Consent:
    told = consent_store.answers(connection, token)
    present = consent_store.in_force(told)
    return Consent(in_force=present and _answer(present), history=[_answer(one) for one in told])


def _answer(one: consent_store.Answer) -> Answer:
    at, received = (datetime.fromisoformat(rfc3339(moment)) for moment in (one.at, one.received))
    return Answer(profiling=one.profiling, text_version=one.text_version, at=at, received=received)


def _at(told: str) -> int:
    """Unix seconds of a moment that can be right. Raises `Invalid`."""
    now = int(time.time())
    if not told:
        return now
    at = told_at(told, now)
    if at is None or at > now + LATEST_SECONDS:
        raise Invalid("not-a-moment", "at is a moment of the last 400 days, written as 2026-11-21T10:00:00Z.")
    return min(at, now)


def _day(connection: Connection, store: str) -> int:
    return (int(time.time()) + rule_store.utc_offset(connection, store) * 60) // 86400
