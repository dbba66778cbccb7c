"""What a discount is worth on each line: one function per kind.

``values`` is what every line still costs and ``rooms`` how much of that may still be taken away before a floor is
reached; both are minor units by line index. The result gives every line's share, never above its room.
"""

from pos_client.core.basket import Basket
from pos_client.core.discount import Discount
from pos_client.core.money import percent, share_within
from pos_client.core.record import LARGEST
from pos_client.core.selection import matches, pieces


def shares(discount: Discount, basket: Basket, indexes: list, values: list, rooms: list) -> list:
    """Shares by line of ``discount`` on the lines ``indexes``; all zero where it gives nothing."""
    lines = basket.lines
    basis = [line.value for line in lines] if discount.original else values
    parts = _WORTH[discount.kind](discount.given, lines, indexes, basis, rooms)
    most = discount.given.get("most_per_order")
    if most is not None and sum(parts) > most:
        parts = share_within(most, parts, parts)
    out = [0] * len(lines)
    for index, part in zip(indexes, parts):
        out[index] = part
    return out


def _spread(amount: int, indexes: list, values: list, rooms: list) -> list:
    """``amount`` over the lines in proportion to their values, floors respected."""
    limits = [min(rooms[index], values[index]) for index in indexes]
    return share_within(amount, [values[index] for index in indexes], limits)


def _percent(given, lines, indexes, values, rooms):
    if given.get("level") == "line":
        return [min(percent(values[index], given["rate"]), rooms[index]) for index in indexes]
    return _spread(_order_percent(given, indexes, values), indexes, values, rooms)


def _order_percent(given, indexes, values):
    amount = percent(sum([values[index] for index in indexes]), given["rate"])
    return min(amount, given.get("most_per_order", amount))


def _amount(given, lines, indexes, values, rooms):
    return _spread(given["amount"], indexes, values, rooms)


def _per_unit(given, lines, indexes, values, rooms):
    left = given.get("units", LARGEST)
    parts = {}
    for index in sorted(indexes, key=_cheapest_first(lines)):
        quantity = lines[index].quantity
        units = min(quantity, left, given.get("units_per_line", quantity))
        left -= units
        parts[index] = units * min(given["amount"], values[index] // quantity, rooms[index] // quantity)
    return [parts[index] for index in indexes]


def _volume(given, lines, indexes, values, rooms):
    bought = pieces(lines, indexes)
    rate = 0
    for quantity, band in given["bands"]:
        if bought >= quantity:
            rate = band
    return _spread(percent(sum([values[index] for index in indexes]), rate), indexes, values, rooms)


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
    spare = {index: lines[index].quantity for index in indexes}
    saved = {index: 0 for index in indexes}
    parts = _parts(given, lines, indexes)
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
    """(units wanted, lines to take them from, dearest first) of each part; the part with the least choice first."""
    parts = []
    for number, part in enumerate(given.get("parts") or [{"quantity": given["quantity"]}]):
        able = sorted([index for index in indexes if matches(part, lines[index])], key=_dearest_first(lines))
        choice = sum([lines[index].quantity for index in able]) - part["quantity"]
        parts.append((choice, number, part["quantity"], able))
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


_WORTH = {
    "percent": _percent,
    "amount": _amount,
    "stated": _amount,
    "per_unit": _per_unit,
    "volume": _volume,
    "free": _free,
    "bundle": _bundle,
}
