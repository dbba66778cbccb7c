"""Discounts: the rules of a shop, read strictly. `benefit` says what they are worth, `eligibility` when they apply.

A rule is a flat JSON object, the same in the service's API, in a snapshot and in tests::

    {"id": "lumi-3", "label": "3 Lumi, 15 % off", "kind": "volume", "brands": ["Lumi"], "bands": [[3, 1500]],
     "stack": "brand", "minimum_spend": 2000}

Rates are basis points, money is minor units, days are ``YYYY-MM-DD`` in the shop's local time and inclusive.
"""

from pos_client.core import calendar
from pos_client.core.record import Invalid, choice, fields, flag, integer, listing, optional, text

MOST_DISCOUNTS = 200

_name = text(64)
_names = listing(_name, 100, 1)
_count = integer(1, 100000)
_label = text(80)
_money = integer(1)
_price = integer(0)


def _rate(value, where):
    if type(value) is not int or not 1 <= value <= 10000:
        raise Invalid("not-a-rate", where + " must be in basis points, from 1 to 10000: 1000 is 10 %")
    return value


def _band(value, where):
    quantity, rate = listing(_count, 2, 2)(value, where)
    return _count(quantity, where), _rate(rate, where)


SELECTOR = {
    "skus": _names,
    "brands": _names,
    "categories": _names,
    "tags": _names,
    "price_from": _price,
    "price_to": _price,
}

_part = fields({"quantity": _count}, SELECTOR)

KINDS = {
    "percent": ({"rate": _rate}, {"level": choice("order", "line")}),
    "amount": ({"amount": _money}, {}),
    "per_unit": ({"amount": _money}, {"units": _count, "units_per_line": _count}),
    "volume": ({"bands": listing(_band, 20, 1)}, {}),
    "free": ({"get": _count}, {"buy": integer(0, 100000), "rate": _rate, "times": _count}),
    "bundle": (
        {"price": _price},
        {"quantity": _count, "parts": listing(_part, 8, 1), "times": integer(1, 100)},
    ),
}

_allowance = fields({"period": choice(*calendar.PERIODS)}, {"uses": _count, "amount": _money})
_budget = fields({"period": choice(*calendar.PERIODS), "amount": _money})
_window = fields({"before": integer(0, 180), "after": integer(0, 180)})
_required = fields({"quantity": _count}, SELECTOR)

CONDITIONS = {
    "from": calendar.date,
    "until": calendar.date,
    "weekdays": listing(integer(1, 7), 7, 1),
    "minimum_spend": _money,
    "minimum_quantity": _count,
    "maximum_quantity": _count,
    "requires": _required,
    "birthday": _window,
    "tiers": _names,
    "coupon": _name,
    "visit": integer(1, 1000000),
}

_COMMON = {
    "entitlement": choice("automatic", "on_request"),
    "stack": _name,
    "exclusive": flag,
    "priority": integer(-1000, 1000),
    "basis": choice("remaining", "original"),
    "most_per_order": _money,
    "per_customer": _allowance,
    "budget": _budget,
    "disclosure": optional(text(400)),
}


def _readers() -> dict:
    readers = {}
    for kind, (required, others) in KINDS.items():
        needed = {"id": _name, "label": _label, "kind": choice(kind)}
        needed.update(required)
        readers[kind] = fields(needed, _COMMON, CONDITIONS, SELECTOR, others)
    readers["goodwill"] = fields(  # a gesture needs no reason, so it has no conditions
        {"id": _name, "label": _label, "kind": choice("goodwill"), "amount": _money},
        {"per_customer": _allowance, "budget": _budget},
    )
    return readers


READERS = _readers()


class Discount:
    """One rule. ``given`` holds what its kind needs, its conditions and its limits, as read."""

    def __init__(self, given: dict):
        self.id = given["id"]
        self.label = given["label"]
        self.kind = given["kind"]
        self.automatic = given.get("entitlement") == "automatic"
        self.stack = given.get("stack")
        self.exclusive = given.get("exclusive", False)
        self.rank = (-given.get("priority", 0), self.id)
        self.original = given.get("basis") == "original"
        self.disclosure = given.get("disclosure")
        self.conditions = [name for name in CONDITIONS_IN_ORDER if name in given]
        self.limited = "per_customer" in given or "budget" in given
        self.selects = selects_anything(given)
        self.given = given

    def conflicts(self, other) -> bool:
        """Whether both may not be given together (stack groups, exclusivity)."""
        return self.exclusive or other.exclusive or (self.stack is not None and self.stack == other.stack)


CONDITIONS_IN_ORDER = tuple(sorted(CONDITIONS))


def selects_anything(given: dict) -> bool:
    """Whether a selector narrows the lines at all."""
    for name in SELECTOR:
        if name in given:
            return True
    return False


def read(rule, where: str = "discount") -> Discount:
    """The discount of a rule object. Raises `Invalid`."""
    kind = rule.get("kind") if type(rule) is dict else None
    reader = READERS.get(kind) if type(kind) is str else None
    if reader is None:
        raise Invalid("unknown-discount-kind", where + ".kind must be one of " + ", ".join(sorted(READERS)))
    given = reader(rule, where)
    if kind == "bundle" and ("quantity" in given) == ("parts" in given):
        raise Invalid("bundle-form", where + " needs either quantity or parts")
    if kind == "volume":
        _order_bands(given["bands"], where)
    for low, high in (
        ("from", "until"),
        ("minimum_quantity", "maximum_quantity"),
        ("price_from", "price_to"),
    ):
        if low in given and high in given and given[low] > given[high]:
            raise Invalid("empty-range", where + "." + low + " must not be above " + high)
    return Discount(given)


def _order_bands(bands: list, where: str) -> None:
    bands.sort()
    for (fewer, less), (more, rate) in zip(bands, bands[1:]):  # noqa: RUF007 - MicroPython has no pairwise
        if fewer == more or less > rate:
            raise Invalid("bands-fall", where + ".bands must not give less for more pieces")


def read_all(rules) -> list:
    """All discounts of a shop, by rank (priority, then id). Raises `Invalid`."""
    if type(rules) is not list or len(rules) > MOST_DISCOUNTS:
        raise Invalid("discounts-form", "discounts must be a list of at most " + str(MOST_DISCOUNTS))
    discounts = [read(rule, "discounts[" + str(index) + "]") for index, rule in enumerate(rules)]
    if len(set([discount.id for discount in discounts])) < len(discounts):
        raise Invalid("duplicate-discount", "two discounts have the same id")
    return sorted(discounts, key=_by_rank)


def _by_rank(discount: Discount) -> tuple:
    return discount.rank


def stated(given: dict) -> Discount:
    """A discount whose amount the point of sale has computed."""
    rule = {
        "id": given["id"],
        "label": given.get("label", given["id"]),
        "kind": "stated",
        "amount": given["amount"],
    }
    for name in ("entitlement", "disclosure"):
        if name in given:
            rule[name] = given[name]
    return Discount(rule)
