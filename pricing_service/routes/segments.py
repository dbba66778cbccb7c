"""``/v1/segments``: customers by what moves them, with the profit of each segment and who answers for it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from pos_client.core.record import fields, optional, text
from pricing_service import log_turn, segment_report, segment_store
from pricing_service.caller import every_store
from pricing_service.json_body import read_alone
from pricing_service.openapi import ETAG, problems, sends
from pricing_service.problem import NAME, TEXT
from pricing_service.routes import segment_answers
from pricing_service.routes.access import ExpectedVersion, Running, SentObject, needs, only
from pricing_service.routes.attention import Asked
from pricing_service.routes.segment_answers import Ownership, Segments
from pricing_service.segment_rows import Periods

router = APIRouter(prefix="/v1/segments", tags=["segments"])
EPOCH = date(1970, 1, 1)
LONGEST = 100  # characters of a person's name
Name = Annotated[str, Path(pattern=NAME, description="Of a segment, as /v1/segments names it.")]
_read = fields({"owner": optional(text(LONGEST))})
SENT = sends(
    {
        "type": "object",
        "properties": {
            "owner": {
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": LONGEST,
                "pattern": TEXT,
                "description": "The name of a person; null where nobody answers for it any more.",
            }
        },
        "required": ["owner"],
        "additionalProperties": False,
    },
    {"a person": {"owner": "Ada Lovelace"}},
)


def segmented(running: Running, asked: Asked) -> Segments:
    """The report of the days asked for, with as many days before them."""
    every_store()
    periods = Periods((asked.first - EPOCH).days, (asked.last - EPOCH).days)
    with log_turn.taken():
        found = segment_report.segmented(running.database, periods, running.settings.store)
    return segment_answers.answer(found)


Segmented = Annotated[Segments, Depends(segmented)]


@router.get(
    "",
    summary="Customers by what moves them",
    operation_id="segments",
    response_model=Segments,
    responses=problems(400, 401, 422),
    dependencies=[needs("reports:read"), only("from", "until")],
)
def told(segments: Segmented) -> Segments:
    """Customers, money over all their baskets, trend, reasons and owner of each segment; reads the log anew."""
    return segments


@router.get(
    ".csv",
    summary="The same for a spreadsheet",
    operation_id="segments-csv",
    response_class=Response,
    responses=problems(400, 401, 422) | {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    dependencies=[needs("reports:read"), only("from", "until")],
)
def table(segments: Segmented) -> Response:
    """A line for each segment."""
    headers = {"content-disposition": 'attachment; filename="segments.csv"'}
    return Response(segment_answers.as_csv(segments), media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/{name}/owner",
    summary="Who answers for it",
    operation_id="segment-owner",
    response_model=Ownership,
    responses=problems(401, 404, 422) | ETAG,
    dependencies=[needs("reports:read")],
)
def owner(running: Running, name: Name, response: Response) -> Ownership:
    """The present owner, and all there were before."""
    with running.database.reading() as connection:
        return _answer(name, segment_store.history(connection, name), response)


@router.put(
    "/{name}/owner",
    summary="Name who answers for it",
    operation_id="name-segment-owner",
    response_model=Ownership,
    responses=problems(400, 401, 404, 412, 413, 422, 428) | ETAG,
    openapi_extra=SENT,
)
def set_owner(
    running: Running,
    person: Annotated[str, needs("segments:write")],
    name: Name,
    version: ExpectedVersion,
    sent: SentObject,
    response: Response,
) -> Ownership:
    """Make a named person the owner, if it is still the version that was read; version "0" is nobody yet."""
    named = read_alone(lambda given: _read(given, "owner"), sent, "owner")["owner"]
    history = running.write(lambda to: segment_store.name(to, name, version, named, person))
    return _answer(name, history, response)


def _answer(name: str, history: list[segment_store.Owner], response: Response) -> Ownership:
    told = segment_answers.ownership(name, history)
    response.headers["etag"] = f'"{told.version}"'
    return told
