"""The page ``/trust``: whom the service does not learn from, and the way to trust them again."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pos_client.core.record import fields, text
from pricing_service import pages, trust_store
from pricing_service.caller import may
from pricing_service.json_body import read_alone
from pricing_service.routes.access import Running, SentForm, needs
from pricing_service.routes.attention import Store
from pricing_service.routes.trust import LONGEST, NEWEST, cleared
from pricing_service.routes.trust_answers import says, told
from pricing_service.trust_intervals import Source

router = APIRouter(include_in_schema=False)
MOST = 200  # entries on the page; a shop has a few a year
_read = fields(
    {"kind": text(64), "name": text(64), "store": text(64), "note": text(LONGEST)}, {"keep": text(8)}
)


@router.get("/trust", dependencies=[needs("reports:read")])
def page(running: Running, store: Store) -> HTMLResponse:
    """Who is distrusted now, with why and what follows; then those of before."""
    with running.database.reading() as connection:
        items = [told(connection, entry) for entry in trust_store.page(connection, NEWEST, MOST, store)]
        distrusted = sum(trust_store.distrusted(connection, store).values())
        watched, judged = trust_store.watched(connection, store), trust_store.judged(connection, store)
    now = [item for item in items if item.state == "distrusted"]
    past = [item for item in items if item.state != "distrusted"]
    return pages.answer(
        "trust.html",
        says=says(distrusted, watched, judged),
        watched=watched,
        judged=judged,
        now=now,
        past=past,
        clearing=may("trust:write"),
    )


@router.post("/trust")
def clear(running: Running, person: Annotated[str, needs("trust:write")], sent: SentForm) -> Response:
    """The form of one source: trust it again."""
    sent = {name: value for name, value in sent.items() if name != "form"}
    given = read_alone(lambda each: _read(each, "trust"), sent, "trust")
    source = Source(given["kind"], given["store"], given["name"])
    running.write(lambda to: cleared(to, source, person, given["note"], "keep" in given))
    return RedirectResponse("/trust", 303, {"cache-control": "no-store"})
