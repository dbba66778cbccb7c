"""Whether a discount applies to this basket, customer and day. One function per condition."""

from pos_client.core import calendar
from pos_client.core.basket import Basket
from pos_client.core.discount import Discount
from pos_client.core.record import LARGEST
from pos_client.core.selection import matches, pieces


class Visit:
    """What is known besides the basket.

    ``day`` is the shop's local day number. ``facts`` are the customer's (tier, birthday, visits, usage; empty for an
    anonymous customer), ``known`` whether there is a customer at all, ``spent`` budgets used: id -> [period, amount].
    ``token`` names a known customer, ``checkout_id`` the visit. ``belief`` is (weights, day they were as of), None for
    who nobody has met.
    """

    def __init__(
        self, day: int, facts: dict, known: bool, spent: dict, token=None, checkout_id="", belief=None
    ):
        self.day = day
        self.facts = facts
        self.known = known
        self.spent = spent
        self.token = token
        self.checkout_id = checkout_id
        self.belief = belief


def applies(discount: Discount, basket: Basket, visit: Visit, indexes: list) -> bool:
    """Whether every condition of the discount holds; ``indexes`` are the lines it is about."""
    for name in discount.conditions:
        if not _HOLDS[name](discount.given[name], basket, visit, indexes):
            return False
    return bool(indexes)


def amount_left(discount: Discount, visit: Visit) -> int:
    """The most this discount may still give here, by the customer's allowance and the shop's budget, in minor units."""
    left = LARGEST
    allowance = discount.given.get("per_customer")
    if allowance and not visit.known:
        left = LARGEST if discount.kind == "goodwill" else 0  # a gesture needs no data about the customer
    elif allowance:
        _, uses, used = current(
            visit.facts.get("usage", {}).get(discount.id), allowance, visit.day, [0, 0, 0]
        )
        left = allowance.get("amount", LARGEST) - used if uses < allowance.get("uses", uses + 1) else 0
    budget = discount.given.get("budget")
    if budget:
        left = min(
            left, budget["amount"] - current(visit.spent.get(discount.id), budget, visit.day, [0, 0])[1]
        )
    return max(0, left)


def current(entry, limit: dict, day: int, fresh: list) -> list:
    """A count in the present period of ``limit``: ``entry``, or ``fresh`` where that is of another period."""
    key = calendar.period_key(limit["period"], day)
    return entry if entry and entry[0] == key else [key] + fresh[1:]


def _from(day, basket, visit, indexes):
    return visit.day >= day


def _until(day, basket, visit, indexes):
    return visit.day <= day


def _weekdays(days, basket, visit, indexes):
    return calendar.weekday(visit.day) in days


def _minimum_spend(amount, basket, visit, indexes):
    return basket.gross >= amount


def _minimum_quantity(quantity, basket, visit, indexes):
    return pieces(basket.lines, indexes) >= quantity


def _maximum_quantity(quantity, basket, visit, indexes):
    return pieces(basket.lines, indexes) <= quantity


def _requires(required, basket, visit, indexes):
    found = [index for index, line in enumerate(basket.lines) if matches(required, line)]
    return pieces(basket.lines, found) >= required["quantity"]


def _birthday(window, basket, visit, indexes):
    birthday = basket.birthday or visit.facts.get("birthday")
    if not birthday:
        return False
    return -window["before"] <= calendar.days_from(birthday, visit.day) <= window["after"]


def _tiers(tiers, basket, visit, indexes):
    return (basket.tier or visit.facts.get("tier")) in tiers


def _coupon(code, basket, visit, indexes):
    return code in basket.coupons


def _visit(number, basket, visit, indexes):
    return visit.known and visit.facts.get("visits", 0) + 1 == number


_HOLDS = {
    "from": _from,
    "until": _until,
    "weekdays": _weekdays,
    "minimum_spend": _minimum_spend,
    "minimum_quantity": _minimum_quantity,
    "maximum_quantity": _maximum_quantity,
    "requires": _requires,
    "birthday": _birthday,
    "tiers": _tiers,
    "coupon": _coupon,
    "visit": _visit,
}
