"""One file of update metadata: its signatures, and the bytes that were signed, exactly as they are stored.

The form is python-tuf's compact one, ``{"signatures":[{"keyid":"...","sig":"..."},...],"signed":{...}}``. Nothing is
looked for and nothing is encoded again: a byte before ``signed`` has the one value it may have, or is a lower-case
hexadecimal digit, so that no two files say the same.
"""

from binascii import unhexlify

from firmware.update.refusal import Refusal

MOST_SIGNATURES = 16
_BEGIN, _KEY, _SIGNATURE, _CLOSE, _SIGNED = (
    b'{"signatures":[',
    b'{"keyid":"',
    b'","sig":"',
    b'"}',
    b'],"signed":',
)
_HEX = b"0123456789abcdef"


class Envelope:
    """``signatures``: list of (keyid, 64 bytes); ``signed``: a view of the bytes they were made over."""

    def __init__(self, signatures: list, signed):
        self.signatures = signatures
        self.signed = signed

    def says_it_is(self, role: str) -> bool:
        """Whether the bytes begin as those of a role; nobody needs to trust them for that."""
        begin = ('{"_type":"' + role + '"').encode()
        return bytes(self.signed[: len(begin)]) == begin


def opened(data: bytes) -> Envelope:
    """What a file holds. Raises `Refusal`: ``unsigned``, ``too-many-signatures``, ``metadata-altered``."""
    if not data.startswith(_BEGIN + _KEY):
        raise Refusal(
            "metadata-altered" if _SIGNATURE in data[:128] else "unsigned", "there are no signatures"
        )
    at, signatures = len(_BEGIN), []
    while True:
        if len(signatures) == MOST_SIGNATURES:
            raise Refusal("too-many-signatures", "checking them all would keep the till busy")
        keyid, signature, at = _entry(data, at)
        signatures.append((keyid, signature))
        if data[at : at + 1] != b",":
            break
        at += 1
    at = _past(data, at, _SIGNED)
    if data[at : at + 1] != b"{" or data[-2:] != b"}}":
        raise Refusal("metadata-altered", "what is signed is not whole")
    return Envelope(signatures, memoryview(data)[at : len(data) - 1])


def _entry(data: bytes, at: int) -> tuple:
    """(keyid, signature, where the entry ends)."""
    keyid, at = _hex(data, _past(data, at, _KEY), 64)
    at = _past(data, at, _SIGNATURE)
    if data[at : at + 1] == b'"':
        raise Refusal("unsigned", "a signature is empty")
    signature, at = _hex(data, at, 128)
    return keyid.decode(), unhexlify(signature), _past(data, at, _CLOSE)


def _past(data: bytes, at: int, expected: bytes) -> int:
    end = at + len(expected)
    if data[at:end] != expected:
        raise Refusal("metadata-altered", "the form of the file is not the one that was written")
    return end


def _hex(data: bytes, at: int, digits: int) -> tuple:
    found = data[at : at + digits]
    if len(found) != digits:
        raise Refusal("metadata-altered", "a signature is cut short")
    for digit in found:
        if digit not in _HEX:
            raise Refusal("metadata-altered", "a signature is not in lower-case hexadecimal digits")
    return found, at + digits
