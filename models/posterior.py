"""The float reference: exact posteriors of one customer on a fine grid of requirements, by Bayes' rule.

It shares no code and no table with the till's integer belief, so that each can prove the other wrong: the normal
distribution is evaluated at the depth itself, without bins, and the escalation shift is not rounded.

    state = init(release)
    state, info = step(state, checkout, days=30)

A checkout is a checkout record as a till journals it; only ``ladder``, ``offers``, ``outcome`` and ``training`` are
read, and its basket where the release has cohorts or covariates. Depths are basis points of gross.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from models import basket_features
from models.release import Release, centres, normal_cdf

WIDTH = 6.5  # half width of the grid in tau: beyond it lies less than 1e-10 of the customers


class State(NamedTuple):
    """A belief: the mass of each type, sensitive customers by requirement; all of it adds up to 1.

    ``cohort`` is the one whose population it drifts back to, None where there are none or nobody knows which.
    """

    release: Release
    indifferent: float
    hunter: float
    sensitive: tuple[float, ...]
    cohort: int | None = None


class Info(NamedTuple):
    """What a visit was like: reactions heard (0: it taught nothing) and its log probability before it happened."""

    reactions: int
    evidence: float


class Offer(NamedTuple):
    """``log_depth``: what it amounts to, lowered by delta after the first, and by what the basket raises.

    ``top``: it is the largest rung of its ladder. ``last``: nothing more comes after it.
    """

    log_depth: float
    top: bool
    last: bool


class Visit(NamedTuple):
    """The reactions of one checkout, refused offers in the order they were made."""

    refused: tuple[Offer, ...]
    accepted: Offer | None
    left: bool


def init(release: Release, points: int = 4096, cohort: int | None = None) -> State:
    """The belief about a customer nobody has met, of a cohort or of who knows which."""
    density = _density(release, points, cohort)
    scale = release.shares[2] / math.fsum(density)
    sensitive = tuple([scale * value for value in density])
    return State(release, release.shares[0], release.shares[1], sensitive, cohort)


def step(state: State, checkout: dict, days: float = 0) -> tuple[State, Info]:
    """The belief after ``days`` without a visit and then this one."""
    state = drifted(state, days)
    visit = read(state.release, checkout)
    if not _reactions(visit):
        return state, Info(0, 0.0)
    joint = _joint(state, visit)
    chance = _total(joint)
    posterior = State(
        state.release,
        joint.indifferent / chance,
        joint.hunter / chance,
        tuple([mass / chance for mass in joint.sensitive]),
        state.cohort,
    )
    return posterior, Info(_reactions(visit), math.log(chance))


def drifted(state: State, days: float) -> State:
    """The belief ``days`` later: after every half-life, half of it is the population's again."""
    if days <= 0:
        return state
    kept = 0.5 ** (days / state.release.half_life)
    fresh = init(state.release, len(state.sensitive), state.cohort)
    pairs = zip(state.sensitive, fresh.sensitive, strict=True)
    return State(
        state.release,
        kept * state.indifferent + (1 - kept) * fresh.indifferent,
        kept * state.hunter + (1 - kept) * fresh.hunter,
        tuple([kept * old + (1 - kept) * new for old, new in pairs]),
        state.cohort,
    )


def shares(state: State) -> tuple[float, float, float]:
    """Chance of being indifferent, hunter, sensitive."""
    return state.indifferent, state.hunter, math.fsum(state.sensitive)


def requirement(state: State) -> tuple[float, float]:
    """Mean and standard deviation of theta, the log depth usually needed, of the customer if sensitive."""
    places, whole = _grid(state.release, len(state.sensitive)), math.fsum(state.sensitive)
    pairs = list(zip(places, state.sensitive, strict=True))
    mean = math.fsum([theta * mass for theta, mass in pairs]) / whole
    return mean, math.sqrt(math.fsum([(theta - mean) ** 2 * mass for theta, mass in pairs]) / whole)


def acceptance(
    state: State, depth: int, is_top: bool, refused: Sequence[tuple[int, bool]] = (), raised: float = 0.0
) -> float:
    """Chance that the customer accepts this depth now, having refused and stayed: ``refused`` is (depth, is_top)s.

    ``raised``: by how much (log depth) the basket raises what is needed, see `basket_features.raised`.
    """
    before = tuple(
        [Offer(_counted(state.release, d, at > 0, raised), top, top) for at, (d, top) in enumerate(refused)]
    )
    here = Offer(_counted(state.release, depth, bool(before), raised), is_top, is_top)
    so_far = _total(_joint(state, Visit(before, None, False)))
    return _total(_joint(state, Visit(before, here, False))) / so_far


def replay(release: Release, records: Iterable[dict], points: int = 512) -> dict[str, State]:
    """The posterior of every known customer from the log of checkout records, one after the other.

    Days between visits come from the tills' clocks; a visit without a clock, or with one that went back, counts as
    the same day as the one before it. The first visit that teaches anything decides the cohort.
    """
    seen: dict[str, tuple[State, int | None]] = {}
    for record in records:
        token = record["customer"]
        if token is None or record["training"]:
            continue
        state, last = seen.get(token) or (init(release, points), None)
        day = _day(record["clock"], last)
        if release.cohorts and state.cohort is None and _reactions(read(release, record)):
            state = init(release, points, basket_features.cohort(release, record))
        state, _ = step(state, record, days=0 if last is None or day is None else day - last)
        seen[token] = (state, day)
    return {token: state for token, (state, _) in seen.items()}


def read(release: Release, checkout: dict) -> Visit:
    """What a checkout record says: nothing if it was skipped, cancelled, for training or without a reaction."""
    reactions = [offer["reaction"] for offer in checkout["offers"]]
    if checkout["training"] or checkout["outcome"] == "cancelled" or "skipped" in reactions:
        return Visit((), None, False)
    top, raised = len(checkout["ladder"]) - 1, basket_features.raised(release, checkout)
    end = (checkout.get("plan") or [top])[-1]
    refused: list[Offer] = []
    for at, offer in enumerate(checkout["offers"]):
        rung = offer["rung"]
        log_depth = _counted(release, checkout["ladder"][rung]["depth"], at > 0, raised)
        here = Offer(log_depth, rung == top, rung in (top, end))
        if offer["reaction"] == "accepted":
            return Visit(tuple(refused), here, False)
        if offer["reaction"] is not None:
            refused.append(here)
        if offer["reaction"] == "left":
            return Visit(tuple(refused), None, True)
        if here.last:
            break  # it stays on the table; taking it after all says no more than that the customer stayed
    unanswered = bool(reactions) and reactions[-1] is None and not (refused and refused[-1].last)
    return Visit(tuple(refused), None, checkout["outcome"] == "lost" and not unanswered)


def _counted(release: Release, depth: int, later: bool, raised: float) -> float:
    """Log depth as the customer judges it: deeper offers are wanted once there is seen to be more."""
    return math.log(depth / 10000) - (release.delta if later else 0) - raised if depth > 0 else -math.inf


def _reactions(visit: Visit) -> int:
    return len(visit.refused) + (visit.accepted is not None)


def _joint(state: State, visit: Visit) -> State:
    """The masses times the chance of the visit: `_total` of it is the evidence."""
    release, points = state.release, len(state.sensitive)
    needed_more = max((offer.log_depth for offer in visit.refused), default=-math.inf)
    low = _curve(release, points, needed_more)
    high = _curve(release, points, visit.accepted.log_depth) if visit.accepted else (1.0,) * points
    top_refused = any(offer.top for offer in visit.refused)
    top_taken = visit.accepted is None or visit.accepted.top
    slip = release.eps / 2 ** _reactions(visit)

    def chance(kind: int, below: float, within: float) -> float:
        return ((1 - release.eps) * max(within - below, 0.0) + slip) * _hazard(release, visit, kind)

    return State(
        release,
        state.indifferent * chance(0, float(bool(visit.refused)), 1.0),
        state.hunter * chance(1, float(top_refused), float(top_taken)),
        tuple([mass * chance(2, f, g) for mass, f, g in zip(state.sensitive, low, high, strict=True)]),
        state.cohort,
    )


def _hazard(release: Release, visit: Visit, kind: int) -> float:
    """Chance to stay after every refusal but, where the customer left, the latest."""
    chance = 1.0
    for at, offer in enumerate(visit.refused):
        away = (release.leave_end if offer.last else release.leave)[kind]
        chance *= away if visit.left and at == len(visit.refused) - 1 else 1 - away
    return chance


def _total(state: State) -> float:
    return state.indifferent + state.hunter + math.fsum(state.sensitive)


@lru_cache(maxsize=256)  # a shop's depths come again and again
def _curve(release: Release, points: int, log_depth: float) -> tuple[float, ...]:
    return tuple([normal_cdf((log_depth - theta) / release.sigma) for theta in _grid(release, points)])


@lru_cache(maxsize=32)
def _density(release: Release, points: int, cohort: int | None) -> tuple[float, ...]:
    """Of sensitive customers on the grid; its scale means nothing."""
    known, tau = centres(release, cohort), release.tau

    def at(theta: float) -> float:
        return math.fsum([part * math.exp(-(((theta - mean) / tau) ** 2) / 2) for part, mean in known])

    return tuple([at(theta) for theta in _grid(release, points)])


@lru_cache(maxsize=8)
def _grid(release: Release, points: int) -> tuple[float, ...]:
    means = [mean for _, mean in centres(release)]
    low, high = min(means) - WIDTH * release.tau, max(means) + WIDTH * release.tau
    step = (high - low) / (points - 1)
    return tuple([low + step * point for point in range(points)])


def _day(clock: str | None, last: int | None) -> int | None:
    day = date.fromisoformat(clock[:10]).toordinal() if clock else last
    return last if day is None or (last is not None and day < last) else day
