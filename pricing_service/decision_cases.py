"""What a decision's record leaves open: every way it may have been at the till, the likeliest first."""

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from pos_client.core.calendar import rfc3339
from pos_client.core.wording import LANGUAGES
from pricing_service.decision_inputs import Inputs

MOST_SINCE = 3  # own sales that may have come between a decision and its end


class Case(NamedTuple):
    """One way it may have been, where the record does not tell: how many own ``sales`` counted as visits, whether the
    snapshot had ``expired``, what the shop was told of a customer who ``refuses`` to be profiled (None: nobody
    refused), and the till's ``language``."""

    sales: int
    expired: bool
    refuses: tuple[tuple[str, str], ...] | None
    language: str

    def assumed(self, usual: "Case") -> tuple[str, ...]:
        told = {
            "sales": f"{self.sales} own sales counted",
            "expired": "the snapshot had expired",
            "refuses": " ".join(
                [
                    "the customer refuses to be profiled",
                    *(f"({name} {value})" for name, value in self.refuses or ()),
                ]
            ),
            "language": f"the till speaks {self.language}",
        }
        return tuple(told[name] for name in Case._fields if getattr(self, name) != getattr(usual, name))


def usual(record: dict[str, Any], inputs: Inputs) -> Case:
    """How it mostly was."""
    return Case(inputs.since, False, () if "redeemer" in record else None, "en")


def cases(record: dict[str, Any], inputs: Inputs) -> Iterator[Case]:
    """The usual one first, then every other that the record leaves open."""
    likely = usual(record, inputs)
    counts = any("visit" in rule.given for rule in inputs.shop.discounts)
    sales = range(likely.sales, max(-1, likely.sales - MOST_SINCE - 1), -1) if counts else (likely.sales,)
    expired = (False, True) if inputs.kept else (False,)
    unknown = record["customer"] is None and record["profile"] and likely.refuses is None
    refuses = [None, *_refusals(inputs, record)] if unknown else [likely.refuses]
    languages = [likely.language, *(name for name in LANGUAGES if name != likely.language)]
    for case in product(sales, expired, refuses, languages if record.get("notice") else languages[:1]):
        yield Case(*case)


def _refusals(inputs: Inputs, record: dict[str, Any]) -> Iterator[tuple[tuple[str, str], ...]]:
    """What the shop may have been told of somebody who refuses: a tier that a rule asks for, a birthday near by.

    The record leaves that out on purpose.
    """
    tiers = sorted({tier for rule in inputs.shop.discounts for tier in rule.given.get("tiers", ())})
    known = any("birthday" in rule.given for rule in inputs.shop.discounts) and "day" in record
    birthdays = [rfc3339(record["day"] * 86400)[5:10]] if known else []
    for tier, birthday in product([None, *tiers], [None, *birthdays]):
        told = (("tier", tier), ("birthday", birthday))
        yield tuple((name, value) for name, value in told if value is not None)
