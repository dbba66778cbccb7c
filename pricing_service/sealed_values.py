"""Values of a database row as one sealed piece of bytes: AES-256-GCM over kinds, lengths and values."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


def encrypted(key: bytes, table: str, values: Iterable[Any]) -> bytes:
    """The values of a row of ``table``, sealed; what was sealed of another table does not open as one of it."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, b"".join(map(_packed, values)), table.encode())


def decrypted(key: bytes, table: str, content: bytes) -> list[Any]:
    """Raises `InvalidTag`."""
    return _unpacked(AESGCM(key).decrypt(content[:NONCE], content[NONCE:], table.encode()))


def _packed(value: Any) -> bytes:
    """A kind, a length (u32 little endian), and the bytes."""
    if isinstance(value, bytes):
        return b"b" + len(value).to_bytes(4, "little") + value
    kind = b"n" if value is None else {str: b"s", int: b"i", float: b"f"}[type(value)]
    raw = b"" if value is None else str(value).encode()
    return kind + len(raw).to_bytes(4, "little") + raw


_READ: dict[bytes, Callable[[bytes], Any]] = {
    b"b": bytes, b"n": lambda raw: None, b"s": bytes.decode, b"i": int, b"f": float,
}  # fmt: skip


def _unpacked(packed: bytes) -> list[Any]:
    values, at = [], 0
    while at < len(packed):
        end = at + 5 + int.from_bytes(packed[at + 1 : at + 5], "little")
        values.append(_READ[packed[at : at + 1]](packed[at + 5 : end]))
        at = end
    return values
