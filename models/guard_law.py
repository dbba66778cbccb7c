"""Whether what one cashier or till records looks like what the others record: evidence, kept in a few whole numbers.

    watch, others = guard_watch.begin(), guard_norm.norm([other, another])
    step(watch, others, sight, position)    # one record after another, in the order of the log
    found = alarm(watch, others)            # None, or which pattern, and from where on

Each pattern is a sequential test (CUSUM) of "a share of these records does not come from customers" against "an honest
cashier". The honest side is the worst of a whole band: what the beliefs expect, set right by what the others see, moved
by up to `guard_patterns.BAND` in log odds towards the pattern, and slips besides. So for everybody inside the band
the chance of an alarm in a `YEAR` of records is at most `FALSE_ALARMS`, whatever customers and release: docs/trust.md.

A pattern may begin with every `BLOCK`-th record of a source. Each beginning has its part of that chance: a source's
first record `FROM_FIRST` of it, the others of the year the rest in equal parts.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from models.guard_norm import Norm
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
    Found,
    evidence,
)
from models.guard_watch import BANDS, Tally, Watch, add_to

YEAR = 20_000  # records of one source
BLOCK = 25  # records between two beginnings: more would find nothing sooner, and each has to be paid for
FALSE_ALARMS = 0.01  # of an honest source in a year, at most
FROM_FIRST = 0.2  # of that, for what begins with a source's first record
ALARM = math.ceil(-UNIT * math.log(FALSE_ALARMS))
PARTS = (
    (1 - FROM_FIRST) / (YEAR // BLOCK),
    FROM_FIRST,
)  # of false alarms: one beginning in the year, the first
NEEDED = [
    [math.ceil(-UNIT * math.log(pattern.part * part)) for part in PARTS] for pattern in PATTERNS
]  # evidence that each pattern needs besides `ALARM`
MOST = 3 * UNIT // 2  # evidence that one visit may add


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


class Alarm(NamedTuple):
    """``pattern``: its name. ``start``: position of its first record, about. ``bound``: an honest source raises such
    an alarm in a year with this chance at most. ``hits`` of ``trials`` fit; ``expected`` would, if it is honest."""

    pattern: str
    start: int
    bound: float
    trials: int
    hits: int
    expected: float


def step(watch: Watch, norm: Norm, sight: Sight, position: int) -> None:
    """Take the record at ``position`` of the log into account."""
    if watch.records % BLOCK == 0 or not watch.tallies[0].start:
        _begin(watch, position)
    watch.records += 1
    if sight.heard:
        _react(watch, norm, sight.heard)
    for at, (hits, trials) in enumerate(sight.events):
        if trials:
            rate = norm.rates[at]
            if rate is not None:
                hit, miss = evidence(rate, EVENTS[at])
                gain = hits * hit + (trials - hits) * miss
                watch.tallies[len(REACTIONS) + at].add(gain, hits, trials, round(trials * rate * 65536))
            add_to(watch.rates[at], 1, hits, trials)


def alarm(watch: Watch, norm: Norm) -> Alarm | None:
    """The strongest pattern, if it is beyond doubt and this source's alone: far beyond what the middle one has."""
    own = [
        tally.score - 2 * score - needed[tally.from_first]
        for tally, score, needed in zip(watch.tallies, norm.scores, NEEDED, strict=True)
    ]
    most = max(own)
    if most < ALARM:
        return None
    at = own.index(most)
    tally, bound = watch.tallies[at], math.exp(-most / UNIT)
    return Alarm(PATTERNS[at].name, tally.start, bound, tally.trials, tally.hits, tally.expected / 65536)


def _begin(watch: Watch, position: int) -> None:
    """A pattern that would be nearer to an alarm if it began here begins here."""
    for at, (tally, needed) in enumerate(zip(watch.tallies, NEEDED, strict=True)):
        if tally.score - needed[tally.from_first] < -needed[0]:
            watch.tallies[at] = Tally(start=position)
        elif not tally.start:
            tally.start = position


def _react(watch: Watch, norm: Norm, heard: Sequence[Heard]) -> None:
    """One visit."""
    seen = []
    for number, (chance, accepted, ends) in enumerate(heard):
        raw = LEVELS[chance >> 8]
        cell = (BANDS if number else 0) + (0 if raw < -STEPS else 1 if raw <= STEPS else 2)
        moved = norm.levels[cell]
        if moved is not None:
            level = min(max(raw + moved, -DEEPEST), DEEPEST) + DEEPEST
            seen.append(((LATER if number else FIRST) + ends, level, accepted))
        add_to(watch.cells[cell], 0, 1, int(accepted), chance)
    if norm.judged and seen:
        for tally, found in zip(watch.tallies, _visit(tuple(seen)), strict=False):
            tally.add(*found)


@lru_cache(maxsize=1 << 14)
def _visit(seen: tuple[tuple[int, int, bool], ...]) -> tuple[Found, ...]:
    """What the reactions of a visit, (place, level, whether it accepts), say of each of `REACTIONS`. The evidence is
    bounded: one customer who has changed surprises with every offer of a long climb."""
    every = [REACTED[place][level][accepted] for place, level, accepted in seen]
    summed = [[sum(part) for part in zip(*of_one, strict=True)] for of_one in zip(*every, strict=True)]
    return tuple([(min(gain, MOST), hits, trials, expected) for gain, hits, trials, expected in summed])
