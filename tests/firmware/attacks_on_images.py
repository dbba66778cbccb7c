"""Attacks with files without an end, images of other boards and altered ones."""

from collections.abc import Iterator
from hashlib import sha256

from tests.firmware.cases import (
    BOARDS,
    Attack,
    case,
    flipped,
    name_of,
    payload,
    published,
    rotated,
    with_file,
)
from tests.firmware.repository import Repository


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


def journal_at_risk() -> Iterator[Attack]:
    """No attack: an image that could not read what the till has not sent yet."""
    for number, journal in enumerate(([2], [2, 3], [3, 2])):
        repository = Repository()
        repository.release(next=(payload(6), {"hardware": "host", "version": 6, "journal": journal}))
        waiting = case(repository, unsent=1 + number)
        yield Attack("journal at risk", str(journal), waiting, ("unsent-records",), tuf=False)
