"""The one file a till decides from."""

from pos_client.core import belief, shop, snapshot
from pos_client.core.record import Damaged, Invalid, OutOfTurn
from tests.core import worlds
from tests.core.expect import Chance, raises
from tests.core.shops import amount
from tests.core.small_model import COLUMNS, STATES, TABLES

KEY = b"the till's key"


def meta(version=1):
    return worlds.meta(Chance(3), TABLES, version)


def weights(first):
    return [first] + [1] * (STATES - 2) + [65536 - first - STATES + 2]


def signed(customers, version=1):
    return snapshot.sign(snapshot.encode(meta(version), COLUMNS, customers), KEY)


def reader(file):
    return lambda offset, length: file[offset : offset + length]


def opened(file):
    return snapshot.Snapshot(reader(file), len(file))


def test_every_customer_is_found_and_nobody_else():
    tokens = ["%064x" % (number * 7919 << 200) for number in range(300)]
    file = signed([(token, weights(at + 1), 20000 + at, {"visits": at}) for at, token in enumerate(tokens)])
    found = opened(file)
    for at, token in enumerate(tokens):
        assert found.customer(token) == (weights(at + 1), 20000 + at, {"visits": at})
    assert found.customer("ff" * 32) is None
    assert opened(signed([])).customer("00" * 32) is None


def test_customers_who_believe_alike_share_a_row():
    alike = [("%064x" % (at << 200), weights(5), 20000, {}) for at in range(100)]
    assert len(signed(alike)) - len(signed(alike[:1])) == 99 * (12 + 8)


def test_a_belief_that_is_certain_comes_out_as_it_went_in():
    certain = [0] * (STATES - 1) + [65536]
    assert opened(signed([("5e" * 32, certain, 20000, {})])).customer("5e" * 32)[0] == certain


def test_the_model_comes_out_as_it_went_in():
    found = opened(signed([]))
    assert b"".join([found.column(at) for at in range(len(TABLES["depths"]))]) == COLUMNS
    assert belief.Model(found.meta["model"], found.column).states == STATES


def test_a_changed_byte_anywhere_is_seen():
    file = signed([("5e" * 32, weights(9), 20000, {"tier": "gold"})])
    snapshot.verify(reader(file), len(file), KEY)
    for at in list(range(0, len(file), 41)) + [len(file) - 1]:
        changed = file[:at] + bytes([file[at] ^ 4]) + file[at + 1 :]
        with raises(Damaged, "snapshot-signature"):
            snapshot.verify(reader(changed), len(changed), KEY)


def test_another_tills_snapshot_is_refused():
    file = signed([])
    with raises(Damaged, "snapshot-signature"):
        snapshot.verify(reader(file), len(file), b"another key")


def test_half_a_file_is_not_a_snapshot():
    file = signed([])
    for length in (0, 8, 40, len(file) // 2, len(file) - 1):
        with raises(Damaged):
            opened(file[:length])


def test_what_is_signed_but_no_snapshot_is_damaged():
    for text in (b"[]", b"5", b"null", b"{}", b"[" * 20000, b'{"version":"1"}'):
        lengths = [len(text), 0, 0, 0, 0, 0, 0]
        body = b"RUNGSNP1" + b"".join([length.to_bytes(4, "little") for length in lengths]) + text
        with raises(Damaged):
            opened(snapshot.sign(body, KEY))


def test_a_belief_of_another_model_is_not_put_into_a_snapshot():
    with raises(Invalid, "belief-states"):
        signed([("5e" * 32, [65536], 20000, {})])


def test_versions_never_go_back():
    snapshot.may_replace(meta(8), meta(7))
    for version, code in ((6, "snapshot-not-newer"), (7, "snapshot-in-use")):
        with raises(OutOfTurn, code):
            snapshot.may_replace(meta(version), meta(7))


def test_a_restored_service_counts_anew_but_not_from_an_older_time():
    restored = meta(2)
    restored["history"] = "after the restore"
    snapshot.may_replace(restored, meta(7))
    restored["built"] -= 1
    with raises(OutOfTurn, "snapshot-not-newer"):
        snapshot.may_replace(restored, meta(7))


def test_another_stores_snapshot_is_refused():
    other = meta(8)
    other["store"] = "s2"
    with raises(OutOfTurn, "snapshot-store"):
        snapshot.may_replace(other, meta(7))


def test_a_newer_format_asks_for_an_update():
    newer = meta(8)
    newer["format"] = 2
    with raises(OutOfTurn, "snapshot-format"):
        snapshot.may_replace(newer, meta(7))


def test_a_shop_has_at_most_one_goodwill_rule():
    given = meta()
    given["discounts"] = [amount("x", 5, {"kind": "goodwill"}), amount("y", 5, {"kind": "goodwill"})]
    with raises(Invalid, "two-goodwill-rules"):
        shop.read(given)


def test_without_a_snapshot_a_shop_has_no_rules():
    bare = shop.without_snapshot()
    assert (bare.discounts, bare.version, bare.release, bare.goodwill) == ([], 0, "none", None)
