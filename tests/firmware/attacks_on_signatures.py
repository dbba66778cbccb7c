"""Attacks with missing, wrong, foreign and revoked signatures."""

import copy
import json
from collections.abc import Iterator
from itertools import product

from firmware.update.role import MOST_BYTES
from tests.firmware.cases import ROLES, Attack, case, compact, contents, published, rotated, with_file
from tests.firmware.repository import root, signed, signer, signers, snapshot, targets, timestamp


def unsigned() -> Iterator[Attack]:
    repository, places = rotated()
    for role, place in places.items():
        inner = json.loads(repository.files[place])
        bare = compact(inner["signed"])
        empty = [{**one, "sig": ""} for one in inner["signatures"]]
        versions = {
            "no signatures": compact({"signatures": [], "signed": inner["signed"]}),
            "empty signatures": compact({"signatures": empty, "signed": inner["signed"]}),
            "no list of signatures": compact({"signed": inner["signed"]}),
            "signatures that are null": compact({"signatures": None, "signed": inner["signed"]}),
            "bare": bare,
            "an empty object": b"{}",
            "nothing": b"",
        }
        for name, data in versions.items():
            yield Attack("unsigned", f"{role}: {name}", with_file(repository, place, data), ("unsigned",))


def one_signature() -> Iterator[Attack]:
    repository, places = rotated()
    made = {"root": repository.roots[-1], "targets": targets(1, repository.entries)}
    strangers = [signer(f"stranger {number}") for number in range(3)]
    for role, what in made.items():
        for number, one in enumerate(repository.keys[role]):
            ways = {"alone": signed(what, [one]), "twice": twice(signed(what, [one]))}
            ways |= {f"and stranger {at}": signed(what, [one, other]) for at, other in enumerate(strangers)}
            for name, data in ways.items():
                changed = with_file(repository, places[role], data)
                yield Attack("one signature", f"{role}: key {number} {name}", changed, ("threshold",))
    yield from half_rotated()


def twice(data: bytes) -> bytes:
    """With its one signature repeated."""
    inner = json.loads(data)
    return compact({"signatures": inner["signatures"] * 2, "signed": inner["signed"]})


def half_rotated() -> Iterator[Attack]:
    """New root keys that only one old key, or only one of themselves, stands up for."""
    old, new = signers(), signers(2)
    for many, few in (("old", "new"), ("new", "old")):
        for number in range(3):
            groups = {"old": old["root"], "new": new["root"]}
            repository = published()
            repository.rotate(new, by=[*groups[many][:2], groups[few][number]])
            yield Attack(
                "one signature",
                f"root: {few} key {number} and two {many} ones",
                case(repository),
                ("threshold",),
            )


def wrong_role() -> Iterator[Attack]:
    repository, places = rotated()
    made = contents(repository)
    for role, other in product(ROLES, ROLES):
        if role == other:
            continue
        data = repository.files[places[other]]
        served = with_file(repository, places[role], data)
        reason = "too-long" if len(data) > MOST_BYTES[role] else "wrong-role"
        yield Attack("wrong role", f"a {other} as {role}", served, (reason,))
        other_keys = signed(made[role], repository.keys[other])
        signed_so = with_file(repository, places[role], other_keys)
        yield Attack("wrong role", f"{role} signed as {other}", signed_so, ("wrong-role",))


def revoked_key() -> Iterator[Attack]:
    """After keys were stolen and replaced."""
    old, new = signers(), signers(2)
    repository = published()
    repository.rotate(new)
    repository.publish()
    accepted = repository.now()
    made = {
        "timestamp": timestamp(3, accepted["2.snapshot.json"], 2),
        "snapshot": snapshot(2, accepted["2.targets.json"], 2),
        "targets": targets(2, copy.deepcopy(repository.entries)),
        "root": root(3, new),
    }
    places = {"timestamp": "timestamp.json", "snapshot": "2.snapshot.json", "targets": "2.targets.json"}
    places["root"] = "3.root.json"
    for role, what in made.items():
        for name, by in thieves(old[role], new[role]):
            served = with_file(repository, places[role], signed(what, by))
            served["stored"]["root.json"] = repository.files["1.root.json"]
            yield Attack("revoked key", f"{role}: {name}", served, ("key-revoked",), (accepted,))


def thieves(old: list, new: list) -> Iterator[tuple[str, list]]:
    """Ways to sign with revoked keys, with fewer good ones than the threshold."""
    yield "all old ones", old
    for number, one in enumerate(old):
        yield f"old key {number}", [one]
        if len(new) > 1:
            for at, good in enumerate(new):
                yield f"old key {number}, new key {at}", [one, good]
