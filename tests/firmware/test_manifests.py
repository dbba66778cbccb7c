"""The files that are signed, bit by bit, and where a device is stricter with them than python-tuf."""

import copy
import json
import os
from collections import Counter

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware.update import ed25519, ratchet
from firmware.update.refusal import Refusal
from firmware.update.trusted import Trusted
from tests.firmware.cases import ROLES, case, compact, contents, flipped, manifests, published
from tests.firmware.judge import judged
from tests.firmware.repository import NOW, Repository, root, signed, signers

SOAK = bool(os.environ.get("RUNG_SOAK"))


def openssl(key: bytes, pieces: list, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, b"".join(bytes(piece) for piece in pieces))
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize("role", ROLES)
def test_no_bit_of_a_manifest_can_be_turned(role):
    """Every bit of the two short ones, some of the others; all of them with RUNG_SOAK=1, by our own verifier."""
    repository, place = manifests()[role]
    good = repository.files[place]
    waiting = before(repository, role)
    step = 1 if SOAK else {"targets": 3, "root": 17}.get(role, 1)
    told = Counter(refusal_of(waiting, role, flipped(good, bit)) for bit in range(0, len(good) * 8, step))
    assert refusal_of(waiting, role, good) == "accepted"
    assert set(told) <= {"metadata-altered", "unsigned", "threshold", "key-unknown"}
    assert told["metadata-altered"] > told.total() * 0.6


def before(repository: Repository, role: str) -> Trusted:
    """A device that has taken all up to a role."""
    check = ed25519.verify if SOAK else openssl
    trusted = Trusted(repository.files["1.root.json"], ratchet.fresh(), NOW, verify=check)
    for one, (_, place) in manifests().items():
        if one == role:
            return trusted
        getattr(trusted, "update_" + one)(repository.files[place])
    raise AssertionError(role)


def refusal_of(waiting: Trusted, role: str, data: bytes) -> str:
    trusted = copy.copy(waiting)
    trusted._pins = dict(waiting._pins)
    try:
        getattr(trusted, "update_" + role)(data)
    except Refusal as refused:
        return refused.code
    return "accepted"


def test_two_names_of_one_key_are_one_signature():
    """Where python-tuf counts ids, a device counts keys: a root made so by mistake does not halve the threshold."""
    repository = published()
    doubled = root(1, repository.keys)
    one = repository.keys["targets"][0]
    doubled.keys["0" * 64] = doubled.keys[one.public_key.keyid]
    doubled.roles["targets"].keyids.append("0" * 64)
    first = signed(doubled, repository.keys["root"][:2])
    made = json.loads(signed(contents(repository)["targets"], [one]))
    made["signatures"].append({**made["signatures"][0], "keyid": "0" * 64})
    files = {**repository.now(), "1.targets.json": compact(made)}
    changed = case(repository, files=files)
    changed["stored"]["root.json"] = first
    assert judged(changed)[0] == "threshold"


def test_one_key_for_two_roles_does_not_make_one_file_the_other():
    """Its signature holds, so what is signed has to say what it is."""
    repository = published()
    keys = signers()
    keys["snapshot"] = keys["timestamp"]
    repository.rotate(keys)
    repository.publish()
    files = {**repository.now(), "2.snapshot.json": repository.files["timestamp.json"]}
    assert judged(case(repository))[0] == "accepted"
    assert judged(case(repository, files=files))[0] == "wrong-role"


def test_a_key_that_signs_twice_spoils_the_file_even_beside_enough_others():
    """As for python-tuf: a file with two signatures of one id is no file."""
    repository = published()
    made = json.loads(repository.files["1.targets.json"])
    made["signatures"].append(made["signatures"][0])
    changed = case(repository, files={**repository.now(), "1.targets.json": compact(made)})
    assert judged(changed)[0] == "threshold"


def test_the_same_words_in_other_bytes_are_refused():
    """python-tuf encodes anew before it checks; a device takes the bytes as they are, and nothing but those."""
    repository = published()
    files = repository.now()
    spaced = json.dumps(json.loads(files["timestamp.json"])).encode()
    shouted = files["timestamp.json"].replace(b'"sig":"', b'"sig":"').decode()
    at = shouted.index('"sig":"') + 7
    shouted = (shouted[:at] + shouted[at : at + 128].upper() + shouted[at + 128 :]).encode()
    for data in (spaced, shouted, files["timestamp.json"] + b"\n"):
        changed = case(repository, files={**files, "timestamp.json": data})
        assert judged(changed)[0] in ("metadata-altered", "unsigned")
