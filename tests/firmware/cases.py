"""What an attack on updates is, and the device and the repository it is made on."""

import copy
import json
from hashlib import sha256
from typing import NamedTuple

from firmware.update import ratchet
from tests.firmware.repository import NOW, Repository, snapshot, targets, timestamp

BOARDS = ("host", "rp2-pico-w", "rp2-pico-2-w", "esp32-s3")
ROLES = ("root", "timestamp", "snapshot", "targets")


class Attack(NamedTuple):
    """``case`` is for `judge.judged`. ``sessions``: what the device accepted before, oldest first; ``tuf``: whether
    python-tuf's client has an opinion about it."""

    kind: str
    name: str
    case: dict
    reasons: tuple[str, ...]
    sessions: tuple[dict[str, bytes], ...] = ()
    tuf: bool = True


def payload(version: int, board: str = "host") -> bytes:
    """An image, as hard to compress as a real one."""
    return b"".join(sha256(f"{board} {version} {number}".encode()).digest() for number in range(150))


def published(versions: int = 1, first: int = 6) -> Repository:
    """A repository with some releases for all boards, one after another."""
    made = Repository()
    for version in range(first, first + versions):
        made.release(**{name_of(version, board): image(version, board) for board in BOARDS})
    return made


def name_of(version: int, board: str = "host") -> str:
    return f"rung-{board}-{version}.romfs"


def image(version: int, board: str) -> tuple[bytes, dict]:
    return payload(version, board), {"hardware": board, "version": version}


def case(repository: Repository, **changed) -> dict:
    """A device with the first root that runs version 5; ``changed`` replaces members."""
    kept = ratchet.written(ratchet.lifted(ratchet.fresh(), image=5))
    pointer = json.dumps({"confirmed": ["a", 5], "trial": None}).encode()
    stored = {"root.json": repository.files["1.root.json"], "ratchet": kept, "pointer": pointer}
    plain = {"files": repository.now(), "stored": stored, "now": NOW, "hardware": "host", "device": "till-1"}
    return {**plain, "name": "", "unsent": 0, "endless": [], **changed}


def with_file(repository: Repository, name: str, data: bytes, **changed) -> dict:
    return case(repository, files={**repository.now(), name: data}, **changed)


def rotated() -> tuple[Repository, dict[str, str]]:
    """A repository at its second root, and where each role's newest file is."""
    made = published()
    made.rotate(made.keys)
    return made, {"root": "2.root.json", "timestamp": "timestamp.json", "snapshot": "1.snapshot.json"} | {
        "targets": "1.targets.json"
    }


def contents(repository: Repository) -> dict:
    """What the newest files of a repository after one release say, to be signed anew."""
    files = repository.files
    return {
        "root": repository.roots[-1],
        "timestamp": timestamp(1, files["1.snapshot.json"], 1),
        "snapshot": snapshot(1, files["1.targets.json"], 1),
        "targets": targets(1, copy.deepcopy(repository.entries)),
    }


def compact(what) -> bytes:
    return json.dumps(what, separators=(",", ":"), sort_keys=True).encode()


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def manifests() -> dict[str, tuple[Repository, str]]:
    """role -> (repository, place of the file) whose every bit is turned."""
    repository, places = rotated()
    return {role: (repository, place) for role, place in places.items()}
