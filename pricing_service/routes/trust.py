"""``/v1/trust``: cashiers and tills whose records do not look like the others', and what a person says of them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection

from pos_client.core.record import Invalid, fields, flag, text
from pricing_service import log_days, rule_store, trust_store, trust_watch
from pricing_service.json_body import read_alone
from pricing_service.openapi import problems, sends
from pricing_service.problem import TEXT
from pricing_service.routes.access import Running, SentObject, day, needs, only
from pricing_service.routes.attention import Store
from pricing_service.routes.rules import Limit
from pricing_service.routes.trust_answers import Distrusted, Kind, Trusts, says, told
from pricing_service.trust_intervals import Source

router = APIRouter(prefix="/v1/trust", tags=["trust"])
EPOCH = date(1970, 1, 1)
LONGEST = 1000  # characters of a note
NEWEST = (1 << 31) - 1
Before = Annotated[int, Query(ge=1, le=NEWEST, description="`next` of the page before")]
Name = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern="^[^\\x00-\\x1f\\x7f]+$",
        description="As records name the cashier or the till.",
    ),
]
Person = Annotated[str, needs("trust:write")]

_NOTE = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST,
    "pattern": TEXT,
    "description": "Why; kept with it.",
}
_STORE = {
    "type": "string",
    "minLength": 1,
    "maxLength": 64,
    "pattern": TEXT,
    "description": "Names come again in every store.",
}
SENT_DISTRUST = sends(
    {
        "type": "object",
        "properties": {
            "store": _STORE,
            "note": _NOTE,
            "since": {
                "type": "string",
                "format": "date",
                "description": "Records received from this local day on, too; without it, only those to come.",
            },
        },
        "required": ["store", "note"],
        "additionalProperties": False,
    },
    {"a login many share": {"store": "s1", "note": "Nobody knows who keys under c9.", "since": "2026-11-01"}},
)
SENT_CLEAR = sends(
    {
        "type": "object",
        "properties": {
            "store": _STORE,
            "note": _NOTE,
            "keep_past_out": {
                "type": "boolean",
                "default": False,
                "description": "Only records to come teach again; those until now stay out.",
            },
        },
        "required": ["store", "note"],
        "additionalProperties": False,
    },
    {"it was the till": {"store": "s1", "note": "The key was stuck; replaced."}},
)
_read_distrust = fields({"store": text(64), "note": text(LONGEST)}, {"since": text(10)})
_read_clear = fields({"store": text(64), "note": text(LONGEST)}, {"keep_past_out": flag})


@router.get(
    "",
    summary="Whom the service does not learn from",
    operation_id="trust",
    response_model=Trusts,
    responses=problems(400, 401, 422),
    dependencies=[needs("reports:read"), only("store", "before", "limit")],
)
def page(running: Running, store: Store, before: Before = NEWEST, limit: Limit = 50) -> Trusts:
    """Cashiers and tills whose records teach nothing, and those of before, with the reason; never a ranking of all."""
    with running.database.reading() as connection:
        entries = trust_store.page(connection, before, limit + 1, store)
        items = [told(connection, entry) for entry in entries[:limit]]
        distrusted = sum(trust_store.distrusted(connection, store).values())
        watched, judged = trust_store.watched(connection, store), trust_store.judged(connection, store)
    return Trusts(
        says=says(distrusted, watched, judged),
        watched=watched,
        judged=judged,
        items=items,
        next=items[-1].id if len(entries) > limit else None,
    )


@router.post(
    "/{kind}/{name:path}/distrust",
    summary="Stop learning from a cashier or a till",
    operation_id="distrust",
    response_model=Distrusted,
    responses=problems(400, 401, 404, 409, 413, 422),
    openapi_extra=SENT_DISTRUST,
)
def distrust(running: Running, person: Person, kind: Kind, name: Name, sent: SentObject) -> Distrusted:
    """Its records are taken and counted as ever, and teach nothing; nothing is refused, and no customer notices."""
    given = read_alone(lambda each: _read_distrust(each, "trust"), sent, "trust")
    source = Source(kind, given["store"], name)
    since = _local_day(given["since"]) if "since" in given else None
    return running.write(lambda to: _distrusted(to, source, since, person, given["note"]))


@router.post(
    "/{kind}/{name:path}/clear",
    summary="Trust a cashier or a till again",
    operation_id="clear-trust",
    response_model=list[Distrusted],
    responses=problems(400, 401, 404, 413, 422),
    openapi_extra=SENT_CLEAR,
)
def clear(running: Running, person: Person, kind: Kind, name: Name, sent: SentObject) -> list[Distrusted]:
    """What was taken back is learnt again, as if it had never been; the guard begins anew with this source."""
    given = read_alone(lambda each: _read_clear(each, "trust"), sent, "trust")
    source = Source(kind, given["store"], name)
    return running.write(
        lambda to: cleared(to, source, person, given["note"], bool(given.get("keep_past_out")))
    )


def cleared(
    connection: Connection, source: Source, person: str, note: str, keep_past_out: bool
) -> list[Distrusted]:
    """Trust a source again; what became of its entries."""
    entries = trust_store.clear(connection, source, person, note, keep_past_out)
    trust_watch.forgive(connection, source)
    return [told(connection, trust_store.get(connection, each)) for each in entries]


def _distrusted(
    connection: Connection, source: Source, since: date | None, person: str, note: str
) -> Distrusted:
    first = max(1, log_days.start(connection, _midnight(connection, source.store, since)))
    made = trust_store.begin(connection, source, first, "person", {}, person, note)
    return told(connection, trust_store.get(connection, made))


def _midnight(connection: Connection, store: str, local_day: date | None) -> int:
    """When that day began at the store, Unix seconds; for None, a time nothing was received at yet."""
    if local_day is None:
        return 1 << 62
    return (local_day - EPOCH).days * 86_400 - 60 * rule_store.utc_offset(connection, store)


def _local_day(written: str) -> date:
    try:
        return day(written)
    except ValueError as error:
        raise Invalid("not-a-day", f"since: {error}") from error
