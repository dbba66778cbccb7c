"""A snapshot: the one file a till decides from, read in place.

Layout, numbers little endian: magic (8), seven u32 (lengths of meta, columns, one column, belief rows, one row, index,
entries), then those sections, then 32 bytes of HMAC-SHA256 under the till's key over the SHA-256 of all before.

``meta`` is JSON. ``columns`` are the model's curves, one column per depth bin. A belief row holds a u16 per state and
is shared by all customers who believe alike. The index is sorted: 8 bytes of the customer's token, u32 offset into
the entries. An entry is u32 row, u16 day of the last visit, u16 length of the facts, facts as JSON.

A compact snapshot says the same in less room (`compact`). Its customers lie in buckets: the first bits of a token tell
which of 2^b, and the index is where each begins in the entries, and the last one ends, as u24. In a bucket each has u8
length of the rest; what of the token's 8 bytes its bucket does not tell, whole; u16 day; u24 offset of the facts; and
the coded row, or u24 offset of one that several share. Facts, after their u16 length, and shared rows are where the
other kind has its rows. `LAYOUT` is the newest kind that this version reads; the second was never released.
"""

import binascii
import hashlib
import json

from pos_client.core import compact, mac
from pos_client.core.event import canonical
from pos_client.core.record import Damaged, Invalid, OutOfTurn

FORMAT = 1  # of meta, whatever the layout
LAYOUT = 3
MAC_BYTES = 32
_MAGIC = b"RUNGSNP1"
_COMPACT = b"RUNGSNP3"
_HEAD = 36
_KEY = 8
_ENTRY = 12  # of the index
_CHUNK = 1024
_POINTER = 3


class Snapshot:
    """A snapshot behind ``read(offset, length) -> bytes``; nothing but ``meta`` is held in memory.

    Raises `Damaged` where the bytes are not a snapshot; whether they are the service's own is for `verify`.
    """

    def __init__(self, read, size: int):
        head = read(0, _HEAD) if size >= _HEAD + MAC_BYTES else b""
        self._is_compact = head[:8] == _COMPACT
        if not self._is_compact and head[:8] != _MAGIC:
            raise Damaged("snapshot-form", "this is not a snapshot that this till reads; fetch it again")
        lengths = [_number(head[at : at + 4]) for at in range(8, _HEAD, 4)]
        meta, columns, self._column, rows, self._row, self._index_bytes, entries = lengths
        if _HEAD + meta + columns + rows + self._index_bytes + entries + MAC_BYTES != size:
            raise Damaged("snapshot-size", "the snapshot is incomplete; fetch it again")
        self._read = read
        self._columns = _HEAD + meta
        self._rows = self._columns + columns
        self._index = self._rows + rows
        self._entries = self._index + self._index_bytes
        self._end = size - MAC_BYTES
        self.meta = _object(read(_HEAD, meta))
        self.version = self.meta.get("version")
        if type(self.version) is not int:
            raise Damaged("snapshot-form", "the snapshot has no version; fetch it again")

    def signature(self) -> str:
        """What its service signed it with, in hexadecimal digits: no other snapshot has the same. Raises `OSError`."""
        return binascii.hexlify(self._read(self._end, MAC_BYTES)).decode()

    def column(self, number: int, count: int = 1) -> bytes:
        """The curve values of all states at ``count`` depth bins from one on."""
        return self._read(self._columns + number * self._column, count * self._column)

    def customer(self, token: str):
        """(belief weights, day of the last visit, facts) of a customer's token of 64 hex digits, or None."""
        wanted = binascii.unhexlify(token[: 2 * _KEY])
        if self._is_compact:
            return self._in_bucket(wanted)
        low, high = 0, self._index_bytes // _ENTRY
        while low < high:
            middle = (low + high) // 2
            found = self._read(self._index + middle * _ENTRY, _ENTRY)
            if found[:_KEY] == wanted:
                return self._entry(_number(found[_KEY:]))
            if found[:_KEY] < wanted:
                low = middle + 1
            else:
                high = middle
        return None

    def _entry(self, offset: int) -> tuple:
        head = self._read(self._entries + offset, 8)
        row = self._read(self._rows + _number(head[:4]) * self._row, self._row)
        weights = _restored([_number(row[at : at + 2]) for at in range(0, self._row, 2)])
        facts = self._read(self._entries + offset + 8, _number(head[6:]))
        return weights, _number(head[4:6]), _object(facts) if facts else {}

    def _in_bucket(self, wanted: bytes):
        buckets = self._index_bytes // _POINTER - 1
        number = int.from_bytes(wanted[:3], "big") * buckets >> 24
        ends = self._read(self._index + number * _POINTER, 2 * _POINTER)
        begin = _number(ends[:_POINTER])
        bucket = self._read(self._entries + begin, _number(ends[_POINTER:]) - begin)
        key = wanted[told(buckets) :]
        at = 0
        while at < len(bucket):
            end = at + 1 + bucket[at]
            at += 1 + len(key)
            if bucket[at - len(key) : at] == key:
                return self._coded(bucket[at:end])
            at = end
        return None

    def _coded(self, found: bytes) -> tuple:
        states, row = self._row // 2, found[5:]
        if len(row) == _POINTER:
            row = self._read(self._rows + _number(row), (states + 2) * compact.LONGEST // 8)
        at = self._rows + _number(found[2:5])
        facts = self._read(at + 2, _number(self._read(at, 2)))
        weights = _restored(compact.decode(row, states)) if states else []
        return weights, _number(found[:2]), _object(facts) if facts else {}


def told(buckets: int) -> int:
    """How many whole bytes of a token its bucket tells, of a power of two of them."""
    return 2 if buckets >= 65536 else buckets >> 8 and 1


def encode(meta: dict, columns: bytes, customers: list) -> bytes:
    """The body of a snapshot, still to be signed.

    ``customers`` holds (token, weights with sum 65536, or bytes: their row, day, facts). ``columns`` is empty where
    there is no model.
    """
    states = meta["model"]["states"] if meta.get("model") else 0
    rows, entries, index, known = [], [], [], {}
    offset = 0
    for token, weights, day, facts in sorted(customers, key=_first):
        row = weights if type(weights) is bytes else packed(weights)
        if len(row) != 2 * states:
            raise Invalid("belief-states", "a belief in a snapshot has one weight per state of its model")
        if row not in known:
            known[row] = len(rows)
            rows.append(row)
        text = canonical(facts) if facts else b""
        entries.append(_bytes(known[row], 4) + _bytes(day, 2) + _bytes(len(text), 2) + text)
        index.append(binascii.unhexlify(token[: 2 * _KEY]) + _bytes(offset, 4))
        offset += 8 + len(text)
    head = canonical(meta)
    sections = [head, columns, b"".join(rows), b"".join(index), b"".join(entries)]
    sizes = [len(head), len(columns), 2 * states, len(sections[2]), 2 * states, len(sections[3]), offset]
    return _MAGIC + b"".join([_bytes(size, 4) for size in sizes]) + b"".join(sections)


def packed(weights: list) -> bytes:
    """Weights with sum 65536 as a row of a snapshot; one that has it all is written a little lower."""
    return b"".join([_bytes(min(weight, 65535), 2) for weight in weights])


def sign(body: bytes, key: bytes) -> bytes:
    """The snapshot a till with ``key`` accepts."""
    return body + mac.hmac_sha256(key, hashlib.sha256(body).digest())


def verify(read, size: int, key: bytes) -> None:
    """Check that the service made this file for the till with ``key``. Raises `Damaged`."""
    whole = hashlib.sha256()
    for at in range(0, size - MAC_BYTES, _CHUNK):
        whole.update(read(at, min(_CHUNK, size - MAC_BYTES - at)))
    code = read(size - MAC_BYTES, MAC_BYTES) if size > MAC_BYTES else b""
    if not mac.equal(code, mac.hmac_sha256(key, whole.digest())):
        raise Damaged(
            "snapshot-signature", "the snapshot was not made by this till's service; fetch it again"
        )


def may_replace(new: dict, old: dict) -> None:
    """Raise `OutOfTurn` unless a snapshot with meta ``new`` may take the place of one with ``old``.

    Versions never go back. A service restored from a backup counts anew under a new history; then the time decides.
    """
    if new["format"] != FORMAT:
        raise OutOfTurn("snapshot-format", "update this till: it reads snapshots of format " + str(FORMAT))
    if new["store"] != old["store"]:
        raise OutOfTurn("snapshot-store", "this snapshot is for another store")
    if new["history"] == old["history"] and new["version"] == old["version"]:
        raise OutOfTurn("snapshot-in-use", "the till has this version already")
    if new["history"] == old["history"] and new["version"] < old["version"]:
        raise OutOfTurn("snapshot-not-newer", "the till has version " + str(old["version"]) + " already")
    if new["history"] != old["history"] and new["built"] < old["built"]:
        raise OutOfTurn("snapshot-not-newer", "the till has a snapshot that was built later")


def _restored(weights: list) -> list:
    """A belief that is certain of one state has 65536 there, one more than a u16 holds."""
    if sum(weights) == 65535:
        weights[weights.index(65535)] = 65536
    return weights


def _object(raw: bytes) -> dict:
    try:
        value = json.loads(raw)
    except (ValueError, RuntimeError):  # RuntimeError: nested deeper than the interpreter goes
        value = None
    if type(value) is not dict:
        raise Damaged("snapshot-json", "the snapshot is damaged; fetch it again")
    return value


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _bytes(value: int, length: int) -> bytes:
    if not 0 <= value < 1 << (8 * length):
        raise Invalid("snapshot-number", str(value) + " does not fit a snapshot")
    return value.to_bytes(length, "little")


def _first(entry: tuple) -> str:
    return entry[0]
