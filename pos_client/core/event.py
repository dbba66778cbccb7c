"""Records as canonical bytes: what a till journals, signs, sends and compares, byte for byte.

Canonical bytes are JSON as RFC 8785 writes it, restricted to integers: members sorted, no spaces, UTF-8, escapes
only where JSON demands them. Both interpreters' own ``json.dumps`` differ, so this module writes them itself.
"""

import binascii
import hashlib
import json

from pos_client.core.record import Damaged, Invalid

_WORDS = {None: b"null", True: b"true", False: b"false"}
_TAIL = 75  # length of ,"hash":"<64 hex>"}


def canonical(value) -> bytes:
    """The canonical bytes of null, booleans, integers, text, lists and string-keyed objects.

    Every part is put together on its own: a device has no room for one long list of small pieces.
    """
    if value is None or value is True or value is False:
        return _WORDS[value]
    if type(value) is int:
        return str(value).encode()
    if type(value) is str:
        return _quoted(value).encode()
    if type(value) is list or type(value) is tuple:
        items = [str(item).encode() if type(item) is int else canonical(item) for item in value]
        return _enclosed(b"[", items, b"]")  # a snapshot's model is a thousand numbers in lists
    if type(value) is dict:
        members = [_quoted(name).encode() + b":" + canonical(value[name]) for name in sorted(value)]
        return _enclosed(b"{", members, b"}")
    raise Invalid("not-recordable", "a record holds text, whole numbers, lists and objects only")


def seal(fields: dict) -> bytes:
    """One record line: the canonical bytes of ``fields`` with their SHA-256 as last member ``hash``."""
    return b"".join(pieces(fields))


def pieces(fields: dict) -> list:
    """A sealed line in pieces, one a member: a device may not have two kilobytes in a row."""
    out = [b"," + _quoted(name).encode() + b":" + canonical(fields[name]) for name in sorted(fields)]
    out[0] = b"{" + out[0][1:]
    whole = hashlib.sha256()
    for piece in out:
        whole.update(piece)
    whole.update(b"}")
    out.append(b',"hash":"' + binascii.hexlify(whole.digest()) + b'"}')
    return out


def opened(line: bytes) -> dict:
    """The fields of a sealed line, verified on the bytes as stored. Raises `Damaged`."""
    head, tail = line[:-_TAIL], line[-_TAIL:]
    if tail != b',"hash":"' + digest(head + b"}") + b'"}':
        raise Damaged("record-hash", "the record is not what was sealed")
    try:
        value = json.loads(line.decode())
    except (ValueError, RuntimeError):  # MicroPython reports too deep nesting as RuntimeError
        raise Damaged("record-form", "the record is not JSON")
    if type(value) is not dict:
        raise Damaged("record-form", "the record is not an object")
    return value


def digest(data: bytes) -> bytes:
    """SHA-256 as 64 hexadecimal bytes."""
    return binascii.hexlify(hashlib.sha256(data).digest())


def _enclosed(opening: bytes, parts: list, closing: bytes) -> bytes:
    if not parts:
        return opening + closing
    parts[0] = opening + parts[0]
    parts[-1] += closing
    return b",".join(parts)


def _quoted(value: str) -> str:
    if "\\" in value:
        value = value.replace("\\", "\\\\")
    if '"' in value:
        value = value.replace('"', '\\"')
    for character in value:
        if character < " ":
            return '"' + "".join([_escaped(character) for character in value]) + '"'
    return '"' + value + '"'


def _escaped(character: str) -> str:
    return character if character >= " " else "\\u%04x" % ord(character)
