"""Cashiers and tills whose records teach nothing: which part of the log, and what a record then is to a learner."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

CASHIER, DEVICE = KINDS = ("cashier", "device")


class Source(NamedTuple):
    """``kind``: cashier or device. Names of cashiers come again in every store."""

    kind: str
    store: str
    name: str


class Interval(NamedTuple):
    """Records of ``source`` at these positions of the log, both included; ``last`` is None while it goes on."""

    id: int
    source: Source
    first: int
    last: int | None

    def holds(self, position: int) -> bool:
        return self.first <= position and (self.last is None or position <= self.last)


def sources(record: dict[str, Any]) -> Iterator[Source]:
    """Who keyed a record, where it says, and at which till."""
    cashier = record.get("cashier")
    if isinstance(cashier, str) and cashier:
        yield Source(CASHIER, record["store"], cashier)
    yield Source(DEVICE, record["store"], record["device"])


def quiet(record: dict[str, Any]) -> dict[str, Any]:
    """The record as if nobody had answered: still a visit, but one that says nothing."""
    return {**record, "offers": []}


class Trust:
    """Who is distrusted, and where in the log."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self.intervals = tuple(intervals)
        self._of: dict[Source, list[Interval]] = {}
        for interval in intervals:
            self._of.setdefault(interval.source, []).append(interval)

    def found(self, record: dict[str, Any], position: int) -> Interval | None:
        """The interval that the record lies in, if any."""
        if self._of and record["kind"] == "checkout":
            for source in sources(record):
                for interval in self._of.get(source, ()):
                    if interval.holds(position):
                        return interval
        return None

    def quieted(self, record: dict[str, Any], position: int) -> dict[str, Any]:
        """The record as it is learnt."""
        return quiet(record) if self._of and self.found(record, position) else record

    def going_on(self) -> set[Source]:
        return {interval.source for interval in self.intervals if interval.last is None}
