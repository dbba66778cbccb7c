"""A compact snapshot says what the other one says, of every customer, in a third of the bytes."""

import contextlib
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.core import belief, compact, snapshot
from pos_client.core.belief import ONE
from pos_client.core.record import Damaged
from pos_client.core.snapshot import Snapshot
from pos_client.snapshot_file import SnapshotFile
from pricing_service import belief_store, compact_snapshots, published_beliefs, release_store
from pricing_service.compact_snapshots import compacted
from pricing_service.database import Database
from tests.core.small_model import COLUMNS, STATES, TABLES
from tests.fakes import MemoryStorage, PowerCut

META = {"version": 7, "model": TABLES}
Customer = tuple[str, Any, int, dict[str, Any]]


def token(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def opened(body: bytes | None) -> Snapshot:
    assert body is not None
    whole = body + bytes(snapshot.MAC_BYTES)
    return Snapshot(lambda offset, length: whole[offset : offset + length], len(whole))


def both(
    customers: list[Customer], meta: dict[str, Any] = META, columns: bytes = COLUMNS
) -> tuple[bytes, bytes]:
    body = snapshot.encode(meta, columns, customers)
    small = compacted(body)
    assert small is not None
    return body, small


def check(customers: list[Customer], meta: dict[str, Any] = META, columns: bytes = COLUMNS) -> None:
    one, other = (opened(body) for body in both(customers, meta, columns))
    assert one.meta == other.meta
    for known in [*[customer[0] for customer in customers], "00" * 32, "ff" * 32]:
        assert one.customer(known) == other.customer(known)


ROWS = st.lists(st.integers(0, 65535), min_size=STATES, max_size=STATES)
FACTS = st.dictionaries(st.sampled_from(["visits", "tier", "usage"]), st.integers() | st.text(), max_size=3)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(ROWS, st.integers(0, 65535), FACTS), max_size=12))
def test_everybody_is_known_as_before(known: list[tuple[list[int], int, dict[str, Any]]]) -> None:
    check(
        [
            (token(at), b"".join(v.to_bytes(2, "little") for v in row), day, facts)
            for at, (row, day, facts) in enumerate(known)
        ]
    )


def test_a_customer_takes_less_than_half_the_bytes(database: Database) -> None:
    with database.reading() as connection:
        published = release_store.in_force(connection)
    model, customers = published.model, []
    weights = belief.initial(model, belief.PRECISE)
    for at in range(200):
        offers = [(500 + 37 * at % 1500, True, True, "accepted" if at % 3 else "asked_more")]
        weights = belief.update(model, belief.drift(model, weights, at % 40), offers, "sold")
        row = published_beliefs.rows([belief_store.pack(weights)])[0]
        customers.append((token(at), row, 20000 + at, {"cohort": 1, "visits": at % 9}))
    meta = {"version": 7, "model": published.tables}
    check(customers, meta, published.columns)
    nobody = len(both([], meta, published.columns)[1])
    sizes = [(len(body) - nobody) / len(customers) for body in both(customers, meta, published.columns)]
    assert (
        sizes[1] < 0.4 * sizes[0]
    )  # of beliefs that are all different; people share some, see docs/device.md


def test_a_belief_that_is_certain_and_a_shop_without_model_or_customers() -> None:
    check([(token(1), [0] * (STATES - 1) + [ONE], 20000, {})])
    check([(token(1), b"", 20000, {"visits": 1})], {"version": 7}, b"")
    check([])


def test_customers_in_thousands_of_buckets_and_strangers_beside_them() -> None:
    customers: list[Customer] = [
        (token(at), [at, ONE - at] + [0] * (STATES - 2), at, {}) for at in range(9000)
    ]
    found = opened(both(customers)[1])
    for at, (known, weights, day, _) in enumerate(customers[::7]):
        assert found.customer(known) == (weights, day, {})
        assert found.customer(token(10_000 + at)) is None
        assert found.customer(known[:15] + ("0" if known[15] != "0" else "1") + known[16:]) is None


def test_rows_that_are_too_long_or_as_short_as_a_pointer_are_pointed_to() -> None:
    meta = {"version": 7, "model": {**TABLES, "states": 300}}
    long = [(place * 7919) % 65536 for place in range(300)]
    rows = [long, [0] * 299 + [7], [0] * 300, [ONE - 1] + [0] * 299, [9] * 300]
    shared = [(token(at + 10), row, 3, {"visits": 1}) for at, row in enumerate(rows)]
    check([(token(at), row, at, {}) for at, row in enumerate(rows)] + shared, meta, b"")


def test_the_layout_before_which_no_release_wrote_is_refused_by_name() -> None:
    with pytest.raises(Damaged, match="snapshot-form"):
        opened(b"RUNGSNP2" + both([])[1][8:])


def test_many_rows_are_coded_as_each_alone() -> None:
    rows = [[(place * number * 7919) % 65536 for place in range(STATES)] for number in range(9000)]
    customers: list[Customer] = [
        (token(at), b"".join(value.to_bytes(2, "little") for value in row), at, {})
        for at, row in enumerate(rows)
    ]
    found = opened(both(customers)[1])
    for at in (0, 1, 4095, 4096, 4097, 8191, 8192, 8999):
        assert found.customer(token(at)) == (compact.decode(row_of(rows[at]), STATES), at, {})


def row_of(values: list[int]) -> bytes:
    """The code of a row, alone."""
    raw = b"".join(value.to_bytes(2, "little") for value in values)
    customers: list[Customer] = [(token(0), raw, 0, {})]
    small = both(customers)[1]
    entries = int.from_bytes(small[32:36], "little")
    return small[len(small) - entries + 14 :]


KEY = b"k" * 32


def of_a_till(version: int, is_compact: bool) -> bytes:
    meta = {
        "format": 1,
        "version": version,
        "built": 1000 + version,
        "history": "h1",
        "store": "sample",
        "model": TABLES,
    }
    body, small = both([(token(1), [version] + [0] * (STATES - 2) + [ONE - version], 1, {})], meta)
    return snapshot.sign(small if is_compact else body, KEY)


def brought(file: SnapshotFile, content: bytes) -> bool:
    incoming = file.incoming()
    for at in range(0, len(content), 100):
        incoming.write(content[at : at + 100])
    incoming.flush()
    incoming.close()
    return file.adopt(lambda taken: None)


def version_of(file: SnapshotFile) -> int:
    """What the customer is believed as, in these tests."""
    assert file.current is not None
    known = file.current.customer(token(1))
    assert known is not None and known[0][0] == file.current.version
    return known[0][0]


@pytest.mark.parametrize("is_compact", [False, True])
def test_either_layout_takes_the_place_of_the_other_and_a_power_cut_leaves_one_of_them(
    is_compact: bool,
) -> None:
    identity = {"key": KEY.hex(), "store": "sample"}
    seen = set()
    for operation in range(1, 25):
        storage = MemoryStorage()
        file = SnapshotFile(storage, identity, thin=True)
        assert brought(file, of_a_till(3, is_compact)) and version_of(file) == 3
        storage.fail_at, storage.torn = storage.operations + operation, 30
        with contextlib.suppress(PowerCut):
            brought(file, of_a_till(4, not is_compact))
        seen.add(version_of(SnapshotFile(storage.restarted(), identity, thin=True)))
    assert seen == {3, 4}


def test_what_three_bytes_cannot_point_to_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact_snapshots, "LARGEST", 100)
    body = snapshot.encode(
        META, COLUMNS, [(token(at), [at, ONE - at] + [0] * (STATES - 2), 1, {}) for at in range(99)]
    )
    assert compacted(body) is None
