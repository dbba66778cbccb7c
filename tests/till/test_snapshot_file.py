"""A snapshot is replaced whole or not at all, by a newer one of the same service and store."""

import contextlib
import errno

import pytest

from pos_client.core.record import Invalid
from pos_client.core.snapshot import encode, sign
from pos_client.ports import StorageFailed
from pos_client.snapshot_file import SnapshotFile
from tests.fakes import MemoryStorage, PowerCut

KEY = b"k" * 32
IDENTITY = {"key": KEY.hex(), "store": "sample"}
CARD = "ab" * 32


def made(version, key=KEY, **changed):
    meta = {"format": 1, "version": version, "built": 1000 + version, "history": "h1", "store": "sample"}
    meta.update(changed)
    return sign(encode(meta, b"", [(CARD, [], 20000, {"visits": version})]), key)


def brought(file, content, use=lambda snapshot: None):
    """Whether `content`, arriving in blocks, was adopted."""
    incoming = file.incoming()
    for at in range(0, len(content), 50):
        incoming.write(content[at : at + 50])
    incoming.flush()
    incoming.close()
    return file.adopt(use)


def having(version):
    storage = MemoryStorage()
    file = SnapshotFile(storage, IDENTITY)
    assert brought(file, made(version))
    return storage, file


def test_the_first_snapshot_is_adopted_and_found_again_after_a_restart():
    storage, file = having(3)
    again = SnapshotFile(storage.restarted(), IDENTITY)
    for one in (file, again):
        assert one.current.version == 3
        assert one.current.customer(CARD)[2] == {"visits": 3}
        assert (one.name, one.trouble) == ("h1-3", None)


def test_a_till_without_a_snapshot_says_so_and_goes_on():
    file = SnapshotFile(MemoryStorage(), IDENTITY)
    assert (file.current, file.name, file.trouble) == (None, "", "snapshot-missing")


def test_a_newer_snapshot_takes_over_and_is_given_to_the_till_first():
    _, file = having(3)
    given = []
    assert brought(file, made(4), given.append)
    assert [snapshot.version for snapshot in given] == [4]
    assert file.current.version == 4
    assert file.current.customer(CARD)[2] == {"visits": 4}


REFUSED = {
    "older": (made(2), "snapshot-not-newer"),
    "another store's": (made(4, store="other"), "snapshot-store"),
    "of a format to come": (made(4, format=2), "snapshot-format"),
    "another till's": (made(4, key=b"x" * 32), "snapshot-signature"),
    "cut short": (made(4)[:-1], "snapshot-signature"),
    "changed on the way": (made(4).replace(b'"built"', b'"bu1lt"'), "snapshot-signature"),
    "signed but without a version": (sign(encode({"format": 1}, b"", []), KEY), "snapshot-form"),
    "signed but not a snapshot": (sign(b"hello", KEY), "snapshot-form"),
    "a few bytes": (b"abc", "snapshot-signature"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_the_old_one_stays_when_the_new_one_is(kind):
    content, trouble = REFUSED[kind]
    storage, file = having(3)
    assert not brought(file, content)
    assert file.trouble == trouble
    for one in (file, SnapshotFile(storage.restarted(), IDENTITY)):
        assert one.current.version == 3
        assert one.current.customer(CARD)[2] == {"visits": 3}
    assert list(storage.files) == ["snapshot"]


def test_a_newer_snapshot_for_other_tills_is_not_fetched_again_but_a_damaged_one_is():
    _, file = having(3)
    brought(file, made(4)[:-1])
    assert file.name == "h1-3"
    brought(file, made(4, format=2))
    assert file.name == "h1-4"
    file.confirm()
    assert file.trouble == "snapshot-format"
    assert brought(file, made(5))
    assert (file.name, file.trouble) == ("h1-5", None)


@pytest.mark.parametrize(("version", "trouble"), [(2, "snapshot-not-newer"), (3, "snapshot-in-use")])
def test_who_is_handed_what_it_has_or_had_goes_on_asking_for_a_newer_one(version, trouble):
    _, file = having(3)
    assert not brought(file, made(version))
    assert (file.trouble, file.name, file.current.version) == (trouble, "h1-3", 3)
    file.confirm()
    assert file.trouble is None


def test_a_snapshot_that_the_till_cannot_use_does_not_replace_one_it_can():
    storage, file = having(3)

    def use(snapshot):
        raise Invalid("unknown-kind", "a rule of a kind this till does not know")

    assert not brought(file, made(4), use)
    assert (file.trouble, file.current.version) == ("unknown-kind", 3)
    assert file.name == "h1-4"  # so it is not fetched again
    file.confirm()
    assert file.trouble == "unknown-kind"
    assert SnapshotFile(storage.restarted(), IDENTITY).current.version == 3


def test_a_snapshot_that_failed_because_of_the_medium_is_fetched_again():
    _, file = having(3)

    def use(snapshot):
        raise StorageFailed("journal-unreadable")

    assert not brought(file, made(4), use)
    assert (file.trouble, file.name, file.current.version) == ("journal-unreadable", "h1-3", 3)
    assert brought(file, made(4))


def test_what_was_left_of_a_snapshot_makes_room_for_the_next_one():
    storage, file = having(3)
    storage.room = 1 << 20
    before = file.room()
    file.incoming().write(b"cut short by the network" * 1000)
    assert file.room() < before - 20000
    file.incoming()
    assert file.room() == before


def test_a_service_set_back_is_followed_under_its_new_history():
    _, file = having(3)
    assert brought(file, made(1, history="h2", built=5000))
    assert file.current.version == 1


@pytest.mark.parametrize("operation", range(1, 20))
@pytest.mark.parametrize("torn", [0, 30])
def test_a_power_cut_at_any_write_leaves_one_whole_snapshot(operation, torn):
    storage, file = having(3)
    storage.fail_at, storage.torn = storage.operations + operation, torn
    with contextlib.suppress(PowerCut):
        brought(file, made(4))
    again = SnapshotFile(storage.restarted(), IDENTITY)
    assert again.current.version in (3, 4)
    assert again.current.customer(CARD)[2] == {"visits": again.current.version}
    assert again.name == "h1-" + str(again.current.version)


def test_when_the_renaming_fails_the_till_is_given_the_old_one_back():
    storage, file = having(3)
    used = []
    incoming = file.incoming()
    incoming.write(made(4))
    incoming.close()
    storage.fail_at, storage.error = storage.operations + 1, OSError(errno.EIO, "worn out")
    assert not file.adopt(used.append)
    assert [snapshot.version for snapshot in used] == [4, 3]
    assert (file.trouble, file.current.version) == ("snapshot-unwritable", 3)
    assert file.current.customer(CARD)[2] == {"visits": 3}


def test_a_snapshot_that_rotted_on_the_medium_is_not_used_and_fetched_whole_again():
    storage, _ = having(3)
    storage.files["snapshot"][60] ^= 1
    again = SnapshotFile(storage.restarted(), IDENTITY)
    assert (again.current, again.name, again.trouble) == (None, "", "snapshot-signature")
    assert brought(again, made(3))


def test_an_empty_answer_does_not_pass_off_what_an_earlier_attempt_left():
    storage, file = having(3)
    storage.files["snapshot.new"] = bytearray(made(4))
    assert not brought(file, b"")
    assert (file.trouble, file.current.version, file.name) == ("snapshot-empty", 3, "h1-3")


def test_a_poll_that_brings_nothing_writes_nothing():
    storage, file = having(3)
    operations = storage.operations
    incoming = file.incoming()
    incoming.flush()
    incoming.close()
    assert storage.operations == operations
