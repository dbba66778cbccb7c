"""What the shop decided once for all checkouts: which plan, how low prices may go, how much a cashier may give."""

from pos_client.core.basket import Line
from pos_client.core.record import choice, fields, integer, optional, text

PLANS = ("smallest_first", "one_by_one", "best_first", "adaptive_start", "hold_firm")

READER = fields(
    {},
    {
        "plan": choice(*PLANS),
        "margin": integer(0, 10000),
        "lost_sale": integer(0, 1000000),
        "till_hour": integer(0, 1000000000),
        "waiting_hour": integer(0, 1000000000),
        "question_seconds": integer(1, 600),
        "till_seconds": integer(0, 3600),
        "most_climbs": integer(0, 31),
        "silent_above": integer(0, 1000),
        "hold_firm": integer(0, 10000),
        "stand_firm": integer(0, 10000),
        "read_ms": integer(0, 60000),
        "price_floor": integer(0, 10000),
        "minimum_margin": integer(0, 9999),
        "most_stacked": integer(1, 4),
        "snapshot_days": integer(1, 365),
        "utc_offset": integer(-1440, 1440),
        "trust_hours": integer(0, 8760),
        "disclosure": optional(text(400)),
        "jurisdiction": optional(text(16)),
    },
)


class Policy:
    """``price_floor``: basis points of the shelf price that must remain. ``minimum_margin``: basis points of the
    selling price, held where the cost of a unit is known. ``most_stacked``: discounts in one rung. ``utc_offset``:
    minutes the shop's day is ahead of UTC. ``trust_hours``: how old a snapshot may be for every till to give a customer
    all that is left of an allowance; from an older one each use is one till's. ``snapshot_days``: how old it may be
    for beliefs and experiments; then every plan is smallest first, from what is known of the population.

    What a plan weighs: ``margin``, basis points of the price without tax that the shop keeps where a cost is not known;
    ``lost_sale``, what a customer who walks out costs besides this sale, basis points of gross; ``till_hour`` and
    ``waiting_hour``, what an hour of the till, and of a customer waiting behind it, costs in minor units.

    Till time: one offer takes ``question_seconds``, a checkout may spend ``till_seconds`` on them, at most
    ``most_climbs`` follow the first, and above a queue of ``silent_above`` there are none. On ``hold_firm`` basis
    points of the checkouts the till does not climb; on ``stand_firm`` of those of a customer who seems to hold out it
    stops early. What is answered in less than ``read_ms`` was not read. A ``jurisdiction`` is for the service, which
    knows what its law asks for."""

    def __init__(self, given: dict):
        self.plan = given.get("plan", "smallest_first")
        self.margin = given.get("margin", 3500)
        self.lost_sale = given.get("lost_sale", 30000)
        self.till_hour = given.get("till_hour", 0)
        self.waiting_hour = given.get("waiting_hour", 0)
        self.question_seconds = given.get("question_seconds", 10)
        self.till_seconds = given.get("till_seconds", 30)
        self.most_climbs = given.get("most_climbs", 2)
        self.silent_above = given.get("silent_above", 4)
        self.hold_firm = given.get("hold_firm", 0)
        self.stand_firm = given.get("stand_firm", 9500)
        self.read_ms = given.get("read_ms", 700)
        self.price_floor = given.get("price_floor", 0)
        self.minimum_margin = given.get("minimum_margin", 0)
        self.most_stacked = given.get("most_stacked", 2)
        self.snapshot_days = given.get("snapshot_days", 14)
        self.utc_offset = given.get("utc_offset", 0)
        self.trust_hours = given.get("trust_hours", 24)
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


def most_offers(policy: Policy, queue: int) -> int:
    """How many offers a checkout may make with so many customers waiting behind it."""
    if queue > policy.silent_above:
        return 0
    return min(1 + policy.most_climbs, policy.till_seconds // policy.question_seconds)


def _upward(part: int, whole: int) -> int:
    return -(-part // whole)
