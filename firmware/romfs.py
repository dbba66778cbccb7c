"""A folder as a ROMFS image, the read-only file system that MicroPython runs compiled code from without copying it.

An image is three bytes, a length and records. A record is its kind, the length of its payload, and the payload: for a
folder its name and more records, for a file its name and a record with the content. Numbers are in groups of seven
bits, the highest group first, all but the last with the top bit set. The whole has an even length.
"""

from pathlib import Path

_HEADER = b"\xd2\xcd\x31"
_CONTENT, _FOLDER, _FILE = 2, 4, 5


def image(folder: Path) -> bytes:
    """The image of everything in ``folder``."""
    records = _records(folder)
    length = _number(len(records))
    if (len(_HEADER) + len(length) + len(records)) % 2:
        length = b"\x80" + length
    return _HEADER + length + records


def _records(folder: Path) -> bytes:
    out = b""
    for path in sorted(folder.iterdir()):
        name = _number(len(path.name)) + path.name.encode()
        if path.is_dir():
            out += _record(_FOLDER, name + _records(path))
        else:
            out += _record(_FILE, name + _record(_CONTENT, path.read_bytes()))
    return out


def _record(kind: int, payload: bytes) -> bytes:
    return _number(kind) + _number(len(payload)) + payload


def _number(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.insert(0, 0x80 | (value & 0x7F))
    return bytes(groups)
