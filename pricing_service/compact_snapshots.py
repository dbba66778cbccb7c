"""Snapshots of the second kind, for tills whose flash is small: made of the first kind's bytes, and the same each time.

`pos_client.core.snapshot` has both layouts, `pos_client.core.compact` the code of a row.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

MAGIC = b"RUNGSNP2"
HEAD = 36
INDEX = np.dtype([("token", "V8"), ("entry", "<u4")])
COMPACT_INDEX = np.dtype([("token", "V8"), ("row", "u1", 3), ("day", "<u2"), ("facts", "u1", 3)])
TYPES, FIRST, MOST, WHOLE = 2, 1024, 12, 18  # of the code of a row
TOGETHER = 4096  # rows coded at once
LARGEST = 1 << 24  # of what three bytes point to


def compacted(body: bytes) -> bytes | None:
    """The body of the second kind that says the same; None where it would be larger than its numbers go."""
    lengths = [int.from_bytes(body[at : at + 4], "little") for at in range(8, HEAD, 4)]
    meta, columns, _, rows, row, index, _ = lengths
    coded, offsets = _coded(
        np.frombuffer(body, "<u2", rows // 2, HEAD + meta + columns).reshape(-1, max(row // 2, 1))
    )
    known = np.frombuffer(body, INDEX, index // INDEX.itemsize, HEAD + meta + columns + rows)
    told, facts = _index(known, body[HEAD + meta + columns + rows + index :], offsets)
    if max(len(coded), len(facts)) >= LARGEST:
        return None
    lengths[3], lengths[5], lengths[6] = len(coded), len(told), len(facts)
    head = MAGIC + b"".join(length.to_bytes(4, "little") for length in lengths)
    return b"".join([head, body[HEAD : HEAD + meta + columns], coded, told, facts])


def _index(known: NDArray, entries: bytes, offsets: NDArray[np.int64]) -> tuple[bytes, bytes]:
    """The index and the facts of customers whose rows begin at ``offsets``."""
    told = np.zeros(len(known), COMPACT_INDEX)
    told["token"] = known["token"]
    places = {b"": 0}
    facts = bytearray(b"\0\0")
    for place, at in enumerate(known["entry"].tolist()):
        row, day, size = _numbers(entries, at)
        text = entries[at + 8 : at + 8 + size]
        if text not in places:
            places[text] = len(facts)
            facts += size.to_bytes(2, "little") + text
        told["row"][place] = _three(int(offsets[row]))
        told["day"][place] = day
        told["facts"][place] = _three(places[text])
    return told.tobytes(), bytes(facts)


def _numbers(entries: bytes, at: int) -> tuple[int, int, int]:
    """Row, day and length of the facts of an entry."""
    cut = (at, at + 4, at + 6, at + 8)
    row, day, size = (int.from_bytes(entries[a:b], "little") for a, b in pairwise(cut))
    return row, day, size


def _three(number: int) -> list[int]:
    return list((number % LARGEST).to_bytes(3, "little"))


def _coded(rows: NDArray[np.uint16]) -> tuple[bytes, NDArray[np.int64]]:
    """All rows (n, states) coded, one after the other, and where each begins."""
    parts, sizes = [b""], [np.zeros(1, np.int64)]
    for at in range(0, len(rows), TOGETHER):
        part, size = _packed(*_codes(rows[at : at + TOGETHER].astype(np.int64)))
        parts.append(part)
        sizes.append(size)
    return b"".join(parts), np.cumsum(np.concatenate(sizes))


def _codes(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The code of each number of rows (n, states), and how many bits it has."""
    codes, lengths = np.zeros_like(rows), np.zeros_like(rows)
    nothing = np.zeros(len(rows), np.int64)
    mean, before, last = nothing + FIRST, nothing, nothing
    for state, values in enumerate(rows.T):
        if state == TYPES:
            mean, before, last = nothing + FIRST, nothing, nothing
        difference = values - (np.maximum(0, 2 * last - before) if state >= TYPES else nothing)
        z = np.where(difference < 0, -2 * difference - 1, 2 * difference)
        k = np.frexp(mean.astype(float))[1] - 1
        ones = z >> k
        is_short = ones < MOST
        ones = np.minimum(ones, MOST)
        short = ((1 << ones) - 1 << 1 << k) | (z & (1 << k) - 1)
        codes[:, state] = np.where(is_short, short, ((1 << MOST) - 1 << WHOLE) | z)
        lengths[:, state] = np.where(is_short, ones + 1 + k, MOST + WHOLE)
        mean, before, last = np.maximum(1, 3 * mean + z + 2 >> 2), last, values
    return codes, lengths


def _packed(codes: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[bytes, NDArray[np.int64]]:
    """The bits of the codes, each row filled up to whole bytes, and how many bytes each has."""
    sizes = (lengths.sum(axis=1) + 7) // 8
    firsts = 8 * (np.cumsum(sizes) - sizes)
    starts = firsts[:, None] + np.cumsum(lengths, axis=1) - lengths
    bits = np.zeros(8 * int(sizes.sum()), np.uint8)
    for place in range(int(lengths.max(initial=0))):
        is_there = lengths > place
        bits[(starts + place)[is_there]] = (codes >> np.maximum(lengths - 1 - place, 0))[is_there] & 1
    return np.packbits(bits).tobytes(), sizes
