"""Whatever comes in, the core raises nothing but its own errors, and a refused call changes nothing."""

import copy
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.core import basket, discount, event, policy, returning, snapshot
from pos_client.core.checkout import begin, react
from pos_client.core.record import Damaged, Refused
from tests.core import worlds
from tests.core.expect import Chance
from tests.properties.worlds import decision, json_values, seeds

many = settings(max_examples=400, deadline=None)


def tells_only_refusals(call, *arguments) -> None:
    """Runs a call that may refuse; any other exception fails the test."""
    try:
        call(*arguments)
    except Refused as refused:
        assert refused.code and refused.code == refused.code.lower()
        assert refused.detail


def spoilt(data, value):
    """The value with one place in it replaced by something else."""
    value = copy.deepcopy(value)
    place = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return value
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
        else:
            place[key] = data.draw(json_values | st.integers(-(2**70), 2**70) | st.just(math.nan))
            return value


@many
@given(seeds, st.data())
def test_a_spoilt_basket_is_read_or_refused(seed, data):
    tells_only_refusals(basket.read, spoilt(data, worlds.basket_body(Chance(seed))))


@many
@given(seeds, st.data())
def test_a_spoilt_rule_is_read_or_refused(seed, data):
    rules = worlds.rules(Chance(seed))
    tells_only_refusals(discount.read_all, spoilt(data, rules) if rules else rules)


@many
@given(json_values)
def test_any_json_is_read_or_refused(value):
    for read in (basket.read, discount.read, discount.read_all, policy.read):
        tells_only_refusals(read, value)


@many
@given(
    seeds, st.integers(-3, 40), st.sampled_from(["accepted", "asked_more", "left", "skipped", "", "smiled"])
)
def test_any_reaction_is_taken_or_refused_and_a_refusal_changes_nothing(seed, rung, reaction):
    made = decision(seed)
    progress = begin(made)
    tells_only_refusals(react, made, progress, rung, reaction, 0)
    assert (progress.state in ("offering", "nothing_to_offer"), progress.position, progress.offers) == (
        True,
        0,
        (),
    )


@many
@given(st.binary(max_size=300) | st.binary(max_size=50).map(lambda tail: event.seal({"a": 1})[:-9] + tail))
def test_any_bytes_are_a_record_or_damaged(line):
    tells_only_refusals(event.opened, line)


@many
@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_are_a_snapshot_or_damaged(tail, kept):
    meta = worlds.meta(Chance(1), None, 1)
    file = snapshot.sign(snapshot.encode(meta, b"", []), b"k")[:kept] + tail
    try:
        snapshot.Snapshot(lambda offset, length: file[offset : offset + length], len(file))
    except Damaged as damaged:
        assert damaged.detail


@many
@given(json_values)
def test_any_request_to_return_is_taken_or_refused(value):
    record = {
        "outcome": "sold",
        "training": False,
        "lines": [{"sku": "a", "quantity": 2, "unit_price": 500}],
        "automatic": [],
        "discount": None,
        "goodwill": None,
    }
    tells_only_refusals(lambda wish: returning.give_back(record, [0], returning.read(wish)), value)
