"""``/v1/customers/{token}``: what is believed of a customer, and the two facts the shop may tell."""

import time
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from pos_client.core import policy
from pos_client.core.belief import Model
from pos_client.core.calendar import month_day, rfc3339
from pos_client.core.record import Unknown, fields, optional, text
from pricing_service import customer_store, erasing, holding_store, release_store, rule_store
from pricing_service.basket_schema import MONTH_DAY
from pricing_service.caller import may
from pricing_service.json_body import read_alone
from pricing_service.openapi import problems, sends
from pricing_service.problem import HEX, TEXT
from pricing_service.routes.access import Running, SentObject, needs
from pricing_service.routes.noted import Noted

router = APIRouter(prefix="/v1/customers", tags=["customers"], dependencies=[Noted])
Token = Annotated[
    str, Path(pattern=HEX, description="Hex HMAC-SHA256 of the card; the card itself is never sent.")
]
_read = fields({}, {"tier": optional(text(64)), "birthday": optional(month_day)})
SENT = sends({"$ref": "#/components/schemas/Facts"}, {"gold": {"tier": "gold", "birthday": "11-21"}})


def _share(what: str) -> Any:
    return Field(ge=0, le=10_000, description=f"{what}, in basis points (10000 is certain).")


class Point(BaseModel):
    """One depth of offer. Hunters take nothing but the largest rung: they count in ``at_the_top`` alone."""

    depth: int = Field(description="What the offer takes off, in basis points of gross: 500 is 5 %.")
    chance: int = _share("Chance that it is taken at once as a rung with larger ones above it")
    at_the_top: int = _share("Chance that it is taken at once as the largest rung there is")


class Belief(BaseModel):
    """A weight for every state: indifferent, hunter, then sensitive by growing requirement."""

    total: int = Field(description="The sum of the weights; weight / total is a probability.")
    weights: list[int]


class Types(BaseModel):
    indifferent: int = _share("Chance that any rung will do")
    hunter: int = _share("Chance that only the largest rung will do")
    sensitive: int = _share("Chance that the size of the offer decides")


class Facts(BaseModel):
    """All the shop may tell. There is no other field, and none can be added by sending it."""

    model_config = ConfigDict(extra="forbid")
    tier: str | None = Field(default=None, min_length=1, max_length=64, pattern=TEXT)
    birthday: str | None = Field(default=None, pattern=MONTH_DAY, description="MM-DD, never the year.")


class Holding(BaseModel):
    """Whether tills stand firm with this customer, as the policy without a store's own has it."""

    odds: float = Field(
        description="How many times better holding out (refusing what would do, to get more) explains the visits than"
        " honest reactions do."
    )
    firm: int | None = Field(
        description="Basis points of the visits on which tills stand firm; null for who is not suspected."
    )
    deepest: int | None = Field(description="The depth they then do not go beyond, in basis points of gross.")
    sentence: str = Field(description="The same in words.")


class Customer(BaseModel):
    """How to read the figures: docs/model.md, "What /v1/customers/{token} shows"."""

    token: str
    release: str = Field(description="The model these figures were computed with.")
    visits: int = Field(description="Visits that ended in a sale.")
    last_visit: date | None = Field(description="The shop's local day; null for who was only told of.")
    cohort: int | None = Field(
        default=None,
        description="Which of the release's cohorts; null where it has none or none is known yet.",
    )
    belief: Belief
    types: Types = Field(description="What kind of customer this is likely to be; the three sum to 10000.")
    acceptance: list[Point] = Field(
        description="Chance that the first offer of a visit is taken, by its depth."
    )
    facts: Facts
    holding: Holding | None = Field(
        description="docs/learning-customers.md says what is looked for and what it does. Null without"
        " the scope `holding:read`: nobody else learns who is suspected."
    )


@router.get(
    "/{token}",
    summary="What is believed",
    operation_id="read-customer",
    response_model=Customer,
    responses=problems(404, 422),
    dependencies=[needs("customers:read")],
)
def get(running: Running, token: Token) -> Customer:
    """The belief as of today; with the scope `holding:read` also whether tills stand firm, and why."""
    with running.database.reading() as connection:
        model = release_store.in_force(connection).model
        known = customer_store.known(connection, model.release, token)
        holding = _holding(_suspicion(connection, model, token)) if may("holding:read") else None
    if known is None:
        raise Unknown(
            "unknown-customer",
            "Nobody with this token has been here: is it the right one? Its first visit may still be at a till.",
        )
    return _told(model, token, known, holding)


@router.put(
    "/{token}",
    summary="Tell tier and birthday",
    operation_id="tell-customer",
    response_model=Customer,
    dependencies=[needs("customers:read", "customers:write")],
    responses=problems(400, 401, 409, 413, 422),
    openapi_extra=SENT,
)
def put(running: Running, token: Token, sent: SentObject) -> Customer:
    """Replace what the shop's customer system tells about a customer: tier and birthday, both optional.

    Who was erased is a 409 `customer-erased`, until they consent anew.
    """
    told = Facts(**read_alone(lambda given: _read(given, "facts"), sent, "facts"))

    def job(connection: Connection) -> None:
        erasing.require_present(connection, running.settings.secrets, token)
        customer_store.tell(connection, token, told.tier, told.birthday)

    running.write(job)
    return get(running, token)


def _told(model: Model, token: str, known: customer_store.Known, holding: Holding | None) -> Customer:
    weights = customer_store.weights_on(model, known.held, int(time.time()) // 86400)
    return Customer(
        token=token,
        release=model.release,
        visits=known.held.visits if known.held else 0,
        last_visit=date.fromisoformat(rfc3339(known.held.day * 86400)[:10]) if known.held else None,
        cohort=known.held.cohort if known.held else None,
        belief=Belief(total=sum(weights), weights=weights),
        types=Types(**customer_store.types(weights)),
        acceptance=[Point(**point) for point in customer_store.acceptance(model, weights)],
        facts=Facts(**known.facts),
        holding=holding,
    )


def _suspicion(connection: Connection, model: Model, token: str) -> holding_store.Suspicion | None:
    law = policy.read(rule_store.policy_of(connection, rule_store.DEFAULT))
    day = (int(time.time()) + rule_store.utc_offset(connection, rule_store.DEFAULT) * 60) // 86400
    return holding_store.suspicion(connection, model, law, token, day)


def _holding(one: holding_store.Suspicion | None) -> Holding:
    said = holding_store.sentence(one)
    one = one or holding_store.Suspicion(1.0, None, None)
    return Holding(odds=round(one.odds, 2), firm=one.firm, deepest=one.deepest, sentence=said)
