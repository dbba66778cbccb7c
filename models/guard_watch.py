"""What the guard keeps of one cashier or till: whole numbers, to be stored."""

from typing import Any

from models.guard_patterns import EVENTS, PATTERNS

LATELY = 400  # reactions or trials after which the older ones count half
BANDS = 3  # of chances: small, middle, large
CELLS = 2 * BANDS  # first and later offers, by the chance that was expected


class Tally:
    """One pattern since it may have begun: ``score``; ``start``, a position, 0 before any; what a sentence needs:
    ``trials``, ``hits`` of these, ``expected`` hits (Q16) of an honest source; ``from_first``: 1 where it may have
    begun with the source's first record."""

    __slots__ = ("expected", "from_first", "hits", "score", "start", "trials")

    def __init__(
        self,
        score: int = 0,
        start: int = 0,
        trials: int = 0,
        hits: int = 0,
        expected: int = 0,
        from_first: int = 0,
    ) -> None:
        self.score, self.start, self.from_first = score, start, from_first
        self.trials, self.hits, self.expected = trials, hits, expected

    def numbers(self) -> list[int]:
        return [self.score, self.start, self.trials, self.hits, self.expected, self.from_first]

    def add(self, gain: int, hits: int, trials: int, expected: int) -> None:
        self.score += gain
        self.hits += hits
        self.trials += trials
        self.expected += expected


class Watch:
    """What is kept of one source. ``cells``: [reactions, accepted, expected (Q16)] by cell; ``rates``: [hits, trials]
    by event; ``records`` in all."""

    __slots__ = ("cells", "rates", "records", "tallies")

    def __init__(
        self, tallies: list[Tally], cells: list[list[int]], rates: list[list[int]], records: int
    ) -> None:
        self.tallies, self.cells, self.rates, self.records = tallies, cells, rates, records


def begin() -> Watch:
    """A source nobody has seen."""
    tallies = [Tally(from_first=1) for _ in PATTERNS]
    return Watch(tallies, [[0, 0, 0] for _ in range(CELLS)], [[0, 0] for _ in EVENTS], 0)


def numbers(watch: Watch) -> list[Any]:
    """To be stored; `read` takes it."""
    return [watch.records, watch.cells, watch.rates, [tally.numbers() for tally in watch.tallies]]


def read(stored: Any) -> Watch:
    """What `numbers` gave."""
    records, cells, rates, tallies = stored
    return Watch([Tally(*tally) for tally in tallies], cells, rates, records)


def forget(watch: Watch) -> None:
    """Drop all evidence; what is known of the source's usual reactions stays."""
    watch.tallies = [Tally() for _ in PATTERNS]


def add_to(kept: list[int], size: int, *more: int) -> None:
    """Add to counts; the ``size``-th of them says when what is older counts half."""
    for at, one in enumerate(more):
        kept[at] += one
    if kept[size] > LATELY:
        kept[:] = [one >> 1 for one in kept]
