"""The description of discounts and policies says what the tills' readers take."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pos_client.core import discount, policy
from pos_client.core.record import Invalid
from pricing_service import provisioning, rule_schema
from pricing_service.describe import document
from pricing_service.rule_examples import EXAMPLES

DESCRIPTION = json.loads(document())
SHOP = json.loads(provisioning.SHOP.read_text())
CASES = json.loads((Path(__file__).parents[1] / "core/promotion_cases.json").read_text())
CREATES = rule_schema.sent("Discount", creating=True)


def fits(schema: dict[str, Any], value: object) -> bool:
    return Draft202012Validator({**schema, "components": DESCRIPTION["components"]}).is_valid(value)


def is_read(rule: dict[str, Any]) -> bool:
    try:
        discount.read(rule)
    except Invalid:
        return False
    return True


def rules_in(cases: Any) -> list[dict[str, Any]]:
    """Every object with an id and a kind, wherever a case keeps it."""
    if type(cases) is list:
        return [rule for case in cases for rule in rules_in(case)]
    if type(cases) is not dict:
        return []
    if {"id", "label", "kind"} <= cases.keys():
        return [cases]
    return [rule for case in cases.values() for rule in rules_in(case)]


def test_there_is_an_example_of_every_kind_and_the_tills_read_it() -> None:
    examples = EXAMPLES["discount"]
    assert examples.keys() == discount.READERS.keys()
    for kind, rule in examples.items():
        assert rule["kind"] == kind and discount.read(rule) and fits(CREATES, rule)


def test_an_example_of_a_policy_shows_every_member() -> None:
    whole = EXAMPLES["policy"]["all members"]
    assert whole.keys() == DESCRIPTION["components"]["schemas"]["Policy"]["properties"].keys()
    for example in EXAMPLES["policy"].values():
        assert fits(rule_schema.sent("Policy", creating=True), example)
        policy.read({name: value for name, value in example.items() if name != "id"})


def test_every_rule_of_the_sample_shop_and_of_the_public_engines_fits() -> None:
    rules = SHOP["discounts"] + rules_in(CASES)
    assert len(rules) > 60
    assert [rule for rule in rules if is_read(rule) != fits(CREATES, rule)] == []


@pytest.mark.parametrize("kind", sorted(discount.READERS))
def test_what_the_reader_of_a_kind_refuses_its_schema_refuses(kind: str) -> None:
    rule = EXAMPLES["discount"][kind]
    known = DESCRIPTION["components"]["schemas"][f"Discount_{kind}"]
    for name in known["required"]:
        short = {member: value for member, value in rule.items() if member != name}
        assert not is_read(short) and not fits(CREATES, short), name
    for name in known["properties"]:
        for odd in (-(10**6) - 1, 10**13, 1.5, "x" * 500, "", [], [None], {"odd": 1}):
            changed = {**rule, name: odd}
            assert not is_read(changed) and not fits(CREATES, changed), (name, odd)
    assert not is_read({**rule, "odd": 1}) and not fits(CREATES, {**rule, "odd": 1})


def test_a_discount_is_created_with_an_id_and_replaced_without() -> None:
    nameless = {name: value for name, value in EXAMPLES["discount"]["percent"].items() if name != "id"}
    assert not fits(CREATES, nameless)
    assert fits(rule_schema.sent("Discount", creating=False), nameless)


def test_every_member_says_what_it_means() -> None:
    told = set()
    for name in [*DESCRIPTION["components"]["schemas"]["Discount"]["discriminator"]["mapping"].values()]:
        told |= DESCRIPTION["components"]["schemas"][name.rpartition("/")[2]]["properties"].keys()
    assert {"rate", "bands", "stack", "coupon", "budget"} < told < rule_schema.MEANINGS.keys()
