"""Signatures of Ed25519 that hold, and those that must not: made here, from the curve's definition.

The kinds are those of the public collections (Wycheproof, "Taming the many EdDSAs"): S beyond the order, points that
are not canonical, of small or mixed order, off the curve, cut, lengthened, swapped, of another variant. Points
are affine and divisions whole, slow and unlike what is tested. RFC 8032's own vectors are in `rfc8032.json`.
"""

import json
import random
from collections.abc import Iterator
from hashlib import sha512
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


class Case(NamedTuple):
    """``strict``: the equation holds, and it is refused all the same."""

    name: str
    key: bytes
    message: bytes
    signature: bytes
    holds: bool
    strict: bool = False


def add(one: Point, other: Point) -> Point:
    (x, y), (u, v) = one, other
    both = D * x * y * u * v
    return (x * v + y * u) * pow(1 + both, -1, P) % P, (y * v + x * u) * pow(1 - both, -1, P) % P


def times(number: int, point: Point) -> Point:
    out = NEUTRAL
    while number:
        if number & 1:
            out = add(out, point)
        point, number = add(point, point), number >> 1
    return out


def xs(y: int) -> list[int]:
    """The x of the curve's points at a y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    return sorted({root, -root % P}) if root * root % P == square else []


def encoded(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


B: Point = (min(x for x in xs(4 * pow(5, -1, P) % P) if x % 2 == 0), 4 * pow(5, -1, P) % P)


def small_points() -> list[Point]:
    """The eight points whose order divides eight."""
    y = 2
    while True:
        for x in xs(y):
            one = times(L, (x, y))
            if times(4, one) != NEUTRAL:
                return [times(number, one) for number in range(8)]
        y += 1


def challenge(commitment: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(commitment + key + message).digest(), "little") % L


def signed(secret: int, key: bytes, commitment: bytes, nonce: int, message: bytes) -> bytes:
    """With the key and the commitment as they are written, whatever points they are."""
    scalar = (nonce + challenge(commitment, key, message) * secret) % L
    return commitment + scalar.to_bytes(32, "little")


def message_where(fits, commitment: bytes, key: bytes) -> bytes:
    """The first message of a row whose challenge fits."""
    number = 0
    while not fits(challenge(commitment, key, b"m%d" % number)):
        number += 1
    return b"m%d" % number


def cases() -> list[Case]:
    return [*rfc8032(), *honest(), *scalars(), *keys(), *commitments(), *forms()]


def rfc8032() -> Iterator[Case]:
    for one in json.loads((Path(__file__).parent / "rfc8032.json").read_text()):
        key, message, signature = (bytes.fromhex(one[name]) for name in ("key", "message", "signature"))
        yield Case("RFC 8032 " + one["name"], key, message, signature, one["holds"])


def honest(count: int = 20) -> Iterator[Case]:
    """As OpenSSL signs, and with one bit of each part turned."""
    chance = random.Random(8032)
    for number in range(count):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        message = chance.randbytes(number * 17 + 1)
        key, signature = private.public_key().public_bytes_raw(), private.sign(message)
        yield Case("honest", key, message, signature, True)
        yield Case("bit of the signature", key, message, turned(signature, chance), False)
        yield Case("bit of the message", key, turned(message, chance), signature, False)
        yield Case("bit of the key", turned(key, chance), message, signature, False)


def turned(value: bytes, chance: random.Random) -> bytes:
    bit = chance.randrange(len(value) * 8)
    return value[: bit // 8] + bytes([value[bit // 8] ^ 1 << bit % 8]) + value[bit // 8 + 1 :]


def scalars() -> Iterator[Case]:
    secret, key = 12345, encoded(times(12345, B))
    commitment = encoded(times(777, B))
    signature = signed(secret, key, commitment, 777, b"scalar")
    scalar = int.from_bytes(signature[32:], "little")
    yield Case("plain", key, b"scalar", signature, True)
    for number in range(1, (2**256 - scalar) // L + 1):
        beyond = commitment + (scalar + number * L).to_bytes(32, "little")
        yield Case(f"S + {number} L", key, b"scalar", beyond, False)
    for wrong in (0, 1, L - 1, L, L + 1, 2**252, 2**253 - 1, 2**255 - 1, 2**256 - 1, L - scalar):
        yield Case(f"S = {wrong}", key, b"scalar", commitment + wrong.to_bytes(32, "little"), False)


def keys() -> Iterator[Case]:
    """Keys of small order fit many messages; of mixed order, those alone whose equation holds without a cofactor."""
    commitment = encoded(times(99, B))
    for written in small_keys():
        message = message_where(lambda hashed: hashed % 8 == 0, commitment, written)
        yield Case(
            "key of small order", written, message, commitment + (99).to_bytes(32, "little"), False, True
        )
    mixed = encoded(add(times(4321, B), small_points()[1]))
    for rest in range(8):
        message = message_where(lambda hashed, rest=rest: hashed % 8 == rest, commitment, mixed)
        signature = signed(4321, mixed, commitment, 99, message)
        yield Case(f"key of mixed order, challenge {rest} of 8", mixed, message, signature, rest == 0)
    off = [y for y in range(2, 40) if not xs(y)]
    for y in off[:5]:
        yield Case("key off the curve", y.to_bytes(32, "little"), b"off", commitment + bytes(32), False)


def small_keys() -> list[bytes]:
    """Every way to write a key of small order, canonical or not."""
    canonical = [encoded(point) for point in small_points()]
    again = [(y + P | sign << 255).to_bytes(32, "little") for y in (0, 1) for sign in (0, 1)]
    zero = [(y | 1 << 255).to_bytes(32, "little") for y in (1, P - 1)]  # x is zero and cannot be odd
    return canonical + again + zero


def commitments() -> Iterator[Case]:
    secret = 5555
    key = encoded(times(secret, B))
    for written in small_keys()[8:]:
        signature = signed(secret, key, written, 0, b"commitment")
        yield Case("commitment that is not canonical", key, b"commitment", signature, False)
    signature = signed(secret, key, encoded(NEUTRAL), 0, b"commitment")
    yield Case("neutral commitment", key, b"commitment", signature, False, True)
    for point in small_points()[1:]:
        written = encoded(add(times(31, B), point))
        signature = signed(secret, key, written, 31, b"commitment")
        yield Case("commitment off by a point of small order", key, b"commitment", signature, False)


def forms() -> Iterator[Case]:
    secret, key = 808, encoded(times(808, B))
    signature = signed(secret, key, encoded(times(55, B)), 55, b"form")
    wrong = {f"cut to {size}": signature[:size] for size in (0, 1, 31, 32, 33, 63)}
    wrong |= {
        "lengthened": signature + b"\0",
        "twice": signature * 2,
        "in hexadecimal": signature.hex().encode(),
    }
    wrong |= {"swapped": signature[32:] + signature[:32], "backwards": signature[::-1]}
    wrong |= {"zeros": bytes(64), "ones": b"\xff" * 64, "its own key": key + signature[32:]}
    for name, value in wrong.items():
        yield Case("signature " + name, key, b"form", value, False)
    for name, value in {
        "cut": key[:31],
        "lengthened": key + b"\0",
        "empty": b"",
        "in DER": b"0*0\x05" + key,
    }.items():
        yield Case("key " + name, value, b"form", signature, False)
    for message in (b"", b"for", b"form\0", b"Form", sha512(b"form").digest()):
        yield Case("another message", key, message, signature, False)
