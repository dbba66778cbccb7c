"""Goods brought back: a return gives what was paid for them, by the shares stored at the sale."""

from pos_client.core.money import unit_shares
from pos_client.core.record import Invalid, OutOfTurn, fields, integer, listing, text

_part = fields({"line": integer(0, 499), "quantity": integer(1, 100000)})
_request = fields({}, {"lines": listing(_part, 500, 1), "return_id": text(128)})


def read(body) -> dict:
    """A request to return goods: ``lines`` (all that is left without them) and ``return_id``. Raises `Invalid`."""
    return _request(body, "return")


def discount_by_line(record: dict) -> list:
    """What every line of a checkout record carries of all discounts together, in minor units."""
    parts = [one["shares"] for one in record["automatic"]]
    if record["discount"]:
        parts.append([line["share"] for line in record["discount"]["lines"]])
    if record["goodwill"]:
        parts.append(record["goodwill"]["shares"])
    return [sum([part[index] for part in parts]) for index in range(len(record["lines"]))]


def units_back(record: dict, returns: list) -> list:
    """How many units of each line of a sale the records in ``returns`` brought back."""
    back = [0] * len(record["lines"])
    for one in returns:
        for line in one["lines"]:
            back[line["line"]] += line["quantity"]
    return back


def give_back(record: dict, before: list, wish: dict) -> tuple:
    """(lines, refund) of a return from the sale in ``record``.

    ``before`` holds how many units of each line came back already; ``wish`` is what `read` gives. Raises `Invalid` or
    `OutOfTurn`, for instance for more units than were sold.
    """
    wanted = wish.get("lines")
    if record["outcome"] != "sold" or record["training"]:
        raise OutOfTurn("not-sold", "nothing was sold on this checkout")
    if wanted is None:
        wanted = [
            {"line": i, "quantity": line["quantity"] - before[i]} for i, line in enumerate(record["lines"])
        ]
        wanted = [one for one in wanted if one["quantity"]]
    if not wanted:
        raise OutOfTurn("all-returned", "every unit of this checkout came back already")
    _check(record, before, wanted)
    carried = discount_by_line(record)
    lines = [_refunded(record["lines"][one["line"]], one, before, carried) for one in wanted]
    return lines, sum([line["refund"] for line in lines])


def _check(record: dict, before: list, wanted: list) -> None:
    seen = set()
    for one in wanted:
        index = one["line"]
        if index in seen or index >= len(record["lines"]):
            raise Invalid("unknown-line", "name each line of the checkout once, counted from 0")
        seen.add(index)
        if before[index] + one["quantity"] > record["lines"][index]["quantity"]:
            left = str(record["lines"][index]["quantity"] - before[index])
            raise OutOfTurn("more-than-sold", "line " + str(index) + " has " + left + " units left to return")


def _refunded(line: dict, one: dict, before: list, carried: list) -> dict:
    index, count = one["line"], one["quantity"]
    share = unit_shares(carried[index], line["quantity"], before[index], count)
    return {
        "line": index,
        "sku": line["sku"],
        "quantity": count,
        "share": share,
        "refund": count * line["unit_price"] - share,
    }
