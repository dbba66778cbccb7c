"""What a discount is worth on each line: one function per kind.

``values`` is what every line still costs and ``rooms`` how much of that may still be taken away before a floor is
reached; both are minor units by line index. No line's share is ever above its room.
"""

from pos_client.core.discount import Discount
from pos_client.core.money import percent, share_within
from pos_client.core.record import LARGEST
from pos_client.core.selection import chosen, pieces


class Given:
    """What a discount gives: ``amount``, in minor units. Most rungs are never asked what that is by line, so an amount
    that goes over many lines is shared when somebody asks: ``spread`` is (what to share, indexes of the lines, values,
    rooms), or ``parts`` are the shares by line.
    """

    def __init__(self, discount: Discount, amount: int, parts, spread=None):
        self.discount = discount
        self.amount = amount
        self._parts = parts
        self._spread = spread

    def shares(self) -> list:
        """What every line of the basket gets."""
        if self._spread:
            total, indexes, values, rooms = self._spread
            parts = share_within(total, _of(indexes, values), _of(indexes, rooms))
            if sum(parts) > self.amount:
                parts = share_within(self.amount, parts, parts)
            self._parts = _by_line(parts, indexes, len(rooms))
            self._spread = None
        return self._parts


def given(discount: Discount, lines: list, indexes: list, values: list, rooms: list):
    """What ``discount`` gives on the lines ``indexes``: a `Given`, or None where that is nothing."""
    rule = discount.given
    if discount.original:
        values = [line.value for line in lines]
    most = rule["most_per_order"] if "most_per_order" in rule else LARGEST
    if discount.kind in _TOTALS and not ("level" in rule and rule["level"] == "line"):
        total = _TOTALS[discount.kind](rule, lines, indexes, values)
        amount = min(total, sum(_of(indexes, rooms)), most)
        return Given(discount, amount, None, (total, indexes, values, rooms)) if amount else None
    parts = _WORTH[discount.kind](rule, lines, indexes, values, rooms)
    amount = sum(parts)
    if not amount:
        return None
    if amount > most:
        parts, amount = share_within(most, parts, parts), most
    return Given(discount, amount, _by_line(parts, indexes, len(lines)))


def _by_line(parts: list, indexes: list, lines: int) -> list:
    """The parts of some lines as shares of all."""
    if len(parts) == lines:
        return parts
    out = [0] * lines
    for index, part in zip(indexes, parts):
        out[index] = part
    return out


def _of(indexes: list, amounts: list) -> list:
    """The amounts of these lines."""
    return amounts if len(indexes) == len(amounts) else [amounts[index] for index in indexes]


def _order_percent(given, lines, indexes, values):
    amount = percent(sum(_of(indexes, values)), given["rate"])
    return min(amount, given["most_per_order"]) if "most_per_order" in given else amount


def _amount(given, lines, indexes, values):
    return given["amount"]


def _volume(given, lines, indexes, values):
    bought = pieces(lines, indexes)
    rate = 0
    for quantity, band in given["bands"]:
        if bought >= quantity:
            rate = band
    return percent(sum(_of(indexes, values)), rate)


def _line_percent(given, lines, indexes, values, rooms):
    return [min(percent(values[index], given["rate"]), rooms[index]) for index in indexes]


def _per_unit(given, lines, indexes, values, rooms):
    left = given.get("units", LARGEST)
    parts = {}
    for index in sorted(indexes, key=_cheapest_first(lines)):
        quantity = lines[index].quantity
        units = min(quantity, left, given.get("units_per_line", quantity))
        left -= units
        parts[index] = units * min(given["amount"], values[index] // quantity, rooms[index] // quantity)
    return [parts[index] for index in indexes]


def _free(given, lines, indexes, values, rooms):
    bought = sum([lines[index].quantity for index in indexes])
    times = min(bought // (given.get("buy", 0) + given["get"]), given.get("times", 1))
    left = times * given["get"]
    rate = given.get("rate", 10000)
    parts = {}
    for index in sorted(indexes, key=_cheapest_first(lines)):
        units = min(lines[index].quantity, left)
        left -= units
        parts[index] = min(
            percent(_value_of(units, lines[index].quantity, values[index]), rate), rooms[index]
        )
    return [parts[index] for index in indexes]


def _bundle(given, lines, indexes, values, rooms):
    parts = _parts(given, lines, indexes)
    if not parts:
        return [0] * len(indexes)
    spare = {index: lines[index].quantity for index in indexes}
    saved = {index: 0 for index in indexes}
    for _ in range(given.get("times", 1)):
        taken = _one_bundle(parts, spare)
        worth = {index: _value_of(taken[index], lines[index].quantity, values[index]) for index in taken}
        saving = sum(worth.values()) - given["price"]
        if not taken or saving <= 0:
            break
        order = sorted(worth)
        weights = [worth[index] for index in order]
        for index, part in zip(order, share_within(saving, weights, weights)):
            saved[index] += part
            spare[index] -= taken[index]
    return [min(saved[index], rooms[index]) for index in indexes]


def _parts(given, lines, indexes):
    """(units wanted, lines to take them from, dearest first) of each part; the part with the least choice first.

    None where there are too few units for one of them.
    """
    parts = []
    for number, part in enumerate(given.get("parts") or [{"quantity": given["quantity"]}]):
        able = chosen(part, lines, indexes)
        choice = sum([lines[index].quantity for index in able]) - part["quantity"]
        if choice < 0:
            return []
        parts.append((choice, number, part["quantity"], sorted(able, key=_dearest_first(lines))))
    return [(wanted, able) for _, _, wanted, able in sorted(parts)]


def _one_bundle(parts, spare):
    """Units by line of one bundle, the dearest first so that the customer saves most; empty if it is not complete."""
    taken = {}
    for wanted, able in parts:
        for index in able:
            units = min(wanted, spare[index] - taken.get(index, 0))
            if units > 0:
                taken[index] = taken.get(index, 0) + units
                wanted -= units
        if wanted:
            return {}
    return taken


def _value_of(units: int, quantity: int, value: int) -> int:
    return value * units // quantity


def _cheapest_first(lines):
    return lambda index: (lines[index].unit_price, index)


def _dearest_first(lines):
    return lambda index: (-lines[index].unit_price, index)


_TOTALS = {"percent": _order_percent, "amount": _amount, "stated": _amount, "volume": _volume}
_WORTH = {"percent": _line_percent, "per_unit": _per_unit, "free": _free, "bundle": _bundle}
