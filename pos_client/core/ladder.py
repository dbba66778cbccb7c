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
MOST_TRIED = 512  # more than there are discounts


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
    for discount, indexes in _announced(able, basket, values, rooms):
        if _goes_with(discount, automatic):
            one = _given(discount, indexes, basket, values, rooms, visit)
            if one:
                automatic.append(one)
                values, rooms = _without(one, values), _without(one, rooms)
    asked = [pair for pair in able if not pair[0].automatic and _goes_with(pair[0], automatic)]
    found = _stacks(asked, basket, values, rooms, visit, policy.most_stacked)
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


def _announced(able: list, basket: Basket, values: list, rooms: list) -> list:
    """The automatic discounts in the order to give them: by priority, then the larger amount, then the earlier id.

    Where two may not go together, the first of them that gives anything wins.
    """
    candidates = []
    for discount, indexes in able:
        if discount.automatic:
            worth = sum(shares(discount, basket, indexes, values, rooms))
            candidates.append(((discount.rank[0], -worth, discount.id), (discount, indexes)))
    return [pair for _, pair in sorted(candidates, key=_first)]


def _given(discount: Discount, indexes: list, basket: Basket, values: list, rooms: list, visit: Visit):
    """What one discount gives on top of what was given: a `Given`, or None where it gives nothing or may not."""
    one = Given(discount, shares(discount, basket, indexes, values, rooms))
    if not one.amount or not _affordable(discount, one.amount, visit, basket.gross):
        return None
    if discount.kind == "stated" and not discount.automatic and one.amount != discount.given["amount"]:
        return None  # an amount the cashier names is kept in full or not named
    return one


def _without(one: Given, values: list) -> list:
    return [value - part for value, part in zip(values, one.shares)]


def _goes_with(discount: Discount, given: list) -> bool:
    return not any([discount.conflicts(one.discount) for one in given])


def _affordable(discount: Discount, amount: int, visit: Visit, gross: int) -> bool:
    """Whether allowances and budgets cover the whole amount; a discount is never cut to fit them."""
    if not discount.limited:
        return True
    if discount.id not in visit.limits:
        visit.limits[discount.id] = min(gross, amount_left(discount, visit))
    return amount <= visit.limits[discount.id]


def _stacks(asked: list, basket: Basket, values: list, rooms: list, visit: Visit, most: int) -> list:
    """Every discount alone, then every allowed pair, and so on to ``most`` in one stack.

    At most `MOST_TRIED` are looked at, so the smallest rung, which is one discount, is always among them.
    """
    found = []
    left = MOST_TRIED
    level = [([], -1)]
    while level:
        above = []
        for stack, position, rest, spare in _extensions(level, asked, values, rooms):
            left -= 1
            if left < 0:
                return found
            discount, indexes = asked[position]
            one = _given(discount, indexes, basket, rest, spare, visit)
            if one:
                found.append(stack + [one])
                if len(stack) + 1 < most and discount.stack is not None and not discount.exclusive:
                    above.append((stack + [one], position))
        level = above
    return found


def _extensions(level: list, asked: list, values: list, rooms: list):
    """Every allowed way to put one more discount on a stack: (stack, position in ``asked``, values left, rooms left).

    Positions rise within a stack: discounts apply by rank, and no stack comes twice.
    """
    for stack, last in level:
        rest, spare = values, rooms
        for one in stack:
            rest, spare = _without(one, rest), _without(one, spare)
        for position in range(last + 1, len(asked)) if any(spare) else ():
            discount = asked[position][0]
            if not stack or (discount.stack is not None and _goes_with(discount, stack)):
                yield stack, position, rest, spare


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
