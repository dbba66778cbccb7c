"""Rows of the log that were emptied: what is left of them, and the entry of the audit trail that names each.

The trail tells an erasure from somebody who tampered: a row without content that no entry names is damage.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

from pricing_service import audit_store

ACTION = "records-erased"
ACTOR = "service"
EMPTY = {"kind": "erased", "checkout_id": "", "customer": None, "line": b""}
FOUND = text("SELECT position FROM events WHERE kind = 'erased' ORDER BY position")
NAMED = text("SELECT detail FROM audit WHERE action = :action ORDER BY position").bindparams(action=ACTION)
MOST = 200  # spans of one entry


def note(connection: Connection, positions: Iterable[int]) -> None:
    """Name rows that were emptied in the audit trail, in the transaction that empties them."""
    spans = list(_spans(sorted(positions)))
    for start in range(0, len(spans), MOST):
        audit_store.append(connection, ACTOR, ACTION, detail=",".join(spans[start : start + MOST]))


def noted(connection: Connection) -> Iterator[range]:
    """The positions that the trail says were emptied."""
    for detail in connection.execute(NAMED).scalars():
        for span in detail.split(","):
            first, _, last = span.partition("-")
            yield range(int(first), int(last or first) + 1)


def note_the_rest(connection: Connection) -> None:
    """Name what a restore left empty: of that the trail of the copy knows nothing."""
    known = {position for span in noted(connection) for position in span}
    note(connection, [one for one in connection.execute(FOUND).scalars() if one not in known])


def _spans(positions: list[int]) -> Iterator[str]:
    """``1-3``, ``7``, …: what follows on from each other together."""
    start = 0
    for at in range(1, len(positions) + 1):
        if at == len(positions) or positions[at] != positions[at - 1] + 1:
            first, last = positions[start], positions[at - 1]
            yield str(first) if first == last else f"{first}-{last}"
            start = at
