"""Attacks on updates, at least twenty of each kind, each with the reason a device must give for refusing.

The attacker answers in the repository's place (files are removed, changed, exchanged, held back), holds one stolen
key or old ones, and has what other boards get. What he cannot do is sign with a threshold of keys.
"""

import copy
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import product
from typing import NamedTuple

from firmware.update import ratchet
from firmware.update.role import MOST_BYTES
from tests.firmware.repository import (
    DAY,
    NOW,
    Repository,
    root,
    signed,
    signer,
    signers,
    snapshot,
    targets,
    timestamp,
)

BOARDS = ("host", "rp2-pico-w", "rp2-pico-2-w", "esp32-s3")
AGES = (0, 1, 60, 3600, DAY, 30 * DAY, 3650 * DAY)
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


def everything() -> list[Attack]:
    kinds: tuple[Callable[[], Iterator[Attack]], ...] = (
        unsigned,
        one_signature,
        wrong_role,
        expired,
        rolled_back,
        frozen,
        mixed,
        endless,
        wrong_hardware,
        tampered_payload,
        revoked_key,
        journal_at_risk,
    )
    return [attack for kind in kinds for attack in kind()]


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


def compact(what) -> bytes:
    return json.dumps(what, separators=(",", ":"), sort_keys=True).encode()


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


def contents(repository: Repository) -> dict:
    """What the newest files of a repository after one release say, to be signed anew."""
    files = repository.files
    return {
        "root": repository.roots[-1],
        "timestamp": timestamp(1, files["1.snapshot.json"], 1),
        "snapshot": snapshot(1, files["1.targets.json"], 1),
        "targets": targets(1, copy.deepcopy(repository.entries)),
    }


def expired() -> Iterator[Attack]:
    for age in AGES:
        for role in ("root", "snapshot", "targets"):
            repository = published()
            if role == "root":
                repository.rotate(repository.keys, expires=NOW - age)
            else:
                repository.publish(**{role: NOW - age})
            yield Attack("expired", f"{role} since {age} s", case(repository), ("expired",))


def frozen() -> Iterator[Attack]:
    """The repository as it once was, for ever; and an old clock of the device, which the clock floor corrects."""
    for number, age in enumerate((*AGES, *range(2 * DAY, 16 * DAY, DAY))):
        repository = published(1 + number % 2)
        repository.publish(timestamp=NOW - age)
        yield Attack("frozen", f"since {age} s", case(repository), ("frozen",))


def rolled_back() -> Iterator[Attack]:
    """All of it was once signed and is not what the device saw last."""
    for back in range(1, 6):
        yield old_timestamp(back)
        yield stolen_timestamp_key(back)
        yield stolen_online_keys(back)
        yield old_image(back)
    for times in range(1, 4):
        yield old_root(times)


def seen(versions: int) -> tuple[Repository, list[dict[str, bytes]]]:
    """A repository after some releases, and what it looked like after each."""
    repository, looks = Repository(), []
    for version in range(6, 6 + versions):
        repository.release(**{name_of(version): image(version, "host")})
        looks.append(repository.now())
    return repository, looks


def old_timestamp(back: int) -> Attack:
    repository, looks = seen(6)
    attack = case(repository, files=looks[-1 - back])
    return Attack("rolled back", f"{back} timestamps", attack, ("rolled-back",), (looks[-1],))


def stolen_timestamp_key(back: int) -> Attack:
    repository, looks = seen(6)
    old = 6 - back
    data = signed(timestamp(7, looks[-1][f"{old}.snapshot.json"], old), repository.keys["timestamp"])
    attack = with_file(repository, "timestamp.json", data)
    return Attack("rolled back", f"{back} snapshots", attack, ("rolled-back",), (looks[-1],))


def stolen_online_keys(back: int) -> Attack:
    repository, looks = seen(6)
    old = 6 - back
    middle = signed(snapshot(7, looks[-1][f"{old}.targets.json"], old), repository.keys["snapshot"])
    first = signed(timestamp(7, middle, 7), repository.keys["timestamp"])
    files = {**repository.now(), "7.snapshot.json": middle, "timestamp.json": first}
    return Attack(
        "rolled back", f"{back} targets", case(repository, files=files), ("rolled-back",), (looks[-1],)
    )


def old_image(back: int) -> Attack:
    """The service chooses a version below the one that was confirmed."""
    repository, _ = seen(6)
    kept = ratchet.written(ratchet.lifted(ratchet.fresh(), image=11))
    attack = case(repository, name=name_of(11 - back))
    attack["stored"]["ratchet"] = kept
    return Attack("rolled back", f"{back} images", attack, ("rolled-back",), tuf=False)


def old_root(times: int) -> Attack:
    """A root the device has left behind, in the place of the next one."""
    repository = published()
    for _ in range(times):
        repository.rotate(repository.keys)
    accepted = repository.now()
    served = with_file(repository, f"{times + 2}.root.json", repository.files[f"{times}.root.json"])
    return Attack("rolled back", f"root {times} after {times + 1}", served, ("rolled-back",), (accepted,))


def mixed() -> Iterator[Attack]:
    """Parts of different releases, each of them signed."""
    repository, looks = seen(6)
    other, _ = seen(5)
    other.release(**{name_of(11): (b"another image" * 99, {"hardware": "host", "version": 11})})
    for version in range(1, 6):
        for role in ("snapshot", "targets"):
            served = with_file(repository, f"6.{role}.json", looks[-1][f"{version}.{role}.json"])
            yield Attack("mixed", f"{role} {version} as 6", served, ("mixed",))
    for role in ("snapshot", "targets"):
        served = with_file(repository, f"6.{role}.json", other.files[f"6.{role}.json"])
        yield Attack("mixed", f"the other {role} 6", served, ("mixed",))
    for jump in range(2, 6):
        yield jumped(jump)
    place = f"{sha256(payload(11)).hexdigest()}.{name_of(11)}"
    for cut in range(512, 4608, 512):
        data = payload(10)[:cut] + payload(11)[cut:]
        served = with_file(repository, place, data)
        yield Attack("mixed", f"image 10 up to {cut}, then 11", served, ("payload-altered",), tuf=False)


def jumped(jump: int) -> Attack:
    """A later root in the place of the second."""
    repository = published()
    for _ in range(jump):
        repository.rotate(repository.keys)
    served = with_file(repository, "2.root.json", repository.files[f"{jump + 1}.root.json"])
    return Attack("mixed", f"root {jump + 1} as 2", served, ("mixed",))


def endless() -> Iterator[Attack]:
    repository, places = rotated()
    place = f"{sha256(payload(6)).hexdigest()}.{name_of(6)}"
    for role, name in {**places, "image": place}.items():
        data = repository.files[name]
        ways = {"garbage": (b"", True), "and then more": (data, True), "twice": (data * 2, True)}
        ways["spaces before"] = (b" " * 100 + data, True)
        ways["a megabyte"] = (data + bytes(1 << 20), False)
        for way, (begin, is_endless) in ways.items():
            served = with_file(repository, name, begin, endless=[name] if is_endless else [])
            yield Attack("endless data", f"{role}: {way}", served, ("too-long",), tuf=False)


def wrong_hardware() -> Iterator[Attack]:
    strange = [
        "Host",
        "HOST",
        "host ",
        " host",
        "hos",
        "hostt",
        "host2",
        "h",
        "*",
        "any",
        "host-",
        "rp2",
        "esp32",
    ]
    for hardware in (*BOARDS[1:], *strange):
        repository = Repository()
        repository.release(theirs=(payload(7), {"hardware": hardware, "version": 7}))
        only = case(repository)
        yield Attack("wrong hardware", f"only {hardware!r}", only, ("wrong-hardware",), tuf=False)
        repository.release(ours=(payload(6), {"hardware": "host", "version": 6}))
        chosen = case(repository, name="theirs")
        yield Attack("wrong hardware", f"{hardware!r} chosen", chosen, ("wrong-hardware",), tuf=False)
    for number in range(3):
        devices = [f"till-{number}{at}" for at in range(3)]
        repository = Repository()
        repository.release(theirs=(payload(7), {"hardware": "host", "version": 7, "devices": devices}))
        other = case(repository, name="theirs")
        yield Attack("wrong hardware", f"for {devices[0]} and two more", other, ("wrong-device",), tuf=False)


def tampered_payload() -> Iterator[Attack]:
    repository = published()
    place = f"{sha256(payload(6)).hexdigest()}.{name_of(6)}"
    good = payload(6)
    ways = {f"bit {bit}": flipped(good, bit) for bit in range(0, len(good) * 8, len(good) * 8 // 16 - 1)}
    ways |= {f"cut to {size}": good[:size] for size in (0, 1, 1023, 1024, 4096, len(good) - 1)}
    ways |= {
        "zeros": bytes(len(good)),
        "backwards": good[::-1],
        "blocks exchanged": good[1024:] + good[:1024],
    }
    ways |= {"that of another board": payload(6, "esp32-s3"), "an older one": payload(5)}
    for name, data in ways.items():
        served = with_file(repository, place, data)
        yield Attack("tampered payload", name, served, ("payload-altered",), tuf=False)


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


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


def journal_at_risk() -> Iterator[Attack]:
    """No attack: an image that could not read what the till has not sent yet."""
    for number, journal in enumerate(([2], [2, 3], [])):
        repository = Repository()
        repository.release(next=(payload(6), {"hardware": "host", "version": 6, "journal": journal}))
        waiting = case(repository, unsent=1 + number)
        yield Attack("journal at risk", str(journal), waiting, ("unsent-records",), tuf=False)


def manifests() -> dict[str, tuple[Repository, str]]:
    """role -> (repository, place of the file) whose every bit is turned."""
    repository, places = rotated()
    return {role: (repository, place) for role, place in places.items()}
