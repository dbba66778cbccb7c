"""Segments in figures: customers, money over all their baskets, whether they change, and what tells them apart.

Whatever is counted is counted for whole checkouts, so the margins of all segments add up to the shop's. Every error is
of a ratio of sums with customers as the units (Cochran 1977, "Sampling Techniques", 6.3), for one customer's checkouts
are alike.
"""

import math
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.segment_rules import KINDS, SEGMENTS, WITHOUT_CARD, assign, sure_of

FEWEST = 30  # customers; of fewer no error can be stated
ONE = NormalDist().inv_cdf(0.975)
ALL = NormalDist().inv_cdf(1 - 0.025 / len(SEGMENTS))  # 95 % for all segments' trends together (Bonferroni)
MONEY = ("turnover", "margin", "discount", "returned")

Numbers = NDArray[Any]


class Checkouts(NamedTuple):
    """Checkouts of two periods of the same length, one array each, (N,), but for ``customers``: how many there are.

    customer: 0 to ``customers`` - 1, -1 without a card. now: whether in the period that is told of, else in the one
    before. gross, turnover (paid), margin, discount (on request and goodwill), returned: minor units. offered: whether
    anything was offered and answered; took_first: the first offer; refusals: offers refused; left: without buying.
    """

    customers: int
    customer: Numbers
    now: NDArray[np.bool_]
    gross: Numbers
    turnover: Numbers
    margin: Numbers
    discount: Numbers
    returned: Numbers
    offered: NDArray[np.bool_]
    took_first: NDArray[np.bool_]
    refusals: Numbers
    left: NDArray[np.bool_]


class Trend(NamedTuple):
    """Margin of the customers who came in both periods: now over before, less 1, and its 95 % interval.

    ``clear``: 1 up, -1 down, 0 where it may be chance, given that as many segments are looked at as there are.
    """

    customers: int
    change: float
    low: float
    high: float
    clear: int


class Figures(NamedTuple):
    """One segment, as a place in `SEGMENTS`. Money of this period, minor units; ``share`` of all customers with a card.

    sure: mean chance that the rule holds of its customers, None where no rule is weighed. margin_before: of the period
    before. reasons: what tells these customers from all others, the clearest first.
    """

    segment: int
    customers: int
    share: float
    sure: float | None
    visits: int
    turnover: int
    margin: int
    discount: int
    returned: int
    margin_before: int
    trend: Trend | None
    reasons: tuple[str, ...]


class Kind(NamedTuple):
    """How many of the customers with a card are of a kind, everybody counted by chance: share and 95 % interval."""

    name: str
    share: float
    low: float
    high: float


class Report(NamedTuple):
    """All segments, all of them together (``segment`` -1), and the likely mix of kinds."""

    segments: tuple[Figures, ...]
    whole: Figures
    kinds: tuple[Kind, ...]


def report(checkouts: Checkouts, chance: Numbers, holds_out: NDArray[np.bool_]) -> Report:
    """The figures. ``chance`` (customers, 5) as `segment_rules.chances` makes it; ``holds_out`` (customers,)."""
    placed = assign(chance, holds_out)
    of_visit = np.where(checkouts.customer >= 0, placed[checkouts.customer], WITHOUT_CARD)
    came = np.zeros(checkouts.customers, bool)
    came[checkouts.customer[checkouts.now & (checkouts.customer >= 0)]] = True
    units = _units(checkouts)
    found = []
    for place in range(len(SEGMENTS)):
        mine = of_visit == place
        who = came & (placed == place)
        sure = sure_of(chance[who], place).mean() if who.any() and SEGMENTS[place].kinds else None
        found.append(_figures(checkouts, units, place, mine, who, came, sure))
    everybody = np.ones(len(of_visit), bool)
    whole = _figures(checkouts, units, -1, everybody, came, came, None)
    return Report(tuple(found), whole, _kinds(chance[came]))


def ratio(above: Numbers, below: Numbers) -> tuple[float, float]:
    """Sum over sum, both by unit (N,), and its standard error; ``below`` must not add up to 0."""
    whole = float(below.sum())
    found = float(above.sum()) / whole
    spread = above - found * below
    count = len(spread)
    return found, float(np.sqrt(count / (count - 1) * (spread @ spread))) / abs(whole)


def _figures(
    checkouts: Checkouts,
    units: Numbers,
    place: int,
    mine: NDArray[np.bool_],
    who: NDArray[np.bool_],
    came: NDArray[np.bool_],
    sure: float | None,
) -> Figures:
    now = mine & checkouts.now
    money = {name: int(getattr(checkouts, name)[now].sum()) for name in MONEY}
    return Figures(
        place,
        int(who.sum()),
        float(who.sum() / max(came.sum(), 1)),
        None if sure is None else float(sure),
        int(now.sum()),
        **money,
        margin_before=int(checkouts.margin[mine & ~checkouts.now].sum()),
        trend=_trend(checkouts, mine & (checkouts.customer >= 0)),
        reasons=_reasons(checkouts, units, now, checkouts.now & ~mine),
    )


def _trend(checkouts: Checkouts, mine: NDArray[np.bool_]) -> Trend | None:
    """None of too few customers, or where nothing was earned.

    On the scale of the logarithm, where a ratio of skewed sums is least skewed itself.
    """
    customer = checkouts.customer[mine]
    margin, now = checkouts.margin[mine].astype(float), checkouts.now[mine]
    visits, earned = [], []
    for period in (now, ~now):
        visits.append(np.bincount(customer[period], minlength=checkouts.customers))
        earned.append(np.bincount(customer[period], margin[period], minlength=checkouts.customers))
    both = (visits[0] > 0) & (visits[1] > 0)
    count = int(both.sum())
    if count < FEWEST or min(each[both].sum() for each in earned) <= 0:
        return None
    found, error = ratio(earned[0][both], earned[1][both])
    log, half = math.log(found), error / found
    low, high = (math.expm1(log + side * student(ONE, count - 1) * half) for side in (-1, 1))
    clear = int(math.copysign(1, log)) if abs(log) > student(ALL, count - 1) * half else 0
    return Trend(count, found - 1, low, high, clear)


def student(z: float, freedom: int) -> float:
    """Student's quantile where the normal one is ``z`` (Abramowitz and Stegun 26.7.5; 1e-4 from 29 degrees on)."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _units(checkouts: Checkouts) -> Numbers:
    """Whose checkout each is, (N,); one without a card is its own."""
    anonymous = checkouts.customer < 0
    return np.where(anonymous, checkouts.customers + np.cumsum(anonymous) - 1, checkouts.customer)


def _kinds(chance: Numbers) -> tuple[Kind, ...]:
    """A customer is of a kind or not, so the number who are varies by chance * (1 - chance) each."""
    count = max(len(chance), 1)
    share = chance.sum(axis=0) / count
    half = ONE * np.sqrt((chance * (1 - chance)).sum(axis=0)) / count
    rows = zip(KINDS, share.tolist(), (share - half).tolist(), (share + half).tolist(), strict=True)
    return tuple(Kind(name, one, max(low, 0.0), min(high, 1.0)) for name, one, low, high in rows)


REASONS = (
    ("takes the first offer at {} of the visits (others {})", "took_first", "offered"),
    ("refuses {} offers a visit (others {})", "refusals", "offered"),
    ("leaves without buying at {} of the visits (others {})", "left", "offered"),
    ("is given a discount of {} of the basket (others {})", "discount", "gross"),
    ("takes back {} of what was paid (others {})", "returned", "turnover"),
)
CLEAR = 3.0  # standard errors between a segment and the others that make a reason
MOST_REASONS = 3


def _reasons(
    checkouts: Checkouts, units: Numbers, mine: NDArray[np.bool_], others: NDArray[np.bool_]
) -> tuple[str, ...]:
    found = []
    for says, above, below in REASONS:
        rates = [_rate(checkouts, units, rows, above, below) for rows in (mine, others)]
        (ours, error), (theirs, other_error) = rates
        apart = abs(ours - theirs) / max(np.hypot(error, other_error), 1e-12)
        if apart > CLEAR:
            said = (f"{one:.1f}" if above == "refusals" else f"{100 * one:.0f} %" for one in (ours, theirs))
            found.append((apart, says.format(*said)))
    return tuple([says for _, says in sorted(found, reverse=True)[:MOST_REASONS]])


def _rate(
    checkouts: Checkouts, units: Numbers, rows: NDArray[np.bool_], above: str, below: str
) -> tuple[float, float]:
    """One rate over these checkouts; without enough units to know its error, one that nothing is far from."""
    _, unit = np.unique(units[rows], return_inverse=True)
    sums = [np.bincount(unit, getattr(checkouts, name)[rows].astype(float)) for name in (above, below)]
    known = sums[1] > 0
    if known.sum() < FEWEST:
        return 0.0, np.inf
    return ratio(sums[0][known], sums[1][known])
