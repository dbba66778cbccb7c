"""What a till and its service sign is what RFC 9421 says, and no part of it can be exchanged."""

from binascii import a2b_base64, hexlify

from pos_client.core import code, signature
from pos_client.core.mac import hmac_sha256
from pos_client.core.record import Invalid
from tests.core.expect import raises

KEY = bytes(range(32))
SENT = signature.request(KEY, "POST", "/v1/events?a=1", b"hello", 1700000000, "till-1/2", 7)
TOLD = '("@method" "@path" "@query" "content-digest");created=1700000000;keyid="till-1/2";nonce="7";alg="hmac-sha256"'


def lower(headers):
    return {name.lower(): headers[name] for name in headers}


def test_a_request_is_signed_over_the_base_that_rfc_9421_writes():
    digest = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"  # of hello, as openssl has it
    base = '"@method": POST\n"@path": /v1/events\n"@query": ?a=1\n"content-digest": ' + digest
    base += '\n"@signature-params": ' + TOLD
    assert SENT["Content-Digest"] == digest
    assert SENT["Signature-Input"] == "rung=" + TOLD
    assert a2b_base64(SENT["Signature"][6:-1]) == hmac_sha256(KEY, base.encode())


def test_whatever_is_changed_gives_another_signature():
    others = [
        signature.request(bytes(32), "POST", "/v1/events?a=1", b"hello", 1700000000, "till-1/2", 7),
        signature.request(KEY, "GET", "/v1/events?a=1", b"hello", 1700000000, "till-1/2", 7),
        signature.request(KEY, "POST", "/v1/events", b"hello", 1700000000, "till-1/2", 7),
        signature.request(KEY, "POST", "/v1/events?a=2", b"hello", 1700000000, "till-1/2", 7),
        signature.request(KEY, "POST", "/v1/events?a=1", b"hallo", 1700000000, "till-1/2", 7),
        signature.request(KEY, "POST", "/v1/events?a=1", b"hello", 1700000001, "till-1/2", 7),
        signature.request(KEY, "POST", "/v1/events?a=1", b"hello", 1700000000, "till-1/3", 7),
        signature.request(KEY, "POST", "/v1/events?a=1", b"hello", 1700000000, "till-1/2", 8),
    ]
    signatures = [one["Signature"] for one in others] + [SENT["Signature"]]
    assert len(set(signatures)) == 9


def test_an_answer_fits_its_own_request_status_and_body_alone():
    told = lower(signature.answer(KEY, 200, b"{}", SENT["Signature"], 1700000001, "till-1/2"))
    other = signature.request(KEY, "POST", "/v1/events?a=1", b"hello", 1700000000, "till-1/2", 8)["Signature"]
    assert signature.is_answer(KEY, 200, told, b"{}", SENT["Signature"])
    assert not signature.is_answer(KEY, 409, told, b"{}", SENT["Signature"])
    assert not signature.is_answer(KEY, 200, told, b"{} ", SENT["Signature"])
    assert not signature.is_answer(KEY, 200, told, b"{}", other)
    assert not signature.is_answer(bytes(32), 200, told, b"{}", SENT["Signature"])
    assert not signature.is_answer(KEY, 200, {}, b"{}", SENT["Signature"])
    moved = dict(told)
    moved["signature-input"] = told["signature-input"].replace('"@status" ', "")
    assert not signature.is_answer(KEY, 200, moved, b"{}", SENT["Signature"])


def test_what_is_wrapped_is_read_by_who_knows_the_secret_and_this_request():
    value = bytes(range(100, 132))
    kept = signature.wrapped(KEY, "device key", SENT["Signature"], value)
    assert kept != value
    assert signature.wrapped(KEY, "device key", SENT["Signature"], kept) == value
    assert signature.wrapped(KEY, "tenant key", SENT["Signature"], kept) != value
    assert signature.wrapped(KEY, "device key", "rung=:x:", kept) != value


def test_a_code_is_read_as_a_person_types_it():
    shown = code.written(b"\x00\x01\x02\x03\xff", bytes(range(16)))
    assert len(shown) == 40
    assert code.read(shown) == (b"\x00\x01\x02\x03\xff", bytes(range(16)))
    assert code.read(" " + shown.lower().replace("-", " ") + "\n") == (
        b"\x00\x01\x02\x03\xff",
        bytes(range(16)),
    )
    assert code.read(shown.replace("0", "O").replace("1", "l")) == code.read(shown)


def test_every_code_comes_back():
    for first in range(0, 256, 5):
        for second in (0, 1, 127, 255):
            halves = bytes([first, second, 9, 8, 7]), bytes([second] * 8 + [first] * 8)
            assert code.read(code.written(halves[0], halves[1])) == halves


def test_what_is_no_code_is_refused_with_words():
    for typed in ("", "ABCDE", "*" * 34, "A" * 35):
        with raises(Invalid, "code-form"):
            code.read(typed)


def test_the_codes_are_those_of_everybody_elses_hmac():
    known = hmac_sha256(b"key", b"The quick brown fox jumps over the lazy dog")
    assert hexlify(known) == b"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
