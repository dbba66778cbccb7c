"""Whether a discount applies to this basket, customer and day. One function per condition."""

from pos_client.core import calendar, lease
from pos_client.core.basket import Basket
from pos_client.core.discount import Discount
from pos_client.core.record import LARGEST
from pos_client.core.selection import chosen, pieces


class Visit:
    """What is known besides the basket.

    ``day`` is the shop's local day number. ``facts`` are the customer's (tier, birthday, visits, usage; empty for an
    anonymous customer), ``known`` whether there is a customer at all, ``spent`` budgets used: id -> [period, amount].
    ``token`` names a known customer, ``checkout_id`` the visit. ``belief`` is (weights, day they were as of), None for
    who nobody has met. ``dealt`` is (place, number of tills) where the snapshot is so old that each of the customer's
    uses is one till's, ``expired``: it is too old for beliefs and experiments. ``limits`` keeps what limited
    discounts could give at most: id -> amount. ``redeemer`` is the token of who refuses to be profiled: it counts uses
    of discounts that are limited by customer, and nothing else.
    """

    def __init__(
        self,
        day: int,
        facts: dict,
        known: bool,
        spent: dict,
        token=None,
        checkout_id="",
        belief=None,
        dealt=None,
    ):
        self.day = day
        self.facts = facts
        self.known = known
        self.spent = spent
        self.token = token
        self.checkout_id = checkout_id
        self.belief = belief
        self.dealt = dealt
        self.limits = {}
        self.expired = False
        self.redeemer = None


def applies(discount: Discount, basket: Basket, visit: Visit, indexes: list) -> bool:
    """Whether every condition of the discount holds; ``indexes`` are the lines it is about, one at least."""
    for name in discount.conditions:
        if not _HOLDS[name](discount.given[name], basket, visit, indexes):
            return False
    return True


def amount_left(discount: Discount, visit: Visit) -> int:
    """The most this discount may still give here, by the customer's allowance and the shop's budget, in minor units."""
    left = LARGEST
    allowance = discount.given.get("per_customer")
    if allowance and visit.known:
        left = _allowance_left(discount.id, allowance, visit)
    elif allowance and discount.kind != "goodwill":  # a gesture needs no data about the customer
        left = 0
    budget = discount.given.get("budget")
    if budget and visit.expired and visit.dealt and visit.dealt[1] > 1:
        left = 0  # by now others may have this till's lease
    elif budget:
        left = min(left, budget["amount"] - consumed(visit.spent.get(discount.id), budget, visit.day)[1])
    return max(0, left)


def _allowance_left(name: str, allowance: dict, visit: Visit) -> int:
    usage = visit.facts.get("usage", {})
    _, uses, amount = current(usage.get(name), allowance, visit.day, [0, 0, 0])
    most, most_amount = allowance.get("uses", uses + 1), allowance.get("amount", LARGEST)
    if visit.dealt:
        counted = visit.facts.get("counted", usage)  # by the snapshot: without this till's own sales since
        _, before, spent = current(counted.get(name), allowance, visit.day, [0, 0, 0])
        if "uses" not in allowance:
            before = 0  # all that is left goes by as one use
        place, tills = visit.dealt
        token = visit.token or visit.redeemer or ""
        mine = lease.uses(place, tills, token, name, before, allowance.get("uses", 1))
        most_amount = spent + (most_amount - spent) * mine // max(1, allowance.get("uses", 1) - before)
        if "uses" in allowance:
            most = before + mine
    return most_amount - amount if uses < most else 0


def consumed(entry, budget: dict, day: int) -> list:
    """[period key, amount used, amount used when a later period begins] of a budget on a day.

    A day whose period is over gets nothing any more: its clock is wrong, and nobody keeps count of it.
    """
    key = calendar.period_key(budget["period"], day)
    if not entry:
        return [key, 0, 0]
    later = entry[2] if len(entry) > 2 else 0
    if key == entry[0]:
        return [key, entry[1], later]
    return [key, later if key > entry[0] else budget["amount"], later]


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
    found = chosen(required, basket.lines, list(range(len(basket.lines))))
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
