"""HMAC-SHA256 (RFC 2104) over bytes; MicroPython has SHA-256 but no ``hmac`` module."""

import hashlib


def _padded(key: bytes) -> bytes:
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    return key + bytes(64 - len(key))


def _masked(key: bytes, mask: int) -> bytes:
    return bytes([byte ^ mask for byte in key])


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """The 32-byte authentication code of ``message`` under ``key``."""
    block = _padded(key)
    inner = hashlib.sha256(_masked(block, 0x36))
    inner.update(message)
    outer = hashlib.sha256(_masked(block, 0x5C))
    outer.update(inner.digest())
    return outer.digest()


def equal(left: bytes, right: bytes) -> bool:
    """Compare two codes without telling by the time taken where they differ."""
    difference = len(left) ^ len(right)
    for a, b in zip(left, right):
        difference |= a ^ b
    return difference == 0
