"""A till made of its real parts, with three discounts. Runs on both interpreters."""

from binascii import unhexlify

from pos_client.core import snapshot
from pos_client.journal import Journal
from pos_client.till import Till
from tests.fakes import HandClock, MemoryStorage

IDENTITY = {
    "device": "till-1",
    "epoch": 1,
    "store": "sample",
    "key": "11" * 32,
    "tenant_key": "22" * 32,
    "language": "en",
}
LAW = "This price was personalised."
RULES = [
    {"id": "card", "label": "Card 3%", "kind": "percent", "rate": 300},
    {"id": "spring", "label": "Spring 5%", "kind": "percent", "rate": 500, "disclosure": LAW},
    {"id": "team", "label": "Team 10%", "kind": "percent", "rate": 1000},
]


def basket(price=10000) -> dict:
    return {"currency": "EUR", "lines": [{"sku": "4006000", "quantity": 1, "unit_price": price}]}


def make_till(language="en", storage=None) -> Till:
    meta = {
        "format": 1,
        "version": 1,
        "built": 1795000000,
        "history": "h",
        "store": "sample",
        "model": None,
        "discounts": RULES,
        "policy": {"most_stacked": 1, "most_climbs": 2},
        "through": {},
        "budgets": {},
    }
    data = snapshot.sign(snapshot.encode(meta, b"", []), unhexlify(IDENTITY["key"]))
    rules = snapshot.Snapshot(lambda offset, length: data[offset : offset + length], len(data))
    identity = dict(IDENTITY)
    identity["language"] = language
    return Till(identity, HandClock(), Journal(storage or MemoryStorage()), 1, rules)
