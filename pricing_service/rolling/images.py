"""Images of simulated tills: a header as a ROMFS has it, and one line that says what is wrong with the code in it."""

from hashlib import sha256

GOOD = "good"
BAD = ("boot-loop", "wrong-offers", "cannot-sync", "silent")
KINDS = (GOOD, *BAD)
MEANINGS = {
    GOOD: "works",
    "boot-loop": "ends at every start, before anything else",
    "wrong-offers": "passes its own tests, and offers the largest discount first",
    "cannot-sync": "passes its own tests and reports, but no record of it arrives",
    "silent": "passes its own tests, and nobody hears of it any more",
}
HARDWARE = "host"
OLD, NEW = 6, 7
SIZE = 2048  # bytes of an image, about


def image(version: int, kind: str) -> bytes:
    """A whole image; the same version and kind are the same bytes."""
    line = f"simulated {version} {kind}\n".encode()
    filling = b"".join(sha256(line + bytes([number])).digest() for number in range(SIZE // 32))
    body = line + filling
    return b"\xd2\xcd\x31" + bytes([0x80 | len(body) >> 7, len(body) & 0x7F]) + body


def length(data: bytes | bytearray) -> int:
    """Of the image at the beginning of a slot."""
    return 5 + ((data[3] & 0x7F) << 7 | data[4])


def kind_of(data: bytes) -> str:
    """What the image in a slot is like. Raises `ValueError` for what is no image."""
    if data[:3] != b"\xd2\xcd\x31":
        raise ValueError("no image")
    return data[5:].split(b"\n", 1)[0].decode().split(" ")[2]


def name_of(version: int) -> str:
    return f"rung-{HARDWARE}-{version}.romfs"
