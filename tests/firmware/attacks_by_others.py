"""Attacks by who has no release key: strangers with keys of their own, a mirror that leaves out or adds too much, a
thief of the keys that lie on the server, somebody with a screwdriver."""

import copy
import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import combinations
from typing import Any

from firmware.update import ratchet
from tests.firmware.cases import (
    ROLES,
    Attack,
    case,
    compact,
    contents,
    name_of,
    payload,
    published,
    rotated,
    with_file,
)
from tests.firmware.repository import Repository, signed, signer, signers


def strangers() -> Iterator[Attack]:
    """All of it well signed, by nobody the device knows."""
    for generation in range(2, 10):
        theirs = Repository()
        theirs.keys = signers(generation)
        theirs.release(**{name_of(6): (payload(6), {"hardware": "host", "version": 6})})
        served = case(published(), files=theirs.now())
        yield Attack("strangers", f"a repository of theirs {generation}", served, ("key-unknown",))
        theirs.rotate(theirs.keys)
        rooted = case(published(), files=theirs.now())
        yield Attack("strangers", f"with a root {generation}", rooted, ("key-unknown",))
    repository, places = rotated()
    for role, what in contents(repository).items():
        for count in (1, 2, 5):
            data = signed(what, [signer(f"stranger {number}") for number in range(count)])
            served = with_file(repository, places[role], data)
            yield Attack("strangers", f"{role} by {count}", served, ("key-unknown",))


def withheld() -> Iterator[Attack]:
    """Some of the files are not there."""
    for repository, places in ((published(), rotated()[1]), rotated()):
        image = f"{sha256(payload(6)).hexdigest()}.{name_of(6)}"
        names = {"image": image, **{role: places[role] for role in ROLES[1:]}}
        for count in range(1, 5):
            for gone in combinations(names, count):
                files = {
                    name: data for name, data in repository.files.items() if name not in map(names.get, gone)
                }
                yield Attack(
                    "withheld",
                    f"{', '.join(gone)} of {len(repository.roots)}",
                    case(repository, files=files),
                    ("missing",),
                )


def crowded() -> Iterator[Attack]:
    """So many signatures that checking them would keep a till busy for minutes, good ones among them."""
    repository, places = rotated()
    for role, what in contents(repository).items():
        for count in (17, 18, 24, 30, 64):
            by = [signer(f"stranger {number}") for number in range(count - 2)]
            data = signed(what, [*by, *repository.keys[role][:2]])
            served = with_file(repository, places[role], data)
            yield Attack(
                "crowded", f"{role} by {count}", served, ("too-many-signatures", "too-long"), tuf=False
            )
    for _ in range(64):
        repository.rotate(repository.keys)
    yield Attack("crowded", "65 roots", case(repository), ("too-many-roots",), tuf=False)


FORMS: dict[str, Any] = {
    "version": [0, -1, "1", 1.5, True, None, 2**31, 10**300, [1], {}],
    "expires": [
        "",
        "never",
        5,
        None,
        ["2027-01-01T00:00:00Z"],
        "2027-99-01T00:00:00Z",
        "2027-01-01 00:00:00Z",
    ],
    "spec_version": ["2.0", "", 1, None, ["1.0"]],
    "meta": [None, [], {}, {"snapshot.json": 1}, {"snapshot.json": {}}, {"snapshot.json": {"version": "1"}}],
}


def stolen_server_keys() -> Iterator[Attack]:
    """Who holds the timestamp's key signs what no timestamp says: it is refused by name, and stops nothing."""
    repository = published()
    good = json.loads(repository.files["timestamp.json"])["signed"]
    told = [
        ({**copy.deepcopy(good), name: value}, f"{name} {value!r:.40}")
        for name in FORMS
        for value in FORMS[name]
    ]
    told += [({one: good[one] for one in good if one != name}, f"no {name}") for name in FORMS]
    pin = good["meta"]["snapshot.json"]
    for name, value in (
        ("hashes", []),
        ("hashes", {}),
        ("hashes", {"sha256": 5}),
        ("length", -1),
        ("length", "9"),
    ):
        told.append(({**good, "meta": {"snapshot.json": {**pin, name: value}}}, f"{name} {value!r}"))
    for content, name in told:
        by = repository.keys["timestamp"][0]
        signature = by.sign(compact(content))
        data = (
            b'{"signatures":['
            + compact({"keyid": signature.keyid, "sig": signature.signature})
            + b'],"signed":'
            + compact(content)
            + b"}"
        )
        served = with_file(repository, "timestamp.json", data)
        yield Attack("stolen server keys", name, served, ("metadata-form",), tuf=False)


def screwdriver() -> Iterator[Attack]:
    """The device's own files are not what it wrote, short of what makes it another owner's."""
    repository = published()
    for _ in range(2):
        repository.rotate(repository.keys)
    first, kept = repository.files["1.root.json"], json.loads(case(repository)["stored"]["ratchet"])
    files = {
        "ratchet": [b"", b"{}", b"[]", b"null", b"7", b"\xff" * 99, json.dumps(kept)[:-1].encode()],
        "pointer": [
            b"",
            b"{}",
            b"[]",
            b"\xff" * 60,
            b'{"confirmed":["c",5],"trial":null}',
            b'{"confirmed":"a"}',
        ],
        "root.json": [b"", b"{}", first[:-1], first[: len(first) // 2], b"\xff" * len(first), first + b" "],
    }
    for name in ("image", "root", "timestamp", "snapshot", "targets"):
        files["ratchet"] += [json.dumps({**kept, name: value}).encode() for value in (-1, "1")]
    reasons = {"ratchet": ("ratchet-damaged",), "pointer": ("pointer-damaged", "on-trial")}
    reasons["root.json"] = ("unsigned", "metadata-altered")
    for name, ways in files.items():
        for number, data in enumerate(ways):
            changed = case(repository)
            changed["stored"][name] = data
            yield Attack("screwdriver", f"{name} {number}", changed, reasons[name], tuf=False)
    changed = case(repository)
    changed["stored"]["ratchet"] = ratchet.written(ratchet.lifted(ratchet.fresh(), root=3))
    yield Attack("screwdriver", "an older root than was trusted", changed, ("rolled-back",), tuf=False)
