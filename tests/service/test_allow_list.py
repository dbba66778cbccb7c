"""Behaviour, never demography: whatever names what a person is, and not what they did, is refused by its name."""

from collections.abc import Iterator
from typing import Any

import pytest

from pricing_service.settings import Settings
from tests.service import experiments
from tests.service.places import BASKET, Client, listening, prepared

WHO_THEY_ARE = (
    "age", "sex", "gender", "postcode", "zip_code", "ethnicity", "religion", "nationality", "income", "first_name",
    "surname", "household", "address", "phone", "email", "device_model", "language_of_customer", "birth_year",
)  # fmt: skip
TOKEN = "ab" * 32
RULE = {"id": "spring", "label": "Spring", "kind": "percent", "rate": 500}
PRIOR = {"declaration": "rung-1", "name": "P", "mu": {"density": "normal", "mean": -2.4, "sd": 0.3}}
NORMAL = {"density": "normal", "mean": 0.0, "sd": 0.1}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A service for requests that are all refused."""
    settings: Settings = prepared(tmp_path_factory.mktemp("untouched"))
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        yield client
        client.close()


def asked(name: str) -> dict[str, tuple[str, str, Any]]:
    """Every place where somebody might try to feed it in."""
    line = {**BASKET["lines"][0], name: "x"}
    return {
        "facts": ("PUT", f"/v1/customers/{TOKEN}", {"tier": "gold", name: "x"}),
        "consent": (
            "PUT", f"/v1/customers/{TOKEN}/consent", {"profiling": True, "text_version": "1", name: "x"},
        ),
        "basket": ("POST", "/v1/decisions", {**BASKET, name: "x"}),
        "line": ("POST", "/v1/decisions", {**BASKET, "lines": [line]}),
        "explanation": ("POST", "/v1/explanations", {**BASKET, name: "x"}),
        "rule": ("POST", "/v1/discounts", {**RULE, name: ["x"]}),
        "condition": ("POST", "/v1/discounts", {**RULE, "requires": {"quantity": 1, name: ["x"]}}),
        "policy": ("POST", "/v1/policies", {"id": "other", name: "x"}),
        "arm": ("POST", "/v1/experiments", experiments.given("e", arms=[experiments.arm("a", 5000, **{name: 1})])),
        "arm's policy": (
            "POST", "/v1/experiments", experiments.given("e", arms=[experiments.arm("a", 5000, policy={name: 1})]),
        ),
        "covariate": ("POST", "/v1/priors", {"id": "p", "prior": {**PRIOR, "beta": {name: NORMAL}}}),
        "cohorts": ("POST", "/v1/priors", {"id": "p", "prior": {**PRIOR, "cohorts": {"feature": name, "cuts": [1.0]}}}),
    }  # fmt: skip


@pytest.mark.parametrize("place", sorted(asked("age")))
def test_no_field_says_who_a_customer_is(untouched: Client, place: str) -> None:
    for name in WHO_THEY_ARE:
        method, path, body = asked(name)[place]
        answer = untouched.ask(method, path, body)
        assert 400 <= answer.status < 500, (name, answer.body)
        told = answer.json["detail"] + str(answer.json.get("errors", ""))
        assert name in told or "one of lines, units, log_gross" in told, told


def test_what_is_allowed_is_taken_at_the_same_places(client: Client) -> None:
    """The control: the same requests without the field go through."""
    assert client.ask("PUT", f"/v1/customers/{TOKEN}", {"tier": "gold"}).status == 200
    assert client.ask("POST", "/v1/decisions", BASKET).status == 200
    assert client.ask("POST", "/v1/discounts", RULE).status == 201
    beta = {"beta": {"log_gross": NORMAL}, "covariates": [{"feature": "log_gross", "centre": 3.0}]}
    told = client.ask("POST", "/v1/priors", {"id": "p", "prior": {**PRIOR, **beta}})
    assert told.status in (200, 201), told.body
