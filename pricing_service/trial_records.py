"""Whether a till that has a new version decides as it has to: its records are decided again by the service's own core.

An image can pass every test of its own and still offer something else than it should. So as long as it is on trial, or
watched, each report of a till has some of its newest records made again (`decision_replay`).
"""

import time
from typing import NamedTuple

from sqlalchemy import Connection, text

from pricing_service import decision_replay
from pricing_service.decision_inputs import Archive

AT_ONCE = 4  # records checked for one report
LONGEST = 0.2  # seconds of work for one report, unless a single record takes longer
WRONG = "wrong-offers"
BEHIND = text(
    "SELECT sequence, kind, line FROM events WHERE device = :device AND epoch = :epoch AND sequence > :checked"
    " AND kind = 'checkout' ORDER BY sequence LIMIT :limit"
)


class Checked(NamedTuple):
    """``trouble`` is empty or `WRONG`; ``last``: the record up to which that is known."""

    trouble: str
    last: int


def check(connection: Connection, device: str, epoch: int, checked: int) -> Checked:
    """The next records behind ``checked``."""
    values = {"device": device, "epoch": epoch, "checked": checked, "limit": AT_ONCE}
    rows = connection.execute(BEHIND, values).all()
    archive, began = Archive(connection) if rows else None, time.thread_time()
    for row in rows:
        if row is not rows[0] and time.thread_time() - began > LONGEST:
            break
        assert archive is not None
        again = decision_replay.replay(connection, archive, device, epoch, row.sequence, row.kind, row.line)
        if again.verdict == "different":
            return Checked(WRONG, row.sequence)
        checked = row.sequence
    return Checked("", checked)
