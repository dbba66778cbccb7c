"""Attacks on updates: all refused, each by the name of its reason; python-tuf's client refuses and accepts alike."""

import json
import os
import random
import subprocess
import sys
from binascii import b2a_base64
from collections import Counter
from pathlib import Path

import pytest

from firmware.update import ed25519
from tests.firmware.attacks import everything
from tests.firmware.cases import (
    Attack,
    case,
    image,
    name_of,
    published,
    rotated,
)
from tests.firmware.judge import judged
from tests.firmware.oracle import Client
from tests.firmware.repository import DAY, NOW, Repository, root, signed, signers

ROOT = Path(__file__).resolve().parents[2]
MICROPYTHON = str(Path(sys.executable).with_name("micropython"))
SOAK = bool(os.environ.get("RUNG_SOAK"))
KINDS = (
    "unsigned",
    "one signature",
    "wrong role",
    "expired",
    "rolled back",
    "frozen",
    "mixed",
    "endless data",
    "wrong hardware",
    "tampered payload",
    "revoked key",
    "strangers",
    "withheld",
    "crowded",
    "stolen server keys",
    "screwdriver",
)
_verdicts: dict = {}


def verify(key: bytes, pieces: list, signature: bytes) -> bool:
    """The device's own, asked once for each signature."""
    asked = (key, b"".join(bytes(piece) for piece in pieces), signature)
    if asked not in _verdicts:
        _verdicts[asked] = ed25519.verify(key, pieces, signature)
    return _verdicts[asked]


@pytest.fixture(scope="module")
def every_attack() -> list[Attack]:
    return everything()


def prepared(attack: Attack) -> dict:
    """The case on a device that accepted the sessions before it."""
    case = {**attack.case, "stored": dict(attack.case["stored"])}
    for files in attack.sessions:
        code, folder, *_ = judged({**case, "files": files, "name": ""}, verify)
        assert code == "accepted"
        case["stored"] = {**folder.files, "pointer": case["stored"]["pointer"]}
    return case


def test_there_are_twenty_attacks_of_each_kind(every_attack):
    counted = Counter(attack.kind for attack in every_attack)
    assert {kind: counted[kind] for kind in KINDS if counted[kind] < 20} == {}


def test_each_attack_is_refused_by_the_name_of_its_reason(every_attack):
    for attack in every_attack:
        case = prepared(attack)
        code, folder, _, given = judged(case, verify)
        assert code in attack.reasons, (attack.kind, attack.name, code)
        assert folder.files["pointer"] == case["stored"]["pointer"], attack.name
        most = 64 * 8192 if code == "too-many-roots" else 70_000
        assert given < most, attack.name  # an endless file ends where its limit is


def test_python_tuf_refuses_the_same_attacks(every_attack, tmp_path):
    judged_too = [
        attack for attack in every_attack if attack.tuf or attack.kind in ("endless data", "tampered payload")
    ]
    assert len(judged_too) > 200
    for number, attack in enumerate(judged_too):
        client = Client(tmp_path / str(number), attack.case["stored"]["root.json"])
        name = attack.case["name"] or name_of(6)
        for files in attack.sessions:
            assert client.accepts(files, attack.case["now"], name), attack.name
        endless = attack.case["endless"]
        assert not client.accepts(attack.case["files"], attack.case["now"], name, endless), attack.name


def honest() -> dict[str, tuple[list[dict[str, bytes]], bytes]]:
    """Histories nobody attacks: what is published at each look, and the first root."""
    histories = {}
    plain = published(3)
    histories["a release"] = [plain.now()], plain.files["1.root.json"]
    rotating = published()
    looks = [rotating.now()]
    for generation in range(2, 6):
        rotating.rotate(signers(generation))
        rotating.release(**{name_of(5 + generation): image(5 + generation, "host")})
        looks.append(rotating.now())
    histories["all keys replaced, five times"] = looks, rotating.files["1.root.json"]
    histories["after five roots missed"] = [looks[-1]], rotating.files["1.root.json"]
    one = published()
    keys = signers()
    keys["root"][0], keys["targets"][2] = signers(2)["root"][0], signers(2)["targets"][2]
    one.rotate(keys, by=[*signers()["root"][:2], keys["root"][0]])
    one.publish()
    histories["one key of each replaced"] = [one.now()], one.files["1.root.json"]
    expired = published()
    expired.roots = [root(1, expired.keys, NOW - DAY)]
    expired.files["1.root.json"] = signed(expired.roots[0], expired.keys["root"])
    expired.rotate(expired.keys)
    histories["the first root has expired"] = [expired.now()], expired.files["1.root.json"]
    return histories | {"a thief's high versions are forgotten with his key": recovered()}


def recovered() -> tuple[list[dict[str, bytes]], bytes]:
    """A stolen key signed the highest versions there are; a root with another key makes versions count from one."""
    stolen = published()
    first = stolen.now()
    stolen.version = 2_000_000_000
    stolen.publish()
    looks = [first, stolen.now()]
    keys = {**signers(), "timestamp": signers(2)["timestamp"], "snapshot": signers(2)["snapshot"]}
    stolen.rotate(keys)
    stolen.version = 1
    stolen.publish()
    return [*looks, stolen.now()], stolen.files["1.root.json"]


@pytest.mark.parametrize("name", honest())
def test_what_is_published_honestly_is_accepted_by_both(name, tmp_path):
    looks, first = honest()[name]
    client = Client(tmp_path / "client", first)
    stored = {**case(published())["stored"], "root.json": first}
    for files in looks:
        code, folder, *_ = judged({**case(published()), "files": files, "stored": stored}, verify)
        assert code == "accepted"
        assert client.accepts(files, NOW, name_of(6))
        stored = {**folder.files, "pointer": stored["pointer"]}


def test_files_mixed_at_random_are_judged_alike(tmp_path):
    """From three repositories with the same keys and many moments, any file in the place of any."""
    chance = random.Random(6)
    pool = [repository.files for repository in (published(4), published(2), rotated()[0])]
    pool.append(rotated_late().files)
    verdicts = Counter()
    for number in range(3000 if SOAK else 250):
        base = chance.choice(pool)
        files = dict(base)
        for _ in range(chance.randrange(3)):
            source = chance.choice(pool)
            place, data = chance.choice(sorted(files)), source[chance.choice(sorted(source))]
            files[place] = data
        now = NOW + chance.choice((0, 6 * DAY, 8 * DAY, 40 * DAY))
        code, *_ = judged({**case(published()), "files": files, "now": now, "name": name_of(6)}, verify)
        client = Client(tmp_path / str(number), base["1.root.json"])
        assert client.accepts(files, now, name_of(6)) == (code == "accepted"), code
        verdicts[code] += 1
    assert verdicts["accepted"] > 20 and len(verdicts) > 5


def rotated_late() -> Repository:
    made = published(2)
    made.rotate(signers(2))
    made.publish()
    return made


def test_micropython_refuses_by_the_same_names(every_attack, tmp_path):
    chance = random.Random(3)
    chosen = every_attack
    if not SOAK:
        chosen = [chance.choice([one for one in every_attack if one.kind == kind]) for kind in KINDS]
    file = tmp_path / "cases"
    good = Attack("good", "a release", case(published()), ("accepted",))
    with file.open("w") as written:
        for attack in [good, *chosen]:
            told = prepared(attack)
            told["files"], told["stored"] = base64s(told["files"]), base64s(told["stored"])
            told |= {"title": f"{attack.kind}: {attack.name}", "reasons": attack.reasons}
            written.write(json.dumps(told) + "\n")
    command = [MICROPYTHON, "-X", "heapsize=16M", "tests/firmware/attacks_on_micropython.py", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert run.stdout == f"{len(chosen) + 1} judged\n", run.stdout + run.stderr


def base64s(files: dict[str, bytes]) -> dict[str, str]:
    return {name: b2a_base64(data, newline=False).decode() for name, data in files.items()}
