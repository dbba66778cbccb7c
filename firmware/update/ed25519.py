"""Whether a signature is Ed25519's (RFC 8032), strictly; this device signs nothing, so nothing here is secret.

Refused are also what other verifiers let pass: S at or above the group's order, coordinates at or above the prime, and
keys and commitments of small order, with which one signature would fit many messages. The equation is checked
without the cofactor, by bytes, as OpenSSL does.
"""

from firmware.update.sha512 import sha512

_MASK = (1 << 255) - 1
_PRIME = _MASK - 18
_ORDER = (1 << 252) + 27742317777372353535851937790883648493
_WIDE = _PRIME << 2  # keeps differences above zero
_D = 0x52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3
_DOUBLE_D = 2 * _D % _PRIME
_ROOT = 0x2B8324804FC1DF0B2B4D00993DFBD7A72F431806AD2FE478C4EE1B274A0EA0B0  # of minus one
_X = 0x216936D3CD6E53FEC0A4E231FDD6DC5C692CC7609525A7B2C9562D608F25D51A
_Y = 0x6666666666666666666666666666666666666666666666666666666666666658
_NEUTRAL = (0, 1, 1, 0)


def verify(key: bytes, pieces: list, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is that of ``key`` (32 bytes) over the bytes of all ``pieces``."""
    if len(key) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    point = _decoded(key)
    if scalar >= _ORDER or point is None or _is_small(point):
        return False
    hashed = int.from_bytes(sha512([signature[:32], key] + pieces), "little") % _ORDER
    commitment = _combined(scalar, hashed, _negative(point))
    return not _is_small(commitment) and _encoded(commitment) == signature[:32]


def _decoded(key: bytes):
    """The point (X, Y, Z, T) with X = xZ, Y = yZ, T = xyZ that 32 bytes stand for, or None."""
    y = int.from_bytes(key, "little")
    sign, y = y >> 255, y & _MASK
    if y >= _PRIME:
        return None
    square = _fold(y * y)
    above, below = square + _PRIME - 1, _fold(_D * square) + 1
    cube = _fold(below * _fold(below * below))
    seventh = _fold(_fold(cube * cube) * below)
    x = _fold(_fold(above * cube) * _power(_fold(above * seventh)))
    found = _fold(below * _fold(x * x))
    if (found + above) % _PRIME == 0:
        x = x * _ROOT
    elif (found - above) % _PRIME:
        return None
    x %= _PRIME
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = _PRIME - x
    return x, y, 1, _fold(x * y)


def _encoded(point: tuple) -> bytes:
    x, y, z, _ = point
    inverse = _power(z)  # to the power of prime - 2, by way of (prime - 5) / 8
    for _ in range(3):
        inverse = _fold(inverse * inverse)
    inverse = _fold(inverse * _fold(z * _fold(z * z)))
    return (y * inverse % _PRIME | (x * inverse % _PRIME & 1) << 255).to_bytes(32, "little")


def _combined(scalar: int, hashed: int, point: tuple) -> tuple:
    """``scalar`` times the base point and ``hashed`` times ``point``, bit by bit, both at once."""
    base = (_X, _Y, 1, _fold(_X * _Y))
    table = (None, base, point, _sum(base, point))
    result = _NEUTRAL
    for place in range(252, -1, -1):
        result = _doubled(result)
        term = table[(scalar >> place & 1) | (hashed >> place & 1) << 1]
        if term:
            result = _sum(result, term)
    return result


def _sum(one: tuple, other: tuple) -> tuple:
    a = _fold((one[1] - one[0] + _WIDE) * (other[1] - other[0] + _WIDE))
    b = _fold((one[1] + one[0]) * (other[1] + other[0]))
    c = _fold(_fold(one[3] * _DOUBLE_D) * other[3])
    d = _fold(2 * one[2] * other[2])
    return _from(b - a + _WIDE, d - c + _WIDE, d + c, b + a)


def _doubled(point: tuple) -> tuple:
    x, y, z, _ = point
    a, b = _fold(x * x), _fold(y * y)
    h = a + b
    g = a - b + _WIDE
    e = h - _fold((x + y) * (x + y)) + _WIDE
    return _from(e, _fold(2 * z * z) + g, g, h)


def _from(e: int, f: int, g: int, h: int) -> tuple:
    return _fold(e * f), _fold(g * h), _fold(f * g), _fold(e * h)


def _is_small(point: tuple) -> bool:
    """Whether eight times the point is the neutral one."""
    for _ in range(3):
        point = _doubled(point)
    return point[0] % _PRIME == 0 and (point[1] - point[2]) % _PRIME == 0


def _negative(point: tuple) -> tuple:
    x, y, z, t = point
    return _PRIME - x, y, z, _WIDE - t


def _fold(value: int) -> int:
    """The same number of the field, some bits longer; no division, which costs twenty times as much."""
    value = (value & _MASK) + 19 * (value >> 255)
    return (value & _MASK) + 19 * (value >> 255)


def _power(z: int) -> int:
    """``z`` to the power of 2^252 - 3, which is (prime - 5) / 8."""
    two = _fold(z * z)
    nine = _fold(z * _squared(two, 2))
    run5 = _fold(_squared(_fold(two * nine), 1) * nine)  # 2^5 - 1
    run10 = _fold(_squared(run5, 5) * run5)
    run20 = _fold(_squared(run10, 10) * run10)
    run40 = _fold(_squared(run20, 20) * run20)
    run50 = _fold(_squared(run40, 10) * run10)
    run100 = _fold(_squared(run50, 50) * run50)
    run200 = _fold(_squared(run100, 100) * run100)
    return _fold(_squared(_fold(_squared(run200, 50) * run50), 2) * z)


def _squared(value: int, times: int) -> int:
    for _ in range(times):
        value = _fold(value * value)
    return value
