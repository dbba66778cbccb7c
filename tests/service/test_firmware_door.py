"""What somebody with a stolen token sends is refused, each time by the name of its reason."""

import json
import time
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from pos_client.core.record import Refused
from pricing_service import firmware_store
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.firmware import repository
from tests.firmware.cases import flipped
from tests.firmware.repository import DAY
from tests.service.firmware_signers import (
    RELEASES,
    ReleaseKeys,
    body,
    changed,
    entry,
    first,
    image,
    name_of,
    online,
    trust,
    trusted,
)
from tests.service.places import Client


@pytest.fixture
def keys(settings: Settings) -> ReleaseKeys:
    return trusted(settings)


def refusals(keys: ReleaseKeys) -> dict[str, tuple[dict[str, Any], int, str]]:
    """What somebody with a stolen token could send, and why it is refused. Version 6 is there as targets 1."""
    one, two, other = keys.keys["targets"][0], keys.keys["targets"][1], repository.signers(9)
    good = keys.targets(2, entry(7))
    unsigned = json.dumps({**json.loads(good), "signatures": []}, separators=(",", ":")).encode()
    snapshot = repository.signed(repository.snapshot(99, good, 2, int(time.time()) + DAY), [keys.service])
    disguised = repository.signed(repository.snapshot(2, good, 2, int(time.time()) + DAY), [one, two])
    weak = repository.root(2, keys.keys, int(time.time()) + DAY)
    weak.roles["targets"].threshold = 1

    def sent(data: bytes, name: str = "2.targets.json", version: int = 7) -> dict[str, Any]:
        return body({name: data}, (version, "host"))

    altered = b64encode(flipped(image(7), 77)).decode()
    longer = b64encode(image(7) + b"\0").decode()
    return {
        "without signatures": (sent(unsigned), 400, "unsigned"),
        "with one signature": (sent(keys.targets(2, entry(7), [one])), 400, "threshold"),
        "signed twice with one key": (sent(twice(keys.targets(2, entry(7), [one]))), 400, "threshold"),
        "signed with keys of the roots": (
            sent(keys.targets(2, entry(7), keys.keys["root"][:2])), 400, "wrong-role"),
        "signed with the service's own key": (
            sent(keys.targets(2, entry(7), [keys.service])), 400, "wrong-role"),
        "signed by strangers": (sent(keys.targets(2, entry(7), other["targets"])), 400, "key-unknown"),
        "one bit turned": (sent(flipped(good, 8 * good.index(b"romfs"))), 400, "metadata-altered"),
        "spaces between": (sent(json.dumps(json.loads(good)).encode()), 400, "unsigned"),
        "expired": (sent(keys.targets(2, entry(7), days=-1)), 400, "expired"),
        "the version that is there": (sent(keys.targets(1, entry(7)), "1.targets.json"), 409, "rolled-back"),
        "another version than its name": (sent(keys.targets(3, entry(7))), 400, "mixed"),
        "a snapshot as targets": (sent(disguised), 400, "wrong-role"),
        "a snapshot": (sent(snapshot, "99.snapshot.json"), 400, "file-name"),
        "a timestamp": (sent(good, "timestamp.json"), 400, "file-name"),
        "a path": (sent(good, "../2.targets.json"), 400, "file-name"),
        "an image of a version before": (sent(keys.targets(2, entry(5)), version=5), 409, "rolled-back"),
        "other bytes for a version": (
            sent(keys.targets(2, changed(entry(6), length=1))), 409, "release-changed"),
        "hardware that is none": (sent(keys.targets(2, entry(7, "rp2"))), 400, "release-name"),
        "a name of other hardware": (
            sent(keys.targets(2, entry(7, hardware_named="esp32-s3"))), 400, "unknown-field"),
        "hardware that is not its name's": (
            sent(keys.targets(2, renamed(entry(7, "esp32-s3"), name_of(7)))), 400, "wrong-hardware"),
        "an image too long for its slot": (
            sent(keys.targets(2, changed(entry(7), length=262_145))), 400, "out-of-range"),
        "an image longer than a Pico's slot": (
            sent(keys.targets(2, changed(entry(7, "rp2-pico-w"), length=163_841))), 400, "too-long"),
        "no journal format": (sent(keys.targets(2, entry(7, journal=[]))), 400, "list-length"),
        "no image": (body({"2.targets.json": good}), 400, "missing"),
        "an image with one bit turned": (
            body({"2.targets.json": good}, images={name_of(7): altered}), 400, "payload-altered"),
        "an image that goes on": (body({"2.targets.json": good}, images={name_of(7): longer}), 400, "payload-altered"),
        "an image nobody signed": (
            body({"2.targets.json": good}, (7, "host"), (8, "host")), 400, "unknown-target"),
        "no base64": (body({"2.targets.json": good}, images={name_of(7): "??"}), 400, "not-base64"),
        "too much metadata": (sent(good + b" " * 20_000), 400, "too-long"),
        "a list": ({"metadata": ["2.targets.json"]}, 400, "not-texts"),
        "nothing of the bill that was signed": (
            sent(keys.targets(2, entry(7, bill=sha256(b"{}").hexdigest()))), 400, "bill-missing"),
        "another bill than the signed one": (
            body({"2.targets.json": keys.targets(2, entry(7, bill=sha256(b"{}").hexdigest()))},
                 (7, "host"), bills={name_of(7): "{ }"}), 400, "bill-altered"),
        "a root of strangers": (body({"2.root.json": ReleaseKeys(keys.service, 9).root(2)}), 400, "key-unknown"),
        "a root signed by the new keys alone": (
            body({"2.root.json": ReleaseKeys(keys.service, 2).root(2)}), 400, "key-unknown"),
        "a root that is left out": (
            body({"3.root.json": ReleaseKeys(keys.service, 2).root(3, *keys.keys["root"][:2])}), 400, "mixed"),
        "another first root": (body({"1.root.json": ReleaseKeys(keys.service, 2).root(1)}), 409, "rolled-back"),
        "a root that asks for one signature": (
            body({"2.root.json": repository.signed(weak, keys.keys["root"][:2])}), 400, "root-form"),
        "a root that names another server": (
            body({"2.root.json": elsewhere(keys)}), 400, "service-key"),
        "two files of targets": (
            body({"2.targets.json": good, "3.targets.json": keys.targets(3, entry(7))}), 400, "too-many-files"),
    }  # fmt: skip


def twice(data: bytes) -> bytes:
    """The one signature of a file, twice."""
    told = json.loads(data)
    return json.dumps({**told, "signatures": told["signatures"] * 2}, separators=(",", ":")).encode()


def renamed(entries: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = entries.values()
    one.path = name
    return {name: one}


def elsewhere(keys: ReleaseKeys) -> bytes:
    other = {**keys.keys, "snapshot": [repository.signer("x")], "timestamp": [repository.signer("x")]}
    made = repository.root(2, other, int(time.time()) + DAY)
    return repository.signed(made, keys.keys["root"][:2])


def test_a_stolen_token_publishes_nothing_that_release_keys_have_not_signed(
    settings: Settings, client: Client, database: Database, keys: ReleaseKeys
) -> None:
    assert client.ask("POST", RELEASES, body(first(keys), (6, "host"))).status == 201
    with database.reading() as connection:
        before = firmware_store.files(connection), firmware_store.releases(connection)
    told = {}
    for name, (sent, _, _) in refusals(keys).items():
        answer = client.ask("POST", RELEASES, sent)
        told[name] = (answer.status, answer.json.get("code"))
    assert told == {name: (status, code) for name, (_, status, code) in refusals(keys).items()}
    with database.reading() as connection:
        assert (firmware_store.files(connection), firmware_store.releases(connection)) == before
    good = keys.targets(2, entry(7))
    assert client.ask("POST", RELEASES, body({"2.targets.json": good}, (7, "host"))).status == 201


def test_every_byte_of_what_is_sent_counts(
    settings: Settings, client: Client, database: Database, keys: ReleaseKeys
) -> None:
    good = first(keys)["1.targets.json"]
    for place in range(0, len(good), 79):
        sent = body({"1.targets.json": flipped(good, 8 * place)}, (6, "host"))
        assert client.ask("POST", RELEASES, sent).status == 400, place
    with database.reading() as connection:
        assert firmware_store.releases(connection) == []
        assert list(firmware_store.files(connection)) == ["1.root.json"]


def test_a_first_root_that_leaves_too_much_to_too_few_is_not_trusted(settings: Settings) -> None:
    keys = ReleaseKeys(online(settings))

    def root(change: Any, by: list[Any] | None = None) -> bytes:
        made = repository.root(1, keys.keys, int(time.time()) + DAY)
        change(made)
        return repository.signed(made, keys.keys["root"][:2] if by is None else by)

    def weak(made: Any) -> None:
        made.roles["root"].threshold = 1

    def nobody(made: Any) -> None:
        made.roles["targets"].keyids.append("0" * 64)

    def on_a_server(made: Any) -> None:
        made.roles["targets"].keyids.append(keys.service.public_key.keyid)

    def later(made: Any) -> None:
        made.version = 2

    wrong = {
        "root-form": (root(weak), root(on_a_server), root(later)),
        "metadata-form": (root(nobody),),
        "threshold": (root(str, keys.keys["root"][:1]),),
        "unsigned": (root(str, []),),
        "too-long": (b" " * 9000,),
    }
    for code, roots in wrong.items():
        for data in roots:
            with pytest.raises(Refused) as refused:
                trust(settings, data)
            assert refused.value.code == code
    trust(settings, root(str))
    with pytest.raises(Refused) as refused:
        trust(settings, ReleaseKeys(online(settings), 2).root())
    assert refused.value.code == "other-root"
