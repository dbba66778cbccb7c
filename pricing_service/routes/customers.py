"""``/v1/customers/{token}``: what is believed of a customer, and the two facts the shop may tell."""

import time
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from pos_client.core.calendar import month_day, rfc3339
from pos_client.core.record import Unknown, text
from pricing_service import customer_store
from pricing_service.openapi import problems
from pricing_service.routes.access import Administrator, Running

router = APIRouter(prefix="/v1/customers", tags=["customers"])
Token = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="HMAC-SHA256 of the card; the card is never sent.")
]
_tier = text(64)


class Point(BaseModel):
    depth: int = Field(description="Basis points of gross.")
    chance: int = Field(description="Basis points.")


class Belief(BaseModel):
    """A weight for every state: indifferent, hunter, then sensitive by growing requirement."""

    total: int
    weights: list[int]


class Types(BaseModel):
    indifferent: int
    hunter: int
    sensitive: int


class Facts(BaseModel):
    """All the shop may tell. There is no other field, and none can be added by sending it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    tier: str | None = Field(default=None, min_length=1, max_length=64)
    birthday: str | None = Field(
        default=None, pattern="^[0-9]{2}-[0-9]{2}$", description="MM-DD, never the year."
    )


class Customer(BaseModel):
    token: str
    release: str
    visits: int = Field(description="Visits that ended in a sale.")
    last_visit: str | None = Field(
        json_schema_extra={"format": "date-time"}, description="The day, at 00:00."
    )
    belief: Belief
    types: Types = Field(description="Chance of each type in basis points.")
    acceptance: list[Point] = Field(description="Chance that a first offer of this depth is taken.")
    facts: Facts


@router.get("/{token}", summary="What is believed", response_model=Customer, responses=problems(404, 422))
def get(running: Running, token: Token) -> Customer:
    """The belief as of today."""
    with running.database.reading() as connection:
        known = customer_store.known(connection, token)
    if known is None:
        raise Unknown("unknown-customer", "Nobody with this token has been here.")
    return _told(running, token, known)


@router.put(
    "/{token}",
    summary="Tell tier and birthday",
    response_model=Customer,
    dependencies=[Administrator],
    responses=problems(400, 401, 413, 422),
)
def put(running: Running, token: Token, facts: Facts) -> Customer:
    """Replace what the shop's customer system tells about a customer: tier and birthday, both optional."""
    if facts.tier is not None:
        _tier(facts.tier, "tier")
    if facts.birthday is not None:
        month_day(facts.birthday, "birthday")
    running.write(lambda connection: customer_store.tell(connection, token, facts.tier, facts.birthday))
    return get(running, token)


def _told(running: Running, token: str, known: customer_store.Known) -> Customer:
    model = running.published.model
    weights = customer_store.weights_on(model, known.held, int(time.time()) // 86400)
    return Customer(
        token=token,
        release=model.release,
        visits=known.held.visits if known.held else 0,
        last_visit=rfc3339(known.held.day * 86400) if known.held else None,
        belief=Belief(total=sum(weights), weights=weights),
        types=Types(**customer_store.types(weights)),
        acceptance=[Point(**point) for point in customer_store.acceptance(model, weights)],
        facts=Facts(**known.facts),
    )
