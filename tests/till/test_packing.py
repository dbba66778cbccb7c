"""A packed record comes back as it was, whatever it is, on both interpreters; and what was packed stays readable."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pos_client.core.event import opened, seal
from pos_client.core.record import Invalid
from pos_client.packing import packed, plain, told
from pos_client.unpacking import unpacked

ROOT = Path(__file__).resolve().parents[2]
RECORD = opened((Path(__file__).with_name("packed_record.json")).read_bytes())
del RECORD["hash"]
BOOK = b"Lumi\ncare\nten-off\n10 euros off from 80\n"

TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from(["sold", "sold\nlost", "a\nb", "Lumi", "Lumi\ncare", "", "\n", "2026-11-18T11:06:40Z"]),
    st.sampled_from(["2026-02-30T11:06:40Z", "0000-00-00T00:00:00Z", "T" * 20, "é" * 127, "x" * 256]),
    st.from_regex(r"[0-9a-f]{0,80}", fullmatch=True),
    st.from_regex(r"[0-9]{0,130}", fullmatch=True),
    st.uuids().map(str),
    st.uuids().map(lambda one: str(one).upper()),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(TEXTS, inner, max_size=8)),
    max_leaves=40,
)


def there_and_back(fields: dict, words: bytes = BOOK, usual: dict | None = None) -> dict:
    usual = plain(RECORD) if usual is None else usual
    return unpacked(packed(fields, words, usual)[0], words, usual)


slowly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # on a machine that has other work


@slowly
@given(st.dictionaries(TEXTS, VALUES, min_size=1))
def test_any_record_comes_back(fields):
    assert there_and_back(fields) == fields
    assert seal(there_and_back(fields)) == seal(fields)


@slowly
@given(st.dictionaries(st.sampled_from(sorted(RECORD)), VALUES))
@example({"training": 0, "profile": 1})  # 0 is not False
@example({"checkout_id": "c0", "cashier": "c0"})
@example({"plan": [False]})  # [0] is not [False]
@example({"plan": [], "limits": {}, "automatic": []})
def test_a_checkout_with_other_members_comes_back(changes):
    fields = {**RECORD, **changes}
    assert seal(there_and_back(fields)) == seal(fields)
    assert seal(there_and_back(fields, b"", {})) == seal(fields)


def test_a_record_is_packed_in_the_bytes_it_was_packed_in_before():
    """Format 2. Other bytes here are records of tills in shops that no till reads any more."""
    packed_once = (Path(__file__).with_name("packed_record.hex")).read_text().split()
    usual = {"currency": "EUR", "device": "till-1", "policy": "smallest_first", "training": False, "epoch": 1}
    assert [bytes(packed(RECORD, *book)[0]).hex() for book in ((b"", {}), (BOOK, usual))] == packed_once
    assert unpacked(bytes.fromhex(packed_once[1]), BOOK, usual) == RECORD


def test_a_record_takes_an_eighth_once_the_book_knows_its_shop():
    out, strange = packed(RECORD, b"", {})
    book = b"".join(word + b"\n" for word in strange)
    assert RECORD["checkout_id"].encode() not in strange
    assert len(packed(RECORD, book, plain(RECORD))[0]) < len(seal(RECORD)) / 8 < len(out)


@slowly
@given(TEXTS)
def test_a_checkout_is_found_by_the_bytes_of_its_id(checkout_id):
    fields = {**RECORD, "checkout_id": checkout_id, "cashier": checkout_id}
    assert told(checkout_id) in bytes(packed(fields, BOOK, {})[0])


@slowly
@given(st.binary(max_size=60))
def test_bytes_that_nobody_packed_are_refused_or_read_as_something(data):
    with contextlib.suppress(ValueError, LookupError, TypeError):
        unpacked(data, BOOK, plain(RECORD))


def test_what_no_record_holds_is_refused():
    with pytest.raises(Invalid):
        packed({"amount": 1.5}, b"", {})


def test_both_interpreters_pack_the_same_bytes():
    script = ["tests/till/packed_alike.py", "150"]
    interpreters = [
        [sys.executable],
        [str(Path(sys.executable).with_name("micropython")), "-X", "heapsize=8M"],
    ]
    digests = [
        subprocess.run([*one, *script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for one in interpreters
    ]
    assert digests[0] == digests[1] and len(digests[0].strip()) == 64
