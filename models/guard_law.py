"""Whether what one cashier or till records looks like what the others record: evidence, kept in a few whole numbers.

    watch = begin()
    step(watch, norm([other, another]), sight, position)    # one record after another, in the order of the log
    found = alarm(watch, norm([other, another]))            # None, or which pattern, and from where on

Each pattern is a sequential test (CUSUM) of "a share of these records does not come from customers" against "an honest
cashier". The honest side is the worst of a whole band: what the beliefs expect, set right by what the others see, moved
by up to `guard_patterns.BAND` in log odds towards the pattern, and slips besides. So for everybody inside the band
the chance of an alarm in a `YEAR` of records is at most `FALSE_ALARMS`, whatever customers and release: docs/trust.md.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from models.guard_patterns import (
    DEEPEST,
    EVENTS,
    FIRST,
    LATER,
    LEVELS,
    PATTERNS,
    REACTED,
    REACTIONS,
    STEPS,
    UNIT,
    Pattern,
    evidence,
    log_odds,
)

YEAR = 50_000  # reactions to offers, or records, of one cashier: some 20,000 checkouts
FALSE_ALARMS = 0.01  # of an honest source in a year, at most
ALARM = math.ceil(UNIT * math.log(YEAR * len(PATTERNS) / FALSE_ALARMS))
MOST = UNIT  # evidence that one visit may add
FULL = 200  # reactions in a cell after which one source weighs as much as any
PRIOR = 20  # reactions in a cell that count as if the beliefs were right
LATELY = 400  # reactions or trials after which the older ones count half
WIDEST = 2 * STEPS  # levels by which the others can set the beliefs right
ENOUGH = 30  # reactions of others without which nobody is judged
BANDS = 3  # of chances: small, middle, large
CELLS = 2 * BANDS  # first and later offers, by the chance that was expected


class Heard(NamedTuple):
    """One offer that was answered. ``chance``: that it is accepted, Q16, as the customer's belief has it just before;
    ``ends``: nothing more comes after it."""

    chance: int
    accepted: bool
    ends: bool


class Sight(NamedTuple):
    """What one record shows: offers that were answered, in order, and (hits, trials) of each of `EVENTS`."""

    heard: Sequence[Heard]
    events: Sequence[tuple[int, int]]


class Tally:
    """One pattern since its evidence last was nothing: ``score``, ``start`` (position of the record after that), and
    what a sentence needs: ``trials``, ``hits`` of these, ``expected`` hits (Q16) of an honest source."""

    __slots__ = ("expected", "hits", "score", "start", "trials")

    def __init__(self, score: int = 0, start: int = 0, trials: int = 0, hits: int = 0, expected: int = 0):
        self.score, self.start = score, start
        self.trials, self.hits, self.expected = trials, hits, expected

    def numbers(self) -> list[int]:
        return [self.score, self.start, self.trials, self.hits, self.expected]


class Watch:
    """What is kept of one source. ``cells``: [reactions, accepted, expected (Q16)] by cell; ``rates``: [hits, trials]
    by event; ``records`` in all."""

    __slots__ = ("cells", "rates", "records", "tallies")

    def __init__(
        self, tallies: list[Tally], cells: list[list[int]], rates: list[list[int]], records: int
    ) -> None:
        self.tallies, self.cells, self.rates, self.records = tallies, cells, rates, records


class Norm(NamedTuple):
    """What the others do: by how many levels the beliefs are off in each cell, and how often each event happens (None:
    too little is known of others). ``judged``: reactions of others are known well enough. ``scores``: evidence for each
    of `PATTERNS` against the middle one of them: what comes over all at once is nobody's."""

    levels: tuple[int, ...]
    rates: tuple[float | None, ...]
    judged: bool
    scores: tuple[int, ...]


class Alarm(NamedTuple):
    """``pattern``: its name. ``start``: position of its first record, about. ``bound``: an honest source raises such
    an alarm in a year with this chance at most. ``hits`` of ``trials`` fit; ``expected`` would, if it is honest."""

    pattern: str
    start: int
    bound: float
    trials: int
    hits: int
    expected: float


def begin() -> Watch:
    """A source nobody has seen."""
    tallies = [Tally() for _ in PATTERNS]
    return Watch(tallies, [[0, 0, 0] for _ in range(CELLS)], [[0, 0] for _ in EVENTS], 0)


def numbers(watch: Watch) -> list[Any]:
    """To be stored; `read` takes it."""
    return [watch.records, watch.cells, watch.rates, [tally.numbers() for tally in watch.tallies]]


def read(stored: Any) -> Watch:
    """What `numbers` gave."""
    records, cells, rates, tallies = stored
    return Watch([Tally(*tally) for tally in tallies], cells, rates, records)


def norm(others: Sequence[Watch]) -> Norm:
    """What ``others`` do, the middle one of them, so that a few who do otherwise move nothing."""
    heard = sum(min(cell[0], FULL) for other in others for cell in other.cells)
    levels = tuple(_middle_level([other.cells[cell] for other in others]) for cell in range(CELLS))
    rates = tuple(_middle_rate([other.rates[at] for other in others], each) for at, each in enumerate(EVENTS))
    scores = tuple(_middle([other.tallies[at].score for other in others]) for at in range(len(PATTERNS)))
    return Norm(levels, rates, heard >= ENOUGH, scores)


def step(watch: Watch, norm: Norm, sight: Sight, position: int) -> None:
    """Take the record at ``position`` of the log into account."""
    watch.records += 1
    if sight.heard:
        _react(watch, norm, sight.heard, position)
    for at, (hits, trials) in enumerate(sight.events):
        if trials:
            tally, rate = watch.tallies[len(REACTIONS) + at], norm.rates[at]
            if rate is not None and (hits or tally.score):
                _happen(tally, EVENTS[at], rate, hits, trials, position)
            _count(watch.rates[at], (hits, trials), 1)


def alarm(watch: Watch, norm: Norm) -> Alarm | None:
    """The strongest pattern, if it is beyond doubt and this source's alone: far beyond what the middle one has."""
    own = [tally.score - 2 * score for tally, score in zip(watch.tallies, norm.scores, strict=True)]
    most = max(own)
    if most < ALARM:
        return None
    at = own.index(most)
    tally, bound = watch.tallies[at], min(1.0, YEAR * len(PATTERNS) * math.exp(-most / UNIT))
    return Alarm(PATTERNS[at].name, tally.start, bound, tally.trials, tally.hits, tally.expected / 65536)


def forget(watch: Watch) -> None:
    """Drop all evidence; what is known of the source's usual reactions stays."""
    watch.tallies = [Tally() for _ in PATTERNS]


def _react(watch: Watch, norm: Norm, heard: Sequence[Heard], position: int) -> None:
    """One visit. Its evidence is bounded: one customer who has changed surprises with every offer of a long climb."""
    found = [[0, 0, 0, 0] for _ in REACTIONS]
    for number, (chance, accepted, ends) in enumerate(heard):
        raw = LEVELS[chance >> 8]
        cell = (BANDS if number else 0) + (0 if raw < -STEPS else 1 if raw <= STEPS else 2)
        if norm.judged:
            level = min(max(raw + norm.levels[cell], -DEEPEST), DEEPEST) + DEEPEST
            place = (LATER if number else FIRST) + ends
            for whole, (gain, hits, trials, expected) in zip(
                found, REACTED[place][level][accepted], strict=True
            ):
                whole[0] += gain
                whole[1] += hits
                whole[2] += trials
                whole[3] += expected
        _count(watch.cells[cell], (1, int(accepted), chance), 0)
    for tally, (gain, hits, trials, expected) in zip(watch.tallies, found, strict=False):
        if gain > 0 or tally.score:
            _add(tally, min(gain, MOST), hits, trials, expected, position)


def _happen(tally: Tally, pattern: Pattern, rate: float, hits: int, trials: int, position: int) -> None:
    """An event ``hits`` times in ``trials``, where honest sources have it at ``rate``."""
    hit, miss = evidence(rate, pattern)
    gain = hits * hit + (trials - hits) * miss
    _add(tally, gain, hits, trials, round(trials * rate * 65536), position)


def _add(tally: Tally, gain: int, hits: int, trials: int, expected: int, position: int) -> None:
    score = tally.score + gain
    if score <= 0:
        if tally.score:
            tally.score = tally.trials = tally.hits = tally.expected = 0
        return
    if not tally.score:
        tally.start = position
    tally.score = score
    tally.trials += trials
    tally.hits += hits
    tally.expected += expected


def _count(kept: list[int], more: tuple[int, ...], size: int) -> None:
    """Add to counts; the ``size``-th of them says when the older ones count half."""
    for at, one in enumerate(more):
        kept[at] += one
    if kept[size] > LATELY:
        kept[:] = [one >> 1 for one in kept]


def _middle_level(cells: list[list[int]]) -> int:
    """The weighted median of how far sources are from the beliefs, in levels; the beliefs count as one source more."""
    found = [(0, FULL)]
    for reactions, accepted, expected in cells:
        if reactions:
            mean = expected / 65536 / reactions
            seen = (accepted + PRIOR * mean) / (reactions + PRIOR)
            found.append((round(STEPS * (log_odds(seen) - log_odds(mean))), min(reactions, FULL)))
    return min(max(_median(found), -WIDEST), WIDEST)


def _middle_rate(rates: list[list[int]], pattern: Pattern) -> float | None:
    """The median of how often it happens to a source; None where too little is known."""
    known = [(hits, trials) for hits, trials in rates if trials]
    if sum(trials for _, trials in known) < ENOUGH:
        return None
    found = [
        (
            round(1000 * (hits + PRIOR * pattern.base / 2) / (trials + PRIOR)),
            min(trials, FULL),
        )
        for hits, trials in known
    ]
    return _median(found) / 1000


def _median(weighted: list[tuple[int, int]]) -> int:
    """Of (value, weight); of two in the middle the one nearer to 0."""
    ordered = sorted(weighted)
    half, below = sum(weight for _, weight in ordered), 0
    for at, (value, weight) in enumerate(ordered):
        below += 2 * weight
        if below == half and at + 1 < len(ordered):
            return min(value, ordered[at + 1][0], key=abs)
        if below >= half:
            return value
    return 0


def _middle(values: list[int]) -> int:
    """The middle one, of two the lower; 0 of none."""
    return sorted(values)[(len(values) - 1) // 2] if values else 0
