"""A basket as the point of sale sends it, read strictly: what is in it is checked once, here."""

from pos_client.core.calendar import month_day
from pos_client.core.money import exponent
from pos_client.core.record import LARGEST, Invalid, choice, fields, flag, integer, listing, optional, text

MOST_LINES = 500
MOST_UNITS = 100000

_name = text(64)

_line = fields(
    {"sku": _name, "quantity": integer(-LARGEST), "unit_price": integer(0)},
    {
        "category": optional(_name),
        "brand": optional(_name),
        "tax": integer(0, 10000),
        "floor": integer(0),
        "cost": integer(0),
        "pack": integer(1, 10000),
        "tags": listing(_name, 16),
        "excluded": flag,
    },
)

_stated = fields(
    {"id": _name, "amount": integer(1)},
    {
        "kind": _name,
        "label": text(80),
        "entitlement": choice("automatic", "on_request"),
        "disclosure": optional(text(400)),
    },
)

_body = fields(
    {"currency": text(3, 3), "lines": listing(_line, LARGEST)},
    {
        "customer": optional(text(128)),
        "cashier": optional(_name),
        "queue": integer(0, 1000),
        "discounts": optional(listing(_stated, 64)),
        "coupons": listing(_name, 16),
        "tier": optional(_name),
        "birthday": optional(month_day),
        "training": flag,
        "profile": flag,
    },
)


class Line:
    """One line: ``quantity`` units of ``sku`` at ``unit_price`` minor units, tax included.

    ``floor`` is the lowest price of a unit, ``cost`` what a unit cost the shop before tax, ``pack`` how many pieces a
    unit holds.
    """

    def __init__(self, given: dict):
        self.sku = given["sku"]
        self.quantity = given["quantity"]
        self.unit_price = given["unit_price"]
        self.category = given.get("category")
        self.brand = given.get("brand")
        self.tax = given.get("tax", 0)
        self.floor = given.get("floor", 0)
        self.cost = given.get("cost")
        self.pack = given.get("pack", 1)
        self.tags = given.get("tags", ())
        self.excluded = given.get("excluded", False)
        self.value = self.quantity * self.unit_price


class Basket:
    """Lines, their ``gross`` in minor units of ``currency``, and what the point of sale said about the visit."""

    def __init__(self, given: dict, lines: list):
        self.lines = lines
        self.gross = sum([line.value for line in lines])
        self.currency = given["currency"]
        self.customer = given.get("customer")
        self.cashier = given.get("cashier")
        self.queue = given.get("queue", 0)
        self.stated = given.get("discounts")
        self.coupons = given.get("coupons", ())
        self.tier = given.get("tier")
        self.birthday = given.get("birthday")
        self.training = given.get("training", False)
        self.profile = given.get("profile", True)


def read(body) -> Basket:
    """The basket of a request body. Raises `Invalid`."""
    given = _body(body, "basket")
    exponent(given["currency"])
    if len(given["lines"]) > MOST_LINES:
        raise Invalid("too-many-lines", "a basket has at most " + str(MOST_LINES) + " lines")
    basket = Basket(given, [_checked(line, index) for index, line in enumerate(given["lines"])])
    if basket.gross > LARGEST:
        raise Invalid("overflow", "the basket is worth more than " + str(LARGEST) + " minor units")
    _check_stated(basket)
    return basket


def _checked(given: dict, index: int) -> Line:
    if given["quantity"] < 1:
        raise Invalid(
            "quantity-not-positive",
            "line " + str(index) + " needs a quantity of 1 or more; returns have their own call",
        )
    if given["quantity"] > MOST_UNITS:
        raise Invalid(
            "quantity-too-large", "line " + str(index) + " has more than " + str(MOST_UNITS) + " units"
        )
    if given.get("floor", 0) > given["unit_price"]:
        raise Invalid("floor-above-price", "line " + str(index) + " has a floor above its price")
    return Line(given)


def _check_stated(basket: Basket) -> None:
    seen = set()
    for discount in basket.stated or ():
        if discount["amount"] > basket.gross:
            raise Invalid(
                "amount-above-gross", "discount " + discount["id"] + " is more than the basket is worth"
            )
        if discount["id"] in seen:
            raise Invalid("duplicate-discount", "discount " + discount["id"] + " is listed twice")
        seen.add(discount["id"])
