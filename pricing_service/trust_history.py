"""Who was distrusted when: how a customer's records were learnt at an earlier revision, for a replay of decisions.

A change is carried into beliefs in portions. At each of them its `sweeps` row says up to which record of the source all
customers had been learnt anew; records that came after the change were learnt by it at once.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pricing_service.trust_intervals import Interval, Source, quiet, sources

SWEEPS = text(
    "SELECT d.id, d.kind, d.store, d.name, d.first, d.last, s.reached, s.until, s.cleared"
    " FROM sweeps s JOIN distrust d ON d.id = s.distrust WHERE s.revision <= :revision ORDER BY s.id"
)

Placed = tuple[int, dict[str, Any], int]  # position, record, day


class Swept(NamedTuple):
    """How far a change had come: customers with a record up to ``reached`` were learnt anew; it was made when the log
    ended at ``until``."""

    reached: int
    until: int

    def covers(self, position: int, met: float) -> bool:
        """Whether a record was learnt by this change; ``met``: the customer's first record of the source."""
        return position > self.until or met <= self.reached


class Change(NamedTuple):
    """One entry of the table, as it stood: distrusted so far, and cleared so far (None: not)."""

    interval: Interval
    distrusted: Swept
    cleared: Swept | None

    def quiets(self, position: int, met: float) -> bool:
        if not self.interval.holds(position) or not self.distrusted.covers(position, met):
            return False
        return self.cleared is None or not self.cleared.covers(position, met)


def as_of(connection: Connection, revision: int) -> list[Change]:
    """Every change that had been made at this revision of the standing."""
    found: dict[int, Change] = {}
    for row in connection.execute(SWEEPS, {"revision": revision}):
        interval = Interval(row.id, Source(row.kind, row.store, row.name), row.first, row.last)
        swept, before = Swept(row.reached, row.until), found.get(row.id)
        if not row.cleared or before is None:
            found[row.id] = Change(interval, swept, None)
        else:
            found[row.id] = before._replace(cleared=swept)
    return list(found.values())


def of_customer(changes: list[Change], records: list[Placed]) -> list[tuple[dict[str, Any], int]]:
    """All records of one customer up to some position, with their days, as they were learnt at the time."""
    told = []
    first = [_first(change.interval, records) for change in changes]
    for position, record, day in records:
        quieted = any(
            change.interval.source in sources(record) and change.quiets(position, met)
            for change, met in zip(changes, first, strict=True)
        )
        told.append((quiet(record) if quieted and record["kind"] == "checkout" else record, day))
    return told


def _first(interval: Interval, records: list[Placed]) -> float:
    """Position of the customer's first record in an interval; infinity without one."""
    inside = (
        position
        for position, record, _ in records
        if interval.holds(position) and interval.source in sources(record)
    )
    return next(inside, float("inf"))
