"""Strict readers: what comes from outside is taken exactly or refused by name."""

import json

from pos_client.core.record import Invalid, choice, fields, flag, integer, listing, text
from tests.core.expect import raises


def test_a_float_a_boolean_and_nan_are_not_whole_numbers():
    for value in (1.0, True, float("nan"), float("inf"), "1", None, [1]):
        with raises(Invalid, "not-an-integer"):
            integer(0)(value, "amount")


def test_a_number_or_a_word_is_no_flag():
    for value in (0, 1, "true", None, []):
        with raises(Invalid, "not-a-flag"):
            flag(value, "excluded")
    assert flag(True, "excluded") is True and flag(False, "excluded") is False


def test_a_number_outside_its_range_is_refused():
    for value in (-1, 11, 1 << 70):
        with raises(Invalid, "out-of-range"):
            integer(0, 10)(value, "amount")


def test_an_unknown_field_is_refused_by_name():
    with raises(Invalid, "unknown-field") as refused:
        fields({"sku": text(9)})({"sku": "a", "colour": "red"}, "line")
    assert "colour" in refused.error.detail


def test_a_missing_field_is_refused_by_name():
    with raises(Invalid, "missing-field") as refused:
        fields({"sku": text(9)})({}, "line")
    assert "sku" in refused.error.detail


def test_text_has_a_length_and_no_control_characters():
    for value, code in (
        ("", "text-length"),
        ("abcd", "text-length"),
        ("a\nb", "control-character"),
        (7, "not-text"),
    ):
        with raises(Invalid, code):
            text(3)(value, "label")


def test_an_escaped_emoji_is_the_same_text_on_both_interpreters():
    assert text(9)(json.loads('"\\ud83d\\ude00!"'), "label").encode() == b"\xf0\x9f\x98\x80!"


def test_half_a_character_is_refused():
    for escaped in ('"\\ud83d"', '"\\ude00"', '"\\ud83d\\ud83d"', '"\\ud83dx"'):
        with raises(Invalid, "lone-surrogate"):
            text(9)(json.loads(escaped), "label")


def test_a_word_outside_the_choice_is_refused():
    with raises(Invalid, "unknown-choice"):
        choice("sold", "lost")("SOLD", "outcome")


def test_a_list_is_refused_by_its_length_and_its_items_by_their_place():
    with raises(Invalid, "list-length"):
        listing(integer(0), 2)([1, 2, 3], "bands")
    with raises(Invalid) as refused:
        listing(integer(0), 3)([1, "2"], "bands")
    assert "bands[1]" in refused.error.detail
