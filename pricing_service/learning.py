"""What one record teaches, as pure functions: the transaction that takes it and the replay of the log share them."""

from typing import Any, NamedTuple

from pos_client.core import belief
from pos_client.core.belief import Model
from pos_client.core.shop import is_sale


class Held(NamedTuple):
    """What is held of one customer: weights (sum 2^30) as of ``day``, and visits that ended in a sale.

    The first visit that taught anything decided the ``cohort``; None before it, and where the release has none.
    """

    weights: list[int]
    day: int
    visits: int
    cohort: int | None = None


def fold(model: Model, held: Held | None, record: dict[str, Any], day: int) -> Held:
    """What is held after one record of this customer; ``held`` is None for one nobody has met."""
    weights, since, visits, cohort = held or Held(belief.initial(model, belief.PRECISE), day, 0)
    visits += is_sale(record)
    offers = belief.offers_of(record)
    if tells(offers, record["outcome"]):
        if cohort is None and model.cohorts:
            cohort, weights = _placed(model, weights, record)
        weights = belief.drift(model, weights, day - since, cohort)
        weights = belief.update(model, weights, offers, record["outcome"], belief.offset(model, record))
        since = max(since, day)  # a late record of an earlier day does not make the belief older
    return Held(weights, since, visits, cohort)


def _placed(model: Model, weights: list[int], record: dict[str, Any]) -> tuple[int | None, list[int]]:
    """The cohort that this visit decides, and the belief: that cohort's, unless something was learnt without it.

    A record that does not tell its basket leaves the cohort open for the next.
    """
    cohort = belief.cohort_of(model, record)
    untaught = weights == belief.initial(model, belief.PRECISE)
    return cohort, belief.initial(model, belief.PRECISE, cohort) if untaught else weights


def tells(offers: list, outcome: str) -> bool:
    """Whether the visit says anything: it was not cancelled, skipped, and the first offer was answered."""
    reactions = [offer[-1] for offer in offers]
    return (
        outcome != "cancelled" and bool(reactions) and reactions[0] is not None and "skipped" not in reactions
    )


def teaches(record: dict[str, Any]) -> bool:
    """Whether a record belongs to a customer's history at all: anonymous and refused ones carry no token."""
    return record["kind"] == "checkout" and record["customer"] is not None
