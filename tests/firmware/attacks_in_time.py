"""Attacks with what was signed once: expired, held back, older than what was seen, of different releases."""

from collections.abc import Iterator
from hashlib import sha256

from tuf.api.metadata import MetaFile

from firmware.update import ratchet
from tests.firmware.cases import Attack, case, image, name_of, payload, published, with_file
from tests.firmware.repository import DAY, NOW, Repository, signed, snapshot, timestamp

AGES = (0, 1, 60, 3600, DAY, 30 * DAY, 3650 * DAY)


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
        yield from half_old(back)
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


def half_old(back: int) -> Iterator[Attack]:
    """Only the timestamp is older; only the snapshot is, and what it names is not."""
    repository, looks = seen(6)
    again = signed(timestamp(6 - back, looks[-1]["6.snapshot.json"], 6), repository.keys["timestamp"])
    served = with_file(repository, "timestamp.json", again)
    yield Attack("rolled back", f"timestamp by {back} alone", served, ("rolled-back",), (looks[-1],))
    middle = signed(snapshot(6 - back, looks[-1]["6.targets.json"], 6), repository.keys["snapshot"])
    first = signed(timestamp(7, middle, 6 - back), repository.keys["timestamp"])
    files = {**repository.now(), f"{6 - back}.snapshot.json": middle, "timestamp.json": first}
    served = case(repository, files=files)
    yield Attack("rolled back", f"snapshot by {back} alone", served, ("rolled-back",), (looks[-1],))


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
        yield without_hashes(jump)
    place = f"{sha256(payload(11)).hexdigest()}.{name_of(11)}"
    for cut in range(512, 4608, 512):
        data = payload(10)[:cut] + payload(11)[cut:]
        served = with_file(repository, place, data)
        yield Attack("mixed", f"image 10 up to {cut}, then 11", served, ("payload-altered",), tuf=False)


def without_hashes(back: int) -> Attack:
    """Snapshot and timestamp may name versions alone; then those must fit."""
    repository, looks = seen(6)
    place, old = ("6.targets.json", "targets") if back % 2 else ("6.snapshot.json", "snapshot")
    middle = snapshot(6, b"", 6)
    middle.meta["targets.json"] = MetaFile(6)
    last = timestamp(6, b"", 6)
    last.snapshot_meta = MetaFile(6)
    files = {**repository.now(), "6.snapshot.json": signed(middle, repository.keys["snapshot"])}
    files["timestamp.json"] = signed(last, repository.keys["timestamp"])
    files[place] = looks[-1][f"{6 - back}.{old}.json"]
    return Attack("mixed", f"{old} {6 - back} as 6, no hashes", case(repository, files=files), ("mixed",))


def jumped(jump: int) -> Attack:
    """A later root in the place of the second."""
    repository = published()
    for _ in range(jump):
        repository.rotate(repository.keys)
    served = with_file(repository, "2.root.json", repository.files[f"{jump + 1}.root.json"])
    return Attack("mixed", f"root {jump + 1} as 2", served, ("mixed",))
