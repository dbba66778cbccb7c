"""SHA-512 (FIPS 180-4) in whole numbers: MicroPython's hashlib ends at SHA-256, and Ed25519 is made with this one."""

from binascii import unhexlify

_WORD = 0xFFFFFFFFFFFFFFFF
_START = (
    0x6A09E667F3BCC908,
    0xBB67AE8584CAA73B,
    0x3C6EF372FE94F82B,
    0xA54FF53A5F1D36F1,
    0x510E527FADE682D1,
    0x9B05688C2B3E6C1F,
    0x1F83D9ABFB41BD6B,
    0x5BE0CD19137E2179,
)
# The fractions of the cube roots of the first 80 primes, eight bytes each.
_ROUNDS = unhexlify(
    "428a2f98d728ae227137449123ef65cdb5c0fbcfec4d3b2fe9b5dba58189dbbc3956c25bf348b538"
    "59f111f1b605d019923f82a4af194f9bab1c5ed5da6d8118d807aa98a303024212835b0145706fbe"
    "243185be4ee4b28c550c7dc3d5ffb4e272be5d74f27b896f80deb1fe3b1696b19bdc06a725c71235"
    "c19bf174cf692694e49b69c19ef14ad2efbe4786384f25e30fc19dc68b8cd5b5240ca1cc77ac9c65"
    "2de92c6f592b02754a7484aa6ea6e4835cb0a9dcbd41fbd476f988da831153b5983e5152ee66dfab"
    "a831c66d2db43210b00327c898fb213fbf597fc7beef0ee4c6e00bf33da88fc2d5a79147930aa725"
    "06ca6351e003826f142929670a0e6e7027b70a8546d22ffc2e1b21385c26c9264d2c6dfc5ac42aed"
    "53380d139d95b3df650a73548baf63de766a0abb3c77b2a881c2c92e47edaee692722c851482353b"
    "a2bfe8a14cf10364a81a664bbc423001c24b8b70d0f89791c76c51a30654be30d192e819d6ef5218"
    "d69906245565a910f40e35855771202a106aa07032bbd1b819a4c116b8d2d0c81e376c085141ab53"
    "2748774cdf8eeb9934b0bcb5e19b48a8391c0cb3c5c95a634ed8aa4ae3418acb5b9cca4f7763e373"
    "682e6ff3d6b2b8a3748f82ee5defb2fc78a5636f43172f6084c87814a1f0ab728cc702081a6439ec"
    "90befffa23631e28a4506cebde82bde9bef9a3f7b2c67915c67178f2e372532bca273eceea26619c"
    "d186b8c721c0c207eada7dd6cde0eb1ef57d4f7fee6ed17806f067aa72176fba0a637dc5a2c898a6"
    "113f9804bef90dae1b710b35131c471b28db77f523047d8432caab7b40c724933c9ebe0a15c9bebc"
    "431d67c49c100d4c4cc5d4becb3e42b6597f299cfc657e2a5fcb6fab3ad6faec6c44198c4a475817"
)


def sha512(pieces: list) -> bytes:
    """The hash of the bytes of all pieces, one after another, without joining them."""
    state = list(_START)
    length, rest = 0, b""
    for piece in pieces:
        length += len(piece)
        at = 0
        if rest:
            at = min(128 - len(rest), len(piece))
            rest += bytes(piece[:at])
            if len(rest) < 128:
                continue
            _mix(state, rest, 0)
        while len(piece) - at >= 128:
            _mix(state, piece, at)
            at += 128
        rest = bytes(piece[at:])
    _end(state, rest, length)
    return b"".join([word.to_bytes(8, "big") for word in state])


def _end(state: list, rest: bytes, length: int) -> None:
    """A one, zeros, and the number of bits, in one block or two."""
    padded = rest + b"\x80" + bytes((111 - len(rest)) % 128) + (length * 8).to_bytes(16, "big")
    for at in range(0, len(padded), 128):
        _mix(state, padded, at)


def _mix(state: list, block, at: int) -> None:
    """One block of 128 bytes, from ``at`` on; changes ``state``, eight words."""
    words = [int.from_bytes(bytes(block[at + 8 * i : at + 8 * i + 8]), "big") for i in range(16)]
    a, b, c, d, e, f, g, h = state
    for number in range(80):
        slot = number & 15
        word = words[slot]
        first = (
            h
            + ((((e >> 14) | (e << 50)) ^ ((e >> 18) | (e << 46)) ^ ((e >> 41) | (e << 23))) & _WORD)
            + (g ^ (e & (f ^ g)))
            + int.from_bytes(_ROUNDS[8 * number : 8 * number + 8], "big")
            + word
        )
        second = ((((a >> 28) | (a << 36)) ^ ((a >> 34) | (a << 30)) ^ ((a >> 39) | (a << 25))) & _WORD) + (
            (a & b) | (c & (a | b))
        )
        h, g, f, e, d, c, b, a = g, f, e, (d + first) & _WORD, c, b, a, (first + second) & _WORD
        if number < 64:
            words[slot] = _next(words, slot)
    for index, word in enumerate((a, b, c, d, e, f, g, h)):
        state[index] = (state[index] + word) & _WORD


def _next(words: list, slot: int) -> int:
    """The word that is used sixteen rounds after the one in ``slot``."""
    near, far = words[(slot + 1) & 15], words[(slot + 14) & 15]
    low = (((near >> 1) | (near << 63)) ^ ((near >> 8) | (near << 56)) ^ (near >> 7)) & _WORD
    high = (((far >> 19) | (far << 45)) ^ ((far >> 61) | (far << 3)) ^ (far >> 6)) & _WORD
    return (words[slot] + low + words[(slot + 9) & 15] + high) & _WORD
