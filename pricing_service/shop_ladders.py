"""The ladders a store's customers were shown lately: those of some checkouts, evenly spaced in the log."""

import time
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, text

from pricing_service import log_days

DAYS = 30
SAMPLE = 480  # records looked at
MOST = 24  # different ladders reckoned with
LAST = text("SELECT MAX(position) FROM events")
SOME = text(
    "SELECT line FROM events WHERE position IN :positions AND kind = 'checkout' AND occurred >= :since"
    " ORDER BY position"
)
SOME = SOME.bindparams(bindparam("positions", expanding=True))


class Ladder(NamedTuple):
    """``depths``: basis points, smallest first; ``gross``: of all ``checkouts`` that had it, in minor units."""

    depths: tuple[int, ...]
    checkouts: int
    gross: int


class Ladders(NamedTuple):
    """``checkouts``: those looked at that had something to offer; ``of_all``: the share of their gross in ``each``."""

    each: list[Ladder]
    checkouts: int
    of_all: float


def lately(connection: Connection, store: str, now: int | None = None) -> Ladders:
    """The ladders of the last 30 days before ``now`` (Unix seconds; None is the present)."""
    since = (int(time.time()) if now is None else now) - DAYS * 86_400
    records = [record for record in _sample(connection, since) if _counts(record, store)]
    gross: dict[tuple[int, ...], list[int]] = {}
    for record in records:
        gross.setdefault(tuple(rung["depth"] for rung in record["ladder"]), []).append(record["gross"])
    every = [Ladder(depths, len(gross[depths]), sum(gross[depths])) for depths in sorted(gross)]
    kept = every[:: -(-len(every) // MOST)] if every else []
    whole = sum(ladder.gross for ladder in every)
    return Ladders(kept, len(records), sum(ladder.gross for ladder in kept) / whole if whole else 0.0)


def _sample(connection: Connection, since: int) -> list[dict[str, Any]]:
    low, high = log_days.start(connection, since), (connection.execute(LAST).scalar() or 0) + 1
    positions = (
        sorted({low + number * (high - low) // SAMPLE for number in range(SAMPLE)}) if high > low else []
    )
    some = {"positions": positions, "since": since}
    found = [log_days.opened(line) for line in connection.execute(SOME, some).scalars()]
    return [record for record in found if record]


def _counts(record: dict[str, Any], store: str) -> bool:
    """Whether it had something to offer at this store: rungs whose depths rise, as those of every till do."""
    depths = [rung["depth"] for rung in record["ladder"]]
    rising = bool(depths) and depths == sorted(set(depths))
    return rising and not record["training"] and record["store"] == store and record["gross"] > 0
