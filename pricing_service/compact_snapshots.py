"""Compact snapshots, for tills whose flash is small: made of the other kind's bytes, and the same each time.

`pos_client.core.snapshot` has both layouts, `pos_client.core.compact` the code of a row.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pos_client.core import snapshot
from pos_client.core.belief import ONE

MAGIC = b"RUNGSNP3"
HEAD = 36
INDEX = np.dtype([("token", "V8"), ("entry", "<u4")])
TYPES, FIRST, FEW = 2, 5, 64  # of the code of a row
TOGETHER = 4096  # rows coded at once
LARGEST = 1 << 24  # of what three bytes point to
POINTER = 3  # bytes
INLINE = 240  # bytes of a row that lies with its customer
CROWDED = 16  # customers of a bucket, from which there are twice as many buckets

Numbers = NDArray[np.int64]


class Known(NamedTuple):
    """A customer of the other kind: 8 bytes of the token, row, day and facts as they lie there."""

    token: bytes
    row: int
    day: bytes
    facts: bytes


def compacted(body: bytes) -> bytes | None:
    """The compact body that says the same; None where it would be larger than its numbers go."""
    lengths = [int.from_bytes(body[at : at + 4], "little") for at in range(8, HEAD, 4)]
    meta, columns, _, rows, row, index, _ = lengths
    told = HEAD + meta + columns
    coded = _coded(np.frombuffer(body, "<u2", rows // 2, told).reshape(-1, max(row // 2, 1)))
    known = np.frombuffer(body, INDEX, index // INDEX.itemsize, told + rows)
    customers = list(_customers(known, body[told + rows + index :]))
    shared, places = _shared(customers, coded)
    ends, entries = _buckets(customers, coded, places)
    if max(len(shared), len(entries)) >= LARGEST:
        return None
    lengths[3], lengths[5], lengths[6] = len(shared), len(ends), len(entries)
    head = MAGIC + b"".join(length.to_bytes(4, "little") for length in lengths)
    return b"".join([head, body[HEAD:told], shared, ends, entries])


def _customers(known: NDArray, entries: bytes) -> Iterable[Known]:
    for token, at in zip(known["token"].tolist(), known["entry"].tolist(), strict=True):
        row, size = (int.from_bytes(entries[a:b], "little") for a, b in ((at, at + 4), (at + 6, at + 8)))
        yield Known(token, row, entries[at + 4 : at + 6], entries[at + 8 : at + 8 + size])


def _shared(customers: list[Known], coded: list[bytes]) -> tuple[bytes, dict[bytes | int, bytes]]:
    """What customers point to, and the pointer to each of the facts and of the rows that do not lie with a customer."""
    out = bytearray()
    places: dict[bytes | int, bytes] = {}
    for facts in dict.fromkeys([b"", *(customer.facts for customer in customers)]):
        places[facts] = _pointer(len(out))
        out += len(facts).to_bytes(2, "little") + facts
    holders = Counter(customer.row for customer in customers)
    for row, count in holders.items():
        size = len(coded[row]) if coded else 0
        if size > INLINE or size == POINTER or (count > 1 and size > POINTER):
            places[row] = _pointer(len(out))
            out += coded[row]
    return bytes(out), places


def _buckets(
    customers: list[Known], coded: list[bytes], places: dict[bytes | int, bytes]
) -> tuple[bytes, bytes]:
    """Where each bucket begins, and all of them."""
    count = 1
    while len(customers) >= CROWDED * count and count < LARGEST:
        count *= 2
    left_out = snapshot.told(count)
    buckets = [bytearray() for _ in range(count)]
    for token, row, day, facts in customers:
        belief = places.get(row) or (coded[row] if coded else b"")
        entry = token[left_out:] + day + places[facts] + belief
        buckets[int.from_bytes(token[:POINTER], "big") * count >> 24] += bytes([len(entry)]) + entry
    ends = np.cumsum([0, *map(len, buckets)]).tolist()
    return b"".join(map(_pointer, ends)), b"".join(buckets)


def _pointer(place: int) -> bytes:
    return (place % LARGEST).to_bytes(POINTER, "little")


def _coded(rows: NDArray[np.uint16]) -> list[bytes]:
    """Each of the rows (n, states), coded; nothing where states are none."""
    out = []
    for at in range(0, len(rows), TOGETHER):
        whole, ends = _packed(*_codes(rows[at : at + TOGETHER].astype(np.int64)))
        out += [whole[a:b] for a, b in pairwise([0, *ends.tolist()])]
    return out


def _codes(rows: Numbers) -> tuple[Numbers, Numbers]:
    """The code of each number that tells of rows (n, states), and how many bits it has, 0 where it is not told."""
    first, end = _span(rows[:, TYPES:] > 0)
    out = [_code(number, np.full(len(rows), FIRST)) for number in (first, end - first, rows[:, 1])]
    last, before, trend = np.zeros((3, len(rows)), np.int64)
    mean = last + 4
    for state, values in enumerate(rows.T[TYPES:]):
        is_told = (first <= state) & (state < end)
        number = _unsigned(values - (last * trend + 512 >> 10))
        code, length = _code(number, np.maximum(_bits(mean) - 1, 0))
        out.append((code, length * is_told))
        change = np.where(
            last > 0, np.minimum(((values << 10) + (last >> 1)) // np.maximum(last, 1), 8192), 1024
        )
        grown = change * change // np.maximum(before, 1)
        news = (
            (mean + 2 * number + 1) // 3,
            values,
            change,
            np.minimum(np.where((before > 0) & (values >= FEW), grown, change), 3072),
        )
        mean, last, before, trend = (
            np.where(is_told, new, old) for new, old in zip(news, (mean, last, before, trend), strict=True)
        )
    out.append(
        _code(_unsigned(rows[:, 0] - np.maximum(0, ONE - rows[:, 1:].sum(axis=1))), np.zeros_like(first))
    )
    return np.stack([code for code, _ in out], axis=1), np.stack([length for _, length in out], axis=1)


def _span(is_held: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Of each row (n, states): the first that is held, and the one after the last, both 0 where none is."""
    states = np.arange(1, is_held.shape[1] + 1)
    end = np.max(np.where(is_held, states, 0), axis=1, initial=0)
    return np.where(end > 0, np.argmax(is_held, axis=1), 0) if len(states) else end, end


def _code(numbers: Numbers, k: Numbers) -> tuple[Numbers, Numbers]:
    """Codes of numbers, and how many bits they have."""
    ones = _bits((numbers >> k) + 1) - 1
    wanted = ones + k
    return (((1 << ones) - 1) << wanted + 1) | (numbers + (1 << k) - (1 << wanted)), ones + 1 + wanted


def _bits(numbers: Numbers) -> Numbers:
    """Binary digits of whole numbers below 2^53."""
    return np.frexp(numbers.astype(float))[1].astype(np.int64)


def _unsigned(numbers: Numbers) -> Numbers:
    return np.where(numbers < 0, -2 * numbers - 1, 2 * numbers)


def _packed(codes: Numbers, lengths: Numbers) -> tuple[bytes, Numbers]:
    """The bits of the codes, each row filled up to whole bytes, and where each row ends."""
    sizes = (lengths.sum(axis=1) + 7) // 8
    firsts = 8 * (np.cumsum(sizes) - sizes)
    starts = firsts[:, None] + np.cumsum(lengths, axis=1) - lengths
    bits = np.zeros(8 * int(sizes.sum()), np.uint8)
    for place in range(int(lengths.max(initial=0))):
        is_there = lengths > place
        bits[(starts + place)[is_there]] = (codes >> np.maximum(lengths - 1 - place, 0))[is_there] & 1
    return np.packbits(bits).tobytes(), np.cumsum(sizes)
