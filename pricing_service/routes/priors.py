"""``/v1/priors``: write down what is believed, see what it would do to this shop, publish it."""

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy import Connection

from models import prior_predictive
from pos_client.core.record import Invalid
from pricing_service import audit_trail, prior_preview, prior_schema, prior_store
from pricing_service.openapi import ETAG, problems, sends
from pricing_service.prior_examples import EXAMPLES
from pricing_service.prior_preview import MakePlan
from pricing_service.problem import NAME
from pricing_service.routes import prior_answers
from pricing_service.routes.access import Digits, ExpectedVersion, Running, SentObject, needs
from pricing_service.routes.prior_answers import Listed, Preview, Prior, PriorPage, Published
from pricing_service.routes.second_person import WAITS, agreed

router = APIRouter(prefix="/v1/priors", tags=["priors"])
READS = needs("priors:read")
LARGEST = (1 << 31) - 1
SEED = 1  # the same prior shows the same curve whenever it is looked at

PriorId = Annotated[str, Path(pattern=NAME)]
Before = Annotated[int, Query(ge=0, le=LARGEST, description="`next` of the page before"), Digits]
Limit = Annotated[int, Query(ge=1, le=200)]


def plan_maker() -> MakePlan | None:
    """How to plan if not as tills do: for tests."""
    return None


Maker = Annotated[MakePlan | None, Depends(plan_maker)]


@router.get(
    "",
    summary="List",
    operation_id="list-priors",
    response_model=PriorPage,
    responses=problems(422),
    dependencies=[READS],
)
def page(running: Running, before: Before = LARGEST, limit: Limit = 20) -> PriorPage:
    """All priors, the youngest first."""
    with running.database.reading() as connection:
        found = prior_store.page(connection, before, limit + 1)
        present = prior_store.in_force(connection).number
    items = [Listed(**prior_answers.listed(each, present)) for each in found[:limit]]
    return PriorPage(items=items, next=items[-1].number if len(found) > limit else None)


@router.post(
    "",
    status_code=201,
    summary="Create",
    operation_id="create-prior",
    response_model=Prior,
    responses=problems(400, 401, 409, 413, 422) | {201: ETAG[200], 200: {"model": Prior, **ETAG[200]}},
    openapi_extra=sends(prior_schema.sent(), EXAMPLES),
)
def create(
    running: Running, person: Annotated[str, needs("priors:write")], given: SentObject, response: Response
) -> Prior:
    """Write down a prior, as densities or in words. It changes nothing until it is published.

    Sent again under the same id it is the same prior (200); another one under a taken id is refused.
    """
    prior_id, sent, note = _read(given)
    audit_trail.makes(prior_id=prior_id)
    kept, new = running.write(lambda to: prior_store.create(to, prior_id, sent, note, person))
    response.status_code = 201 if new else 200
    return _answer(running, kept, response)


@router.get(
    "/{prior_id}",
    summary="Read one",
    operation_id="get-prior",
    response_model=Prior,
    responses=problems(404, 422) | ETAG,
    dependencies=[READS],
)
def get(running: Running, prior_id: PriorId, response: Response) -> Prior:
    """Densities, what was sent, what it says in plain words, and how strongly."""
    return _answer(running, _find(running, prior_id), response)


def preview(running: Running, prior_id: PriorId, make: Maker) -> Preview:
    """What a shop sees where nothing but this prior is known, and which of the last 30 days' plans would change."""
    kept = _find(running, prior_id)
    told = prior_predictive.preview(prior_store.read(kept.body), np.random.default_rng(SEED))
    return prior_answers.preview(kept.id, told, _plans(running, kept, make))


for method in ("get", "post"):  # whoever thinks of a preview as of a run may post it
    router.add_api_route(
        "/{prior_id}/preview",
        preview,
        methods=[method.upper()],
        summary="Preview",
        operation_id=f"{method}-prior-preview",
        response_model=Preview,
        responses=problems(404, 422),
        dependencies=[READS],
    )


@router.post(
    "/{prior_id}/publish",
    summary="Publish",
    operation_id="publish-prior",
    response_model=Published,
    responses=problems(400, 401, 404, 409, 412, 422, 428) | ETAG | WAITS,
)
def publish(
    running: Running,
    person: Annotated[str, needs("priors:publish")],
    prior_id: PriorId,
    version: ExpectedVersion,
    make: Maker,
    response: Response,
) -> Published | Response:
    """Make it what the next fits start from; tills notice only once such a fit is published.

    If more than a tenth of the last 30 days' plans would change, it is `waiting` until another person asks too.
    """
    plans = _plans(running, _find(running, prior_id), make)
    changed = (
        0 if "priors" in running.settings.second_person_for else plans.share
    )  # then two ask for every prior

    def write(connection: Connection) -> prior_store.Prior:
        return prior_store.publish(connection, prior_id, version, person, changed)

    kept = agreed(running, "priors", {"if_match": version}, write)
    if isinstance(kept, Response):
        return kept
    return Published(**_answer(running, kept, response).model_dump(), plans=prior_answers.changes(plans))


def _read(given: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """Id, prior and note of a body. Raises `Invalid`."""
    if unknown := sorted(given.keys() - {"id", "prior", "note"}):
        raise Invalid(
            "unknown-field", f"A prior is sent with id, prior and note; {unknown[0]:.40} is not known."
        )
    prior_id, sent, note = given.get("id"), given.get("prior"), given.get("note", "")
    if type(prior_id) is not str or not prior_store.ID.fullmatch(prior_id):
        raise Invalid("prior-id", "`id` needs 1 to 64 letters, digits, dots, dashes or underscores.")
    if type(note) is not str or len(note) > prior_schema.NOTE_LIMIT:
        raise Invalid("prior-note", f"`note` is a text of at most {prior_schema.NOTE_LIMIT} characters.")
    if type(sent) is not dict:
        raise Invalid(
            "prior-unreadable", "`prior` must be an object: densities or words, see docs/priors.md."
        )
    return prior_id, sent, note


def _find(running: Running, prior_id: str) -> prior_store.Prior:
    with running.database.reading() as connection:
        return prior_store.get(connection, prior_id)


def _plans(running: Running, kept: prior_store.Prior, make: MakePlan | None) -> prior_preview.Plans:
    with running.database.reading() as connection:
        return prior_preview.plans(connection, prior_store.read(kept.body), make)


def _answer(running: Running, kept: prior_store.Prior, response: Response) -> Prior:
    response.headers["etag"] = f'"{kept.version}"'
    with running.database.reading() as connection:
        present = prior_store.in_force(connection).number
    return prior_answers.answer(kept, present)
