"""Snapshots of a day: compact ones, as a device is given them, with rules that allow each customer so much.

For MicroPython, which has no `pricing_service.compact_snapshots`: without a model and in one bucket it is
a few lines.
"""

from binascii import unhexlify

from pos_client.core.event import canonical
from pos_client.core.snapshot import encode, sign

KEY = b"k" * 32
IDENTITY = {"device": "till-1", "epoch": 1, "store": "sample", "key": "6b" * 32, "tenant_key": "22" * 32}
_ALLOWED = {"period": "ever", "uses": 1000, "amount": 10**9}
_BUDGET = {"period": "ever", "amount": 10**9}
RULES = [
    {
        "id": "card",
        "label": "Card",
        "kind": "percent",
        "rate": 300,
        "per_customer": _ALLOWED,
        "budget": _BUDGET,
    },
    {"id": "week", "label": "Week", "kind": "amount", "amount": 100, "budget": _BUDGET},
    {"id": "first", "label": "First", "kind": "amount", "amount": 100, "per_customer": _ALLOWED, "visit": 1},
    {"id": "gesture", "label": "Gesture", "kind": "goodwill", "amount": 200, "per_customer": _ALLOWED},
]
LIMITED, BUDGETED = ("card", "first", "gesture"), ("card", "week")
CUSTOMERS = ["%064x" % (7 ** (100 + number) % 2**256) for number in range(60)]  # as records name them


def snapshot(version, through):
    """What the service sends once it counts this till's records up to one of them."""
    meta = {"format": 1, "version": version, "built": 1000 + version, "history": "h1", "store": "sample"}
    meta["rules"] = "r" * 2000  # a shop has more of them
    meta["discounts"], meta["policy"], meta["model"] = RULES, {}, None
    meta["through"] = {"till-1/1": through}
    return sign(_compact(encode(meta, b"", []), [(token, facts(token, version)) for token in CUSTOMERS]), KEY)


def facts(token, version):
    """What a snapshot says of a customer."""
    return {"tier": token[-6:] + str(version)}


def _compact(body, customers):
    """A body without customers, with these: all in one bucket, each with facts of their own."""
    rows, bucket = b"", b""
    for token, told in customers:
        entry = unhexlify(token[:16]) + b"\0\0" + len(rows).to_bytes(3, "little")
        bucket += bytes([len(entry)]) + entry
        said = canonical(told)
        rows += len(said).to_bytes(2, "little") + said
    lengths = [int.from_bytes(body[at : at + 4], "little") for at in range(8, 36, 4)]
    lengths[3], lengths[5], lengths[6] = len(rows), 6, len(bucket)
    head = b"RUNGSNP3" + b"".join([length.to_bytes(4, "little") for length in lengths])
    ends = bytes(3) + len(bucket).to_bytes(3, "little")
    return b"".join([head, body[36 : 36 + lengths[0]], rows, ends, bucket])
