"""Who is distrusted and was, set and cleared by whom, and how far beliefs have followed.

    trust = trust_store.read(connection)
    trust.quieted(record, position)     # the record as it is learnt: of a distrusted source as if nobody had answered

Nothing else follows from distrust: the record is in the log, its sale counts, budgets and usage too.
"""

import json
import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from pos_client.core.record import OutOfTurn, Unknown
from pricing_service import standing
from pricing_service.trust_intervals import KINDS, Interval, Source, Trust

COLUMNS = (
    "SELECT id, kind, store, name, first, last, reason, detail, note, set_by, set_at, ended_by, ended_at, ended_note,"
    " cleared, swept, until, taken_back, left_out FROM distrust"
)
FORCE = text("SELECT id, kind, store, name, first, last FROM distrust WHERE NOT cleared ORDER BY id")
PAGE = text(
    f"{COLUMNS} WHERE id < :before AND (:store IS NULL OR store = :store) ORDER BY id DESC LIMIT :limit"
)
GET = text(f"{COLUMNS} WHERE id = :id")
OF = text(
    f"{COLUMNS} WHERE kind = :kind AND store = :store AND name = :name AND NOT cleared ORDER BY id DESC"
)
WAITING = text(f"{COLUMNS} WHERE swept < until ORDER BY id LIMIT 1")
BEGIN = text(
    "INSERT INTO distrust (kind, store, name, first, reason, detail, note, set_by, set_at, cleared, swept, until,"
    " taken_back, left_out) VALUES (:kind, :store, :name, :first, :reason, :detail, :note, :by, :now, FALSE,"
    " :first - 1, :until, 0, 0) RETURNING id"
)
END = text(
    "UPDATE distrust SET last = :last, ended_by = :by, ended_at = :now, ended_note = :note WHERE id = :id"
)
CLEAR = text(
    "UPDATE distrust SET cleared = TRUE, swept = first - 1, until = :until, ended_by = :by, ended_at = :now,"
    " ended_note = :note WHERE id = :id"
)
SWEPT = text(
    "UPDATE distrust SET swept = :reached, taken_back = CASE WHEN cleared THEN taken_back ELSE taken_back + :records"
    " END WHERE id = :id"
)
AGAIN = text("UPDATE distrust SET swept = first - 1, until = MAX(first - 1, :last) WHERE id = :id")
LEFT_OUT = text("UPDATE distrust SET left_out = left_out + :records WHERE id = :id")
NOTE = text(
    "INSERT INTO sweeps (distrust, revision, reached, until, cleared)"
    " SELECT id, :revision, swept, until, cleared FROM distrust WHERE id = :id"
)
ENOUGH = 200  # records of a source, within which docs/trust.md promises to find it
WATCHED = text("SELECT COUNT(*) FROM watches WHERE :store IS NULL OR store = :store")
JUDGED = text(
    "SELECT COUNT(*) FROM watches WHERE (:store IS NULL OR store = :store)"
    " AND json_extract(state, '$[0][0]') >= :least"  # `guard_watch.numbers` begins with the count of records
)
LAST = text("SELECT COALESCE(MAX(position), 0) FROM events")
COUNT = text(
    "SELECT kind, COUNT(*) AS many FROM distrust WHERE NOT cleared AND last IS NULL"
    " AND (:store IS NULL OR store = :store) GROUP BY kind"
)


class Entry(NamedTuple):
    """One row of the table, as `tables.Distrust` tells it."""

    id: int
    kind: str
    store: str
    name: str
    first: int
    last: int | None
    reason: str
    detail: dict[str, Any]
    note: str
    set_by: str
    set_at: int
    ended_by: str | None
    ended_at: int | None
    ended_note: str | None
    cleared: bool
    swept: int
    until: int
    taken_back: int
    left_out: int

    @property
    def source(self) -> Source:
        return Source(self.kind, self.store, self.name)

    @property
    def interval(self) -> Interval:
        return Interval(self.id, self.source, self.first, self.last)

    @property
    def state(self) -> str:
        return "cleared" if self.cleared else "distrusted" if self.last is None else "ended"


def read(connection: Connection) -> Trust:
    """Who is distrusted now."""
    return Trust([_interval(row) for row in connection.execute(FORCE)])


def page(connection: Connection, before: int, limit: int, store: str | None = None) -> list[Entry]:
    """Up to ``limit`` entries with an id below ``before``, the youngest first; ``store``: None for all."""
    return [
        _entry(row) for row in connection.execute(PAGE, {"before": before, "limit": limit, "store": store})
    ]


def of(connection: Connection, source: Source) -> list[Entry]:
    """What holds of a source now, the youngest first."""
    return [_entry(row) for row in connection.execute(OF, source._asdict())]


def begin(
    connection: Connection,
    source: Source,
    first: int,
    reason: str,
    detail: dict[str, Any],
    by: str,
    note: str = "",
) -> int:
    """Distrust ``source`` from position ``first`` on. Raises `OutOfTurn` for one that is distrusted already."""
    if any(entry.last is None for entry in of(connection, source)):
        raise OutOfTurn(
            "distrusted", f"The {source.kind} {source.name} is distrusted already: clear it first."
        )
    last = connection.execute(LAST).scalar_one()
    values = {"reason": reason, "detail": json.dumps(detail), "note": note, "by": by, "now": int(time.time())}
    row = {**source._asdict(), **values, "first": first, "until": max(last, first - 1)}
    made = connection.execute(BEGIN, row).scalar_one()
    _noted(connection, made)
    return made


def clear(
    connection: Connection, source: Source, by: str, note: str, keep_past_out: bool = False
) -> list[int]:
    """Trust ``source`` again, from now on or all along; the entries that ends. Raises `Unknown` where there is none."""
    entries = of(connection, source)
    if keep_past_out:
        entries = [entry for entry in entries if entry.last is None]
    if not entries:
        raise Unknown(
            "not-distrusted",
            f"The {source.kind} {source.name} of {source.store} is not distrusted: GET /v1/trust lists who is.",
        )
    last = connection.execute(LAST).scalar_one()
    for entry in entries:
        values = {"id": entry.id, "by": by, "note": note, "now": int(time.time())}
        if keep_past_out:
            connection.execute(END, {**values, "last": last})
        else:
            connection.execute(
                CLEAR, {**values, "until": max(min(entry.last or last, last), entry.first - 1)}
            )
            _noted(connection, entry.id)
    return [entry.id for entry in entries]


def get(connection: Connection, number: int) -> Entry:
    """The entry of this id."""
    return _entry(connection.execute(GET, {"id": number}).one())


def waiting(connection: Connection) -> Entry | None:
    """The oldest change that is not in all beliefs yet."""
    row = connection.execute(WAITING).one_or_none()
    return _entry(row) if row else None


def swept(connection: Connection, entry: Entry, reached: int, records: int) -> None:
    """Note that the customers with a record of the interval up to ``reached``, ``records`` more, were learnt anew."""
    connection.execute(SWEPT, {"id": entry.id, "reached": reached, "records": records})
    _noted(connection, entry.id)


def sweep_again(connection: Connection, before: Trust) -> None:
    """Learn anew what has changed since ``before`` was read: somebody computed beliefs by it meanwhile."""
    changed = {interval.id for interval in {*before.intervals} ^ {*read(connection).intervals}}
    last = connection.execute(LAST).scalar_one()
    for each in sorted(changed):
        connection.execute(AGAIN, {"id": each, "last": last})
        _noted(connection, each)


def watched(connection: Connection, store: str | None = None) -> int:
    """How many sources are watched; ``store``: None for all."""
    return connection.execute(WATCHED, {"store": store}).scalar_one()


def judged(connection: Connection, store: str | None = None) -> int:
    """How many of them have handed in so much that what is found at all would have been found."""
    return connection.execute(JUDGED, {"store": store, "least": ENOUGH}).scalar_one()


def left_out(connection: Connection, counts: dict[int, int]) -> None:
    """Count records that came in while their source was distrusted, by interval."""
    if counts:
        connection.execute(LEFT_OUT, [{"id": each, "records": many} for each, many in counts.items()])


def distrusted(connection: Connection, store: str | None = None) -> dict[str, int]:
    """How many sources of each kind are distrusted now; ``store``: None for all."""
    found = {row.kind: row.many for row in connection.execute(COUNT, {"store": store})}
    return {kind: found.get(kind, 0) for kind in KINDS}


def _noted(connection: Connection, changed: int) -> None:
    standing.touch(connection)
    connection.execute(NOTE, {"id": changed, "revision": standing.revision(connection)})


def _interval(row: Row[Any]) -> Interval:
    return Interval(row.id, Source(row.kind, row.store, row.name), row.first, row.last)


def _entry(row: Row[Any]) -> Entry:
    return Entry._make(row)._replace(detail=json.loads(row.detail), cleared=bool(row.cleared))
