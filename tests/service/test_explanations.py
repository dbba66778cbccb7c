"""``POST /v1/explanations``: the same plan as the decision, with its reasons."""

from tests.service.places import Client

BASKET = {
    "checkout_id": "why-1",
    "currency": "EUR",
    "lines": [{"sku": "1", "quantity": 3, "unit_price": 2900, "brand": "Lumi"}],
}


def test_it_explains_the_plan_that_the_same_basket_gets(client: Client) -> None:
    decided = client.ask("POST", "/v1/decisions", BASKET).json
    told = client.ask("POST", "/v1/explanations", BASKET, **client.admin)
    assert told.status == 200 and told.json["plan"] == decided["plan"] != []
    assert told.json["sentence"].startswith("Offers ") and len(told.json["offers"]) == len(decided["plan"])
    assert set(told.json["instead"]) == {"hold_firm", "one_by_one", "best_first"}


def test_a_basket_that_is_none_is_refused_as_for_a_decision(client: Client) -> None:
    odd_ids = [{**BASKET, "checkout_id": odd} for odd in (["a"], 7, "x" * 129, "\ud800")]
    for body in ({}, {**BASKET, "currency": "XX"}, {**BASKET, "age": 30}, *odd_ids):
        refused = client.ask("POST", "/v1/explanations", body, **client.admin)
        assert refused.status == 400, body
        assert (refused.status, refused.json["type"]) == (
            client.ask("POST", "/v1/decisions", body).status,
            client.ask("POST", "/v1/decisions", body).json["type"],
        )


def test_what_is_believed_of_a_customer_is_not_told_without_a_token(client: Client) -> None:
    asked = {**BASKET, "customer": "2400000012345"}
    refused = client.ask("POST", "/v1/explanations", asked, authorization="")
    assert (refused.status, refused.json["code"]) == (401, "token-needed")
