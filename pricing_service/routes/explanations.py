"""``POST /v1/explanations``: why a basket gets the plan it gets, in a sentence and in figures."""

import time
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pos_client.core.record import text
from pricing_service.basket_schema import BASKET
from pricing_service.openapi import problems, sends
from pricing_service.routes.access import Running, SentObject, needs
from pricing_service.routes.noted import NotedByCard

router = APIRouter(tags=["decisions"], dependencies=[NotedByCard])
BasisPoints = Annotated[int, Field(description="Of 10,000 visits like this one.")]
EXAMPLE = {
    "checkout_id": "why-1",
    "currency": "EUR",
    "lines": [{"sku": "4006000", "quantity": 2, "unit_price": 1299, "category": "care", "brand": "Lumi"}],
}

_checkout_id = text(128)


class Offered(BaseModel):
    rung: int
    heard: BasisPoints
    accepted: BasisPoints
    left: BasisPoints


class Explanation(BaseModel):
    sentence: str
    arm: str
    policy: str
    plan: list[int]
    offers: list[Offered] = Field(description="Empty where there is no model to weigh by.")
    expected: int | None = Field(
        description="What the shop keeps on average, minor units; null without a model."
    )
    instead: dict[str, int] = Field(description="What it would keep with other plans.")


@router.post(
    "/v1/explanations",
    summary="Explain a plan",
    operation_id="explain-plan",
    response_model=Explanation,
    responses=problems(400, 401, 413, 422),
    dependencies=[needs("customers:read")],
    openapi_extra=sends(BASKET, {"two creams": EXAMPLE}),
)
def explain(running: Running, basket: SentObject) -> dict:
    """The body of `POST /v1/decisions`; nothing is recorded. With its `checkout_id` the same draws are made.

    The sentence says what is believed of the customer, so it needs the same scope.
    """
    named = basket.pop("checkout_id", None)
    checkout_id = "explained" if named is None else _checkout_id(named, "checkout_id")
    return running.decider.explain(checkout_id, basket, int(time.time()))
