"""The ladder: what could be offered on this basket, distinct amounts, smallest first.

Announced discounts (`automatic`) are taken first and always. Every rung then is one discount on request, or an
allowed stack of them, worth what it gives on top of that.
"""

from pos_client.core import discount as rules
from pos_client.core.basket import Basket
from pos_client.core.benefit import shares
from pos_client.core.discount import Discount
from pos_client.core.eligibility import Visit, amount_left, applies
from pos_client.core.money import ratio
from pos_client.core.policy import Policy, room
from pos_client.core.selection import chosen

MOST_RUNGS = 32
MOST_STACKS = 256


class Given:
    """A discount and the share of every line it gives, in minor units."""

    def __init__(self, discount: Discount, parts: list):
        self.discount = discount
        self.shares = parts
        self.amount = sum(parts)


class Rung:
    """One offer: ``given`` discounts in the order they apply, ``amount``, and ``depth`` in basis points of gross."""

    def __init__(self, given: list, gross: int):
        self.given = given
        self.ids = [one.discount.id for one in given]
        self.amount = sum([one.amount for one in given])
        self.depth = ratio(self.amount, gross)
        self.order = (self.amount, len(given), tuple([one.discount.rank for one in given]))

    def label(self) -> str:
        return " + ".join([one.discount.label for one in self.given])

    def shares(self) -> list:
        """What every line gets, in minor units."""
        if len(self.given) == 1:
            return self.given[0].shares
        return [sum(parts) for parts in zip(*[one.shares for one in self.given])]

    def disclosure(self):
        """The texts the law wants shown with this offer, or None."""
        texts = [one.discount.disclosure for one in self.given if one.discount.disclosure]
        return " ".join(texts) if texts else None


def build(discounts: list, basket: Basket, visit: Visit, policy: Policy) -> tuple:
    """(automatic discounts given, ladder of rungs, room left on each line after the automatic ones).

    ``discounts`` come by rank, as `discount.read_all` gives them.
    """
    values = [line.value for line in basket.lines]
    rooms = [room(line, policy) for line in basket.lines]
    able = _applicable(discounts, basket, visit)
    automatic = []
    for discount, indexes in _announced(able, basket, values, rooms, visit):
        _give(automatic, discount, indexes, basket, values, rooms, visit)
    taken = [given.discount for given in automatic]
    asked = [pair for pair in able if not pair[0].automatic and _free_of_exclusive(pair[0], taken)]
    found = []
    _climb(found, [], asked, basket, values, rooms, visit, policy)
    return automatic, _distinct(found, basket.gross), rooms


def _applicable(discounts: list, basket: Basket, visit: Visit) -> list:
    """(discount, line indexes) of every discount whose conditions hold."""
    if basket.stated is not None:
        discounts = sorted([rules.stated(given) for given in basket.stated], key=_by_rank)
    everything = chosen({}, basket.lines)
    out = []
    for discount in discounts:
        if discount.kind == "goodwill":
            continue  # the cashier's own gesture is never offered, see `checkout.give`
        indexes = chosen(discount.given, basket.lines) if discount.selects else everything
        if applies(discount, basket, visit, indexes):
            out.append((discount, indexes))
    return out


def _announced(able, basket, values, rooms, visit) -> list:
    """The automatic discounts to give, in the order to give them.

    Where two may not go together the higher priority wins, then the larger amount, then the earlier id.
    """
    candidates = []
    for discount, indexes in able:
        if discount.automatic:
            worth = sum(shares(discount, basket, indexes, values, rooms))
            if worth and _affordable(discount, worth, visit):
                candidates.append(((discount.rank[0], -worth, discount.id), discount, indexes))
    winners = []
    for _, discount, indexes in sorted(candidates, key=_first):
        if not any([discount.conflicts(other) for other, _ in winners]):
            winners.append((discount, indexes))
    return sorted(winners, key=_pair_rank)


def _give(given: list, discount, indexes, basket, values, rooms, visit) -> bool:
    """Apply one discount: append it to ``given`` and take its shares from ``values`` and ``rooms``."""
    parts = shares(discount, basket, indexes, values, rooms)
    one = Given(discount, parts)
    if not one.amount or not _affordable(discount, one.amount, visit):
        return False
    if discount.kind == "stated" and one.amount != discount.given["amount"]:
        return False  # a promised amount is kept in full or not made
    given.append(one)
    for index in indexes:
        values[index] -= parts[index]
        rooms[index] -= parts[index]
    return True


def _affordable(discount: Discount, amount: int, visit: Visit) -> bool:
    """Whether allowances and budgets cover the whole amount; a discount is never cut to fit them."""
    return not discount.limited or amount <= amount_left(discount, visit)


def _climb(found, below, asked, basket, values, rooms, visit, policy) -> None:
    """Append to ``found`` every allowed stack that begins with ``below``, in rank order."""
    for position, (discount, indexes) in enumerate(asked):
        if len(found) >= MOST_STACKS:
            return
        if not _joins(discount, below):
            continue
        stack = list(below)
        left, spare = list(values), list(rooms)
        if _give(stack, discount, indexes, basket, left, spare, visit):
            found.append(stack)
            if len(stack) < policy.most_stacked and discount.stack is not None and not discount.exclusive:
                _climb(found, stack, asked[position + 1 :], basket, left, spare, visit, policy)


def _joins(discount: Discount, below: list) -> bool:
    """Whether ``discount`` may be stacked on what is below; without a stack group it is offered alone."""
    if below and discount.stack is None:
        return False
    return not any([discount.conflicts(given.discount) for given in below])


def _free_of_exclusive(discount: Discount, taken: list) -> bool:
    return not any([discount.conflicts(other) for other in taken])


def _distinct(found: list, gross: int) -> list:
    """Rungs by amount; of equal amounts the one with fewer discounts, then the better ranked. At most `MOST_RUNGS`."""
    rungs = sorted([Rung(stack, gross) for stack in found], key=_by_order)
    ladder = []
    for rung in rungs:
        if not ladder or rung.amount > ladder[-1].amount:
            ladder.append(rung)
    if len(ladder) > MOST_RUNGS:
        return ladder[: MOST_RUNGS - 1] + ladder[-1:]
    return ladder


def _by_rank(discount: Discount) -> tuple:
    return discount.rank


def _by_order(rung: Rung) -> tuple:
    return rung.order


def _first(candidate: tuple) -> tuple:
    return candidate[0]


def _pair_rank(pair: tuple) -> tuple:
    return pair[0].rank
