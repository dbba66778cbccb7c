"""What the shop decided once for all checkouts: which plan, how low prices may go, how much a cashier may give."""

from pos_client.core.basket import Line
from pos_client.core.record import choice, fields, integer, optional, text

PLANS = ("one_by_one", "best_first")

READER = fields(
    {},
    {
        "plan": choice(*PLANS),
        "price_floor": integer(0, 10000),
        "minimum_margin": integer(0, 9999),
        "most_stacked": integer(1, 4),
        "utc_offset": integer(-1440, 1440),
        "disclosure": optional(text(400)),
    },
)


class Policy:
    """``price_floor``: basis points of the shelf price that must remain. ``minimum_margin``: basis points of the
    selling price, held where the cost of a unit is known. ``most_stacked``: discounts in one rung. ``utc_offset``:
    minutes the shop's day is ahead of UTC."""

    def __init__(self, given: dict):
        self.plan = given.get("plan", "one_by_one")
        self.price_floor = given.get("price_floor", 0)
        self.minimum_margin = given.get("minimum_margin", 0)
        self.most_stacked = given.get("most_stacked", 2)
        self.utc_offset = given.get("utc_offset", 0)
        self.disclosure = given.get("disclosure")


def read(given) -> Policy:
    """The policy of an object. Raises `Invalid`."""
    return Policy(READER(given, "policy"))


def room(line: Line, policy: Policy) -> int:
    """How much may be taken off a line in all before a floor is reached, in minor units."""
    if line.excluded:
        return 0
    floor = line.floor
    if policy.price_floor:
        floor = max(floor, _upward(line.unit_price * policy.price_floor, 10000))
    if line.cost is not None:
        floor = max(floor, _upward(line.cost * (10000 + line.tax), 10000 - policy.minimum_margin))
    return max(0, line.unit_price - floor) * line.quantity


def _upward(part: int, whole: int) -> int:
    return -(-part // whole)
