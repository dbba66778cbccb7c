"""What a readout measures of each arm: two goals, what stands behind them, and guardrails with their bounds.

Every metric is a sum of numerators over a sum of denominators, both by unit (n,), so that one formula serves all.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.readout_units import Units

Parts = tuple[NDArray[np.float64], NDArray[np.float64]]


class Metric(NamedTuple):
    """One figure. better: 1 where more is better, -1 where less is. bound: of a guardrail, how far it may go the
    wrong way.

    measure: money in minor units, a share (0.01 is a point), seconds, or a plain number.
    """

    name: str
    says: str
    measure: Literal["money", "share", "seconds", "number"]
    better: int
    parts: Callable[[Units], Parts]
    bound: float | None = None


def _each(units: Units) -> NDArray[np.float64]:
    return np.ones(len(units.arm))


def _checkouts(units: Units) -> NDArray[np.float64]:
    return units.sums(np.ones(len(units.place)))


def _handling(units: Units) -> Parts:
    """Seconds of prompts, over checkouts whose prompts were timed and those that had none."""
    rows = units.rows
    known = (rows.handling_ms >= 0) | (rows.offers == 0)
    seconds = np.where(rows.offers > 0, np.maximum(rows.handling_ms, 0), 0) / 1000
    return units.sums(seconds * known), units.sums(known)


def _kept(units: Units) -> NDArray[np.float64]:
    return units.sums(units.rows.kept())


def _turnover(units: Units) -> NDArray[np.float64]:
    return units.sums(units.rows.paid())


MARGIN_PER_UNIT = Metric(
    "margin_per_unit",
    "margin per unit drawn, after returns",
    "money",
    1,
    lambda units: (_kept(units), _each(units)),
)
TURNOVER_PER_UNIT = Metric(
    "turnover_per_unit",
    "turnover per unit drawn, after returns",
    "money",
    1,
    lambda units: (_turnover(units), _each(units)),
)
MARGIN_PER_CHECKOUT = Metric(
    "margin_per_checkout",
    "margin per checkout, after returns",
    "money",
    1,
    lambda units: (_kept(units), _checkouts(units)),
)
GOALS = (
    MARGIN_PER_UNIT,
    MARGIN_PER_CHECKOUT,
    TURNOVER_PER_UNIT,
    Metric(
        "checkouts_per_unit",
        "checkouts per unit drawn",
        "number",
        1,
        lambda units: (_checkouts(units), _each(units)),
    ),
)
GUARDRAILS = (
    Metric(
        "conversion",
        "share of checkouts that were sold",
        "share",
        1,
        lambda units: (units.sums(units.rows.sold), _checkouts(units)),
        0.005,
    ),
    Metric(
        "discount",
        "discount on request and goodwill, as a share of the gross that was sold",
        "share",
        -1,
        lambda units: (units.sums(units.rows.discount), units.sums(units.rows.gross * units.rows.sold)),
        0.01,
    ),
    Metric("handling", "seconds of prompts per checkout", "seconds", -1, _handling, 3.0),
    Metric(
        "refusals",
        "refused offers per checkout",
        "number",
        -1,
        lambda units: (units.sums(units.rows.refusals), _checkouts(units)),
        0.1,
    ),
    Metric(
        "returns",
        "share of sold checkouts of which something was brought back",
        "share",
        -1,
        lambda units: (units.sums(units.rows.returned > 0), units.sums(units.rows.sold)),
        0.005,
    ),
    Metric(
        "opt_outs",
        "share of units that withdrew consent",
        "share",
        -1,
        lambda units: (np.minimum(units.sums(units.rows.opted_out), 1), _each(units)),
        0.002,
    ),
)
ALL = (*GOALS, *GUARDRAILS)
