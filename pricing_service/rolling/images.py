"""Images of simulated tills: a header as a ROMFS has it, and one line that says what is wrong with the code in it."""

from hashlib import sha256

GOOD = "good"
FALLS = {"falls-silent": 1800, "falls-silent-late": 5400}
"""Seconds after it was confirmed: while a canary is still watched, and once it was found good."""
BAD = ("boot-loop", "wrong-offers", "cannot-sync", "silent", "falls-silent")
KINDS = (GOOD, *BAD, "falls-silent-late")
MEANINGS = {
    GOOD: "works",
    "boot-loop": "ends at every start, before anything else",
    "wrong-offers": "passes its own tests, and offers the largest discount first",
    "cannot-sync": "passes its own tests and reports, but no record of it arrives",
    "silent": "passes its own tests, and nobody hears of it any more",
    "falls-silent": "is confirmed, and heard of no more while it is watched",
    "falls-silent-late": "is found good, and then heard of no more",
}
HARDWARE = "host"
OLD, NEW = 6, 7
SIZE = 2048  # bytes of an image, about


_MARK = b"simulated "


def mark(version: int, kind: str) -> bytes:
    """What an image says of itself; real ones too."""
    return _MARK + f"{version} {kind}\n".encode()


def image(version: int, kind: str) -> bytes:
    """A whole image; the same version and kind are the same bytes."""
    line = mark(version, kind)
    filling = b"".join(sha256(line + bytes([number])).digest() for number in range(SIZE // 32))
    body = line + filling
    return b"\xd2\xcd\x31" + bytes([0x80 | len(body) >> 7, len(body) & 0x7F]) + body


def image_in(slot: bytes | bytearray) -> bytes:
    """The image at the beginning of a slot, up to where it ends."""
    length, at = 0, 3
    while slot[at] & 0x80:
        length, at = length << 7 | slot[at] & 0x7F, at + 1
    return bytes(slot[: at + 1 + (length << 7 | slot[at])])


def kind_of(slot: bytes | bytearray) -> str:
    """What the image in a slot is like. Raises `ValueError` for what is no image."""
    if slot[:3] != b"\xd2\xcd\x31":
        raise ValueError("no image")
    at = slot.index(_MARK)
    return bytes(slot[at : slot.index(b"\n", at)]).decode().split(" ")[2]


def name_of(version: int) -> str:
    return f"rung-{HARDWARE}-{version}.romfs"
