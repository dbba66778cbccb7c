"""One record of the log as one row: what it tells about its customer, or why it tells nothing.

A record is read exactly as the till's belief and `models.posterior` read it. Only what is named here is looked at:
the rest of a record, whatever newer tills may put there, never becomes a column.
"""

from array import array
from typing import Any, NamedTuple

from models.checkout_table import ACCEPTED, LEFT, STAYED
from pos_client.core import feature, money
from pos_client.core.record import Damaged, Invalid

MOST_OFFERS = 64  # a ladder has at most 32 rungs
LARGEST = (1 << 63) - 1
Q16 = 65536
FORMS = (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError)


class Told(NamedTuple):
    """What a checkout tells. ``plan`` holds 16 bits an offer: twice its depth, and 1 more for the top rung."""

    plan: bytes
    heard: int
    ending: int


class Basket(NamedTuple):
    """Of whose basket, at whose till: no more of a checkout is ever kept."""

    token: str | None
    cashier: str
    gross: int
    gross_major: float
    lines: int
    units: int


def fate(record: dict[str, Any]) -> str:
    """The count a record goes to (`checkout_table.FATES`), told from its own members. Raises `Damaged`."""
    kind = record["kind"]
    if kind == "return":
        return "returns"
    if kind != "checkout":
        raise Damaged("record-form", "it is neither a checkout nor a return")
    if record["training"]:
        return "training"
    reactions = [offer["reaction"] for offer in record["offers"]]
    if record["outcome"] == "cancelled":
        return "cancelled"
    if "skipped" in reactions:
        return "skipped"
    if not reactions:
        return "no_offer"
    return "unanswered" if reactions[0] is None else "used"


def told(record: dict[str, Any]) -> Told:
    """What the reactions of a checkout that is used tell. Raises `Damaged` for a record no till writes."""
    offers, ladder = record["offers"], record["ladder"]
    rungs = [offer["rung"] for offer in offers]
    top, plan = len(ladder) - 1, record.get("plan")
    if len(rungs) > MOST_OFFERS or not all(type(rung) is int and 0 <= rung <= top for rung in rungs):
        raise Damaged("record-form", "it offers a rung that its ladder does not have")
    ends = (top, plan[-1]) if type(plan) is list and plan else (top,)
    heard = _heard(offers, ends)
    plan = _plan(plan, rungs[:heard], top)
    return Told(
        _packed([ladder[rung]["depth"] for rung in plan], [rung == top for rung in plan]),
        heard,
        _ending(
            offers[heard - 1]["reaction"],
            record["outcome"] == "lost" and (offers[-1]["reaction"] is not None or rungs[heard - 1] in ends),
        ),
    )


def _heard(offers: list, ends: tuple) -> int:
    """Reactions that count: up to the one that settles it, the refused last rung, or the offer nobody answered."""
    for at, offer in enumerate(offers):
        if offer["reaction"] is None:
            return at
        if offer["reaction"] != "asked_more" or offer["rung"] in ends:
            return (
                at + 1
            )  # the last stays on the table: taking it after all only says that the customer stayed
    return len(offers)


def _ending(last: str, gone: bool) -> int:
    if last == "accepted":
        return ACCEPTED
    return LEFT if last == "left" or gone else STAYED


def _plan(plan: Any, made: list[int], top: int) -> list[int]:
    """The rungs that would have been offered; in a record that does not tell, all above those that were.

    Raises `Damaged` where it is not ascending or does not begin with what was offered.
    """
    if type(plan) is not list or not plan:
        return [*made, *range(made[-1] + 1, top + 1)]
    known = len(plan) <= MOST_OFFERS and all(type(rung) is int and 0 <= rung <= top for rung in plan)
    if not known or plan[: len(made)] != made or plan != sorted(set(plan)):
        raise Damaged("record-form", "a plan is ascending and begins with the rungs that were offered")
    return plan


def _packed(depths: list[int], tops: list[bool]) -> bytes:
    if not all(type(depth) is int and 0 <= depth <= 10_000 for depth in depths):
        raise Damaged("record-form", "a depth is a whole number of basis points up to 10000")
    return array("H", [2 * depth + is_top for depth, is_top in zip(depths, tops, strict=True)]).tobytes()


def basket(record: dict[str, Any]) -> Basket:
    """Who, where and how much. Raises `Damaged` for a record no till writes."""
    token, gross = record["customer"], record["gross"]
    if token is not None and not (
        type(token) is str and 0 < len(token) <= 64 and token.isascii() and token.isprintable()
    ):
        raise Damaged("record-form", "a customer is a token of at most 64 characters, or null")
    if type(gross) is not int or not 0 <= gross <= LARGEST:
        raise Damaged("record-form", "gross is a whole number of minor units")
    lines, units = [(feature.value(name, record) or 0) // Q16 for name in ("lines", "units")]
    return Basket(token, cashier_name(record), gross, gross / 10 ** _exponent(record), lines, units)


def first_features(record: dict[str, Any]) -> tuple[float, ...]:
    """What tells cohorts apart, as the tills reckon it; 0 where the record does not tell."""
    return tuple([(feature.value(name, record) or 0) / Q16 for name in ("lines", "units", "log_gross")])


def cashier_name(record: dict[str, Any]) -> str:
    """Numbers of cashiers come again in every store, so the store is part of the name."""
    cashier = record.get("cashier")
    return f"{record.get('store', '')!s:.64}/{cashier!s:.64}" if cashier is not None else ""


def _exponent(record: dict[str, Any]) -> int:
    try:
        return money.exponent(record["currency"])
    except (Invalid, *FORMS):
        return 2  # a record that names no currency we know: most have two digits
