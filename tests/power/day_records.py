"""Records of a day at a device, the same on every machine and at every run, for CPython and MicroPython."""

from pos_client.core.event import seal


class Chance:
    """The same numbers on every machine."""

    def __init__(self, seed):
        self._state = seed

    def __call__(self, limit):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % limit


def record(sequence):
    """A checkout of one to eight lines; some customers come again."""
    chance = Chance(sequence)
    lines = [_line(chance) for _ in range(1 + chance(8))]
    fields = {"sequence": sequence, "checkout_id": "c%012x" % (sequence * 7919), "lines": lines}
    fields["customer"] = "%064x" % (7 ** (100 + chance(60)) % 2**256) if chance(10) < 7 else None
    fields["gross"] = chance(30000)
    fields["monotonic_ms"] = 37000 * sequence
    fields["offers"] = [{"rung": 0, "reaction": "asked_more", "milliseconds": chance(20000)}]
    fields["ladder"] = [
        {"amount": 100 * at + chance(900), "depth": 100 * at, "discounts": [name]}
        for at, name in enumerate(("card", "spring", "ten-off")[: 1 + chance(3)])
    ]
    for name in _USUAL:
        fields[name] = _USUAL[name]
    return fields


_USUAL = {
    "arm": "smallest_first",
    "automatic": [],
    "boot": 3,
    "cashier": "c1",
    "clock": "2026-11-18T11:06:40Z",
    "currency": "EUR",
    "day": 20775,
    "device": "till-1",
    "disclosure": "This price was personalised for you by an automated decision.",
    "discount": None,
    "epoch": 1,
    "experiment": None,
    "goodwill": None,
    "held": None,
    "kind": "checkout",
    "limits": {},
    "margin": 4711,
    "notice": None,
    "outcome": "sold",
    "plan": [0, 1],
    "policy": "smallest_first",
    "profile": True,
    "propensity": 10000,
    "queue": 0,
    "release": "hand-1-00d0038a",
    "snapshot": 12,
    "state": "top_reached",
    "store": "sample",
    "training": False,
}


def sale(sequence):
    """The same with what was given in it; every other forty have one line each, so that a block of flash holds many."""
    fields, chance = record(sequence), Chance(sequence + 1000003)
    if sequence // 40 % 2:
        fields["lines"] = fields["lines"][:1]
    fields["outcome"], fields["training"] = "lost" if chance(10) == 0 else "sold", chance(20) == 0
    if chance(3) == 0:
        fields["automatic"] = [_given(chance, "week")]
    if chance(2):
        parts = [_given(chance, name) for name in ("card", "first")[: 1 + chance(2)]]
        amount = sum([part["amount"] for part in parts])
        shares = [{"quantity": line["quantity"], "share": 0, "sku": line["sku"]} for line in fields["lines"]]
        shares[0]["share"] = amount
        fields["discount"] = {"amount": amount, "label": "Card", "lines": shares, "parts": parts}
    if chance(10) == 0:
        fields["goodwill"] = _given(chance, "gesture")
    return fields


def _given(chance, name):
    return {"id": name, "amount": 1 + chance(900)}


def line_of(sequence):
    """The sealed line of a sale; thousands of cuts look at the same ones."""
    if sequence not in _lines:
        _lines[sequence] = seal(sale(sequence))
    return _lines[sequence]


def gifts_of(sequence):
    """(customer or None, [(rule, amount)]) of a sale that counts, or None."""
    if sequence not in _gifts:
        fields = sale(sequence)
        given = fields["automatic"] + (fields["discount"] or {}).get("parts", [])
        given = given + ([fields["goodwill"]] if fields["goodwill"] else [])
        counts = fields["outcome"] == "sold" and not fields["training"]
        told = fields["customer"], [(one["id"], one["amount"]) for one in given]
        _gifts[sequence] = told if counts else None
    return _gifts[sequence]


_lines = {}
_gifts = {}


def _line(chance):
    return {
        "brand": ("Lumi", "Veld", "Aster")[chance(3)],
        "category": ("care", "make-up", "hair")[chance(3)],
        "quantity": 1 + chance(3),
        "sku": str(4006381000000 + chance(1000)),
        "unit_price": 199 + chance(4800),
    }
