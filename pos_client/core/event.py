"""Records as canonical bytes: what a till journals, signs, sends and compares, byte for byte.

Canonical bytes are JSON as RFC 8785 writes it, restricted to integers: members sorted, no spaces, UTF-8, escapes
only where JSON demands them. Both interpreters' own ``json.dumps`` differ, so this module writes them itself.
"""

import binascii
import hashlib
import json

from pos_client.core.record import Damaged, Invalid

_TAIL = 75  # length of ,"hash":"<64 hex>"}


def canonical(value) -> bytes:
    """The canonical bytes of null, booleans, integers, text, lists and string-keyed objects."""
    out = []
    _write(value, out)
    return "".join(out).encode()


def seal(fields: dict) -> bytes:
    """One record line: the canonical bytes of ``fields`` with their SHA-256 as last member ``hash``."""
    body = canonical(fields)
    return body[:-1] + b',"hash":"' + digest(body) + b'"}'


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


def _write(value, out: list) -> None:
    if value is None or value is True or value is False:
        out.append({None: "null", True: "true", False: "false"}[value])
    elif type(value) is int:
        out.append(str(value))
    elif type(value) is str:
        out.append(_quoted(value))
    elif type(value) is list or type(value) is tuple:
        _write_list(value, out)
    elif type(value) is dict:
        _write_object(value, out)
    else:
        raise Invalid("not-recordable", "a record holds text, whole numbers, lists and objects only")


def _write_list(value, out: list) -> None:
    out.append("[")
    for index, item in enumerate(value):
        if index:
            out.append(",")
        _write(item, out)
    out.append("]")


def _write_object(value: dict, out: list) -> None:
    out.append("{")
    for index, name in enumerate(sorted(value)):
        out.append("," + _quoted(name) + ":" if index else _quoted(name) + ":")
        _write(value[name], out)
    out.append("}")


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
