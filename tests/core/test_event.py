"""Records are bytes: canonical, sealed, verified as stored."""

import binascii
import json

from pos_client.core.event import canonical, digest, opened, seal
from pos_client.core.mac import equal, hmac_sha256
from pos_client.core.record import Damaged, Invalid
from tests.core.expect import raises


def test_members_are_sorted_and_nothing_is_added():
    assert (
        canonical({"b": [1, None, True], "a": {"y": -2, "x": "é"}})
        == '{"a":{"x":"é","y":-2},"b":[1,null,true]}'.encode()
    )


def test_only_what_json_demands_is_escaped():
    assert canonical('"\\\n\t/é😀') == '"\\"\\\\\\u000a\\u0009/é😀"'.encode()


def test_canonical_bytes_are_json():
    value = {"text": 'a"b\\c\nd', "list": [[], {}, 0, -1, 10**15], "none": None}
    assert json.loads(canonical(value).decode()) == value


def test_a_float_cannot_be_recorded():
    for value in (1.5, float("nan"), {"a": 0.0}, b"bytes"):
        with raises(Invalid, "not-recordable"):
            canonical(value)


def test_a_sealed_line_opens_to_its_fields_with_their_hash_last():
    line = seal({"gross": 2598, "cashier": "c7"})
    assert line.startswith(b'{"cashier":"c7","gross":2598,"hash":"')
    assert opened(line) == {
        "cashier": "c7",
        "gross": 2598,
        "hash": digest(b'{"cashier":"c7","gross":2598}').decode(),
    }


def test_no_changed_byte_goes_unseen():
    line = seal({"gross": 2598, "cashier": "c7"})
    for at in range(len(line)):
        with raises(Damaged):
            opened(line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :])


def test_what_is_not_a_record_is_damaged():
    for line in (b"", b"{}", b"null", seal({"a": 1})[:-1]):
        with raises(Damaged, "record-hash"):
            opened(line)


def test_hmac_agrees_with_rfc_4231():
    cases = (
        (b"\x0b" * 20, b"Hi There", b"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            b"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    )
    for key, message, code in cases:
        assert binascii.hexlify(hmac_sha256(key, message)) == code


def test_codes_are_equal_only_in_full():
    assert equal(b"abc", b"abc")
    assert not equal(b"abc", b"abd")
    assert not equal(b"abc", b"ab")
