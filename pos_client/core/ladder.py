"""The ladder: what could be offered on this basket, distinct amounts, smallest first.

Announced discounts (`automatic`) are taken first and always. Every rung then is one discount on request, or an
allowed stack of them, worth what it gives on top of that.
"""

from pos_client.core import discount as rules
from pos_client.core.basket import Basket
from pos_client.core.benefit import Given
from pos_client.core.benefit import given as given_by
from pos_client.core.discount import Discount
from pos_client.core.eligibility import Visit, amount_left, applies
from pos_client.core.money import ratio
from pos_client.core.policy import Policy, room
from pos_client.core.selection import chosen, discountable

MOST_RUNGS = 32
MOST_TRIED = 512  # more than there are discounts


class Rung:
    """One offer: ``given`` discounts in the order they apply, ``amount``, and ``depth`` in basis points of gross."""

    def __init__(self, given: list, amount: int, gross: int):
        self.given = given
        self.ids = [one.discount.id for one in given]
        self.amount = amount
        self.depth = ratio(self.amount, gross)

    def label(self) -> str:
        return " + ".join([one.discount.label for one in self.given])

    def shares(self) -> list:
        """What every line gets, in minor units."""
        if len(self.given) == 1:
            return self.given[0].shares()
        return [sum(parts) for parts in zip(*[one.shares() for one in self.given])]

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
                values, rooms = _without(one, values, rooms)
    asked = [pair for pair in able if not pair[0].automatic]
    if automatic:
        asked = [pair for pair in asked if _goes_with(pair[0], automatic)]
    found = _stacks(asked, basket, values, rooms, visit, policy.most_stacked)
    return automatic, _distinct(found, basket.gross), rooms


def _applicable(discounts: list, basket: Basket, visit: Visit) -> list:
    """(discount, line indexes) of every discount whose conditions hold."""
    if basket.stated is not None:
        discounts = sorted([rules.stated(given) for given in basket.stated], key=_by_rank)
    lines = basket.lines
    everything = discountable(lines)
    out = []
    for discount in discounts:
        indexes = chosen(discount.given, lines, everything) if discount.selects else everything
        if not indexes or (discount.conditions and not applies(discount, basket, visit, indexes)):
            continue
        if discount.kind != "goodwill":  # the cashier's own gesture is never offered, see `goodwill.give`
            out.append((discount, indexes))
    return out


def _announced(able: list, basket: Basket, values: list, rooms: list) -> list:
    """The automatic discounts in the order to give them: by priority, then the larger amount, then the earlier id.

    Where two may not go together, the first of them that gives anything wins.
    """
    announced = [pair for pair in able if pair[0].automatic]
    if len(announced) < 2:
        return announced
    candidates = []
    for discount, indexes in announced:
        one = given_by(discount, basket.lines, indexes, values, rooms)
        worth = one.amount if one else 0
        candidates.append(((discount.rank[0], -worth, discount.id), (discount, indexes)))
    return [pair for _, pair in sorted(candidates, key=_first)]


def _given(discount: Discount, indexes: list, basket: Basket, values: list, rooms: list, visit: Visit):
    """What one discount gives on top of what was given: a `Given`, or None where it gives nothing or may not."""
    one = given_by(discount, basket.lines, indexes, values, rooms)
    if one is None or (discount.limited and not _affordable(discount, one.amount, visit, basket.gross)):
        return None
    if discount.kind == "stated" and not discount.automatic and one.amount != discount.given["amount"]:
        return None  # an amount the cashier names is kept in full or not named
    return one


def _without(one: Given, values: list, rooms: list) -> tuple:
    """(values, rooms) that are left."""
    values, rooms = list(values), list(rooms)
    for index, part in enumerate(one.shares()):
        if part:
            values[index] -= part
            rooms[index] -= part
    return values, rooms


def _goes_with(discount: Discount, given: list) -> bool:
    for one in given:
        if discount.conflicts(one.discount):
            return False
    return True


def _affordable(discount: Discount, amount: int, visit: Visit, gross: int) -> bool:
    """Whether allowances and budgets cover the whole amount; a discount is never cut to fit them."""
    if discount.id not in visit.limits:
        visit.limits[discount.id] = min(gross, amount_left(discount, visit))
    return amount <= visit.limits[discount.id]


def _stacks(asked: list, basket: Basket, values: list, rooms: list, visit: Visit, most: int) -> list:
    """(amount, stack) of every discount alone, then of every allowed pair, and so on to ``most`` in one stack.

    At most `MOST_TRIED` are looked at, so the smallest rung, which is one discount, is always among them. Positions
    rise within a stack: discounts apply by rank, and no stack comes twice.
    """
    found, alone, level = [], [], []
    for discount, indexes in asked if any(rooms) else ():
        one = _given(discount, indexes, basket, values, rooms, visit)
        alone.append(one)
        if one:
            found.append((one.amount, [one]))
            after = _joining(asked, len(alone), found[-1][1]) if most > 1 else None
            if after:
                level.append((one.amount, [one], after))
    left = MOST_TRIED - len(asked)
    while level:
        above = []
        for amount, stack, positions in level:
            rest, spare = values, rooms
            for one in stack:
                rest, spare = _without(one, rest, spare)
            for position in positions if any(spare) else ():
                left -= 1
                if left < 0:
                    return found
                discount, indexes = asked[position]
                one = alone[position]
                if _differs(rest, values, indexes):
                    one = _given(discount, indexes, basket, rest, spare, visit)
                if one:
                    more = stack + [one]
                    found.append((amount + one.amount, more))
                    after = _joining(asked, position + 1, more) if len(more) < most else None
                    if after:
                        above.append((amount + one.amount, more, after))
        level = above
    return found


def _differs(rest: list, values: list, indexes: list) -> bool:
    """Whether something was taken off any of these lines."""
    for index in indexes:
        if rest[index] != values[index]:
            return True
    return False


def _joining(asked: list, begin: int, stack: list) -> list:
    """Positions from ``begin`` on of the discounts that may be put on a stack."""
    if stack[0].discount.stack is None or stack[0].discount.exclusive:
        return []
    groups = [None] + [one.discount.stack for one in stack]
    out = []
    for position in range(begin, len(asked)):
        discount = asked[position][0]
        if discount.stack not in groups and not discount.exclusive:
            out.append(position)
    return out


def _distinct(found: list, gross: int) -> list:
    """Rungs by amount. Of equal amounts the one that was found first: it has fewer discounts, then the better ranked.
    At most `MOST_RUNGS`."""
    stacks = {}
    for amount, stack in found:
        if amount not in stacks:
            stacks[amount] = stack
    amounts = sorted(stacks)
    if len(amounts) > MOST_RUNGS:
        amounts = amounts[: MOST_RUNGS - 1] + amounts[-1:]
    return [Rung(stacks[amount], amount, gross) for amount in amounts]


def _by_rank(discount: Discount) -> tuple:
    return discount.rank


def _first(candidate: tuple) -> tuple:
    return candidate[0]
