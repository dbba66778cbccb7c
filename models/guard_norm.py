"""What other cashiers or tills do: the middle one of them, so that a few who do otherwise move nothing."""

from collections.abc import Sequence
from typing import NamedTuple

from models.guard_patterns import EVENTS, PATTERNS, STEPS, Pattern, log_odds
from models.guard_watch import CELLS, Watch

SOON, FRESH, RARELY = 5, 25, 100  # records of a source, after which it is looked anew what others do
FULL = 200  # reactions in a cell after which one source weighs as much as any
PRIOR = 20  # reactions, or trials, that count as if a source did what is usual
WIDEST = 3 * STEPS  # levels by which others can set the beliefs right; farther off, nobody is judged by them
ENOUGH = 30  # reactions of others without which nobody is judged
ALIKE = [
    [at for at, other in enumerate(PATTERNS) if other.name == pattern.name] for pattern in PATTERNS
]  # of each pattern, itself and those for other shares of the records


class Norm(NamedTuple):
    """What the others do: by how many levels the beliefs are off in each cell (None: too many to judge anybody by
    them), and how often each event happens (None: too little is known of others). ``judged``: reactions of others are
    known well enough. ``scores``: evidence for each of `PATTERNS`, or one like it, against the middle one of them:
    what comes over all at once is nobody's."""

    levels: tuple[int | None, ...]
    rates: tuple[float | None, ...]
    judged: bool
    scores: tuple[int, ...]


def norm(others: Sequence[Watch]) -> Norm:
    """What ``others`` do."""
    heard = sum(min(cell[0], FULL) for other in others for cell in other.cells)
    levels = tuple(_middle_level([other.cells[cell] for other in others]) for cell in range(CELLS))
    rates = tuple(_middle_rate([other.rates[at] for other in others], each) for at, each in enumerate(EVENTS))
    middle = [_middle([max(other.tallies[at].score, 0) for other in others]) for at in range(len(PATTERNS))]
    scores = tuple(max(middle[at] for at in alike) for alike in ALIKE)
    return Norm(levels, rates, heard >= ENOUGH, scores)


def due(watch: Watch, norm: Norm, compared: int) -> bool:
    """Whether to look anew what others do, who were looked at when there were ``compared`` records."""
    soonest = FRESH if norm.judged else SOON
    return watch.records >= compared + min(max(soonest, compared // 4), RARELY)


def _middle_level(cells: list[list[int]]) -> int | None:
    """The weighted median of how far sources are from the beliefs, in levels; the beliefs count as one source more. Of
    two in the middle it is the one nearer to the beliefs."""
    found = [(0, FULL)]
    for (reactions, accepted, expected), weight in zip(cells, _weights(cells, 0), strict=True):
        if reactions:
            mean = expected / 65536 / reactions
            seen = (accepted + PRIOR * mean) / (reactions + PRIOR)
            found.append((round(STEPS * (log_odds(seen) - log_odds(mean))), weight))
    level = min(_median(found), key=abs)
    return level if abs(level) <= WIDEST else None


def _middle_rate(rates: list[list[int]], pattern: Pattern) -> float | None:
    """The median of how often it happens to a source, of two in the middle the larger; None where too little is known.
    A source with few trials is moved towards the median of what was counted: towards any fixed rate, all of them would
    be off alike."""
    known = [(*rate, weight) for rate, weight in zip(rates, _weights(rates, 1), strict=True) if weight]
    if sum(weight for _, _, weight in known) < ENOUGH:
        return None
    counted = max(_median([(1000 * hits // trials, weight) for hits, trials, weight in known]))
    usual = max(counted / 1000, pattern.base / 2)
    moved = [
        (round(1000 * (hits + PRIOR * usual) / (trials + PRIOR)), weight) for hits, trials, weight in known
    ]
    return max(_median(moved)) / 1000


def _weights(counts: list[list[int]], size: int) -> list[int]:
    """By how much is known of each source, ``FULL`` at most, and nobody more than the middle one: who lets every
    customer refuse has more refusals than all the others together, before anybody has noticed."""
    sizes = [count[size] for count in counts]
    most = min(_middle([size for size in sizes if size]), FULL)
    return [min(size, most) for size in sizes]


def _median(weighted: list[tuple[int, int]]) -> tuple[int, int]:
    """Of (value, weight), at least one: the two in the middle, most often the same."""
    ordered = sorted(weighted)
    half, below = sum(weight for _, weight in ordered), 0
    for (value, weight), (after, _) in zip(ordered, [*ordered[1:], ordered[-1]], strict=True):
        below += 2 * weight
        if below >= half:
            return value, after if below == half else value
    return 0, 0


def _middle(values: list[int]) -> int:
    """The middle one, of two the lower; 0 of none."""
    return sorted(values)[(len(values) - 1) // 2] if values else 0
