"""Whether the audit trail, its anchors and the log are whole; where they are not, the very places.

Each entry and each row is checked against the one before it, and both against everything that an anchor has seen: who
changed something and made the chain anew behind it is found at the next anchor. A million entries take some seconds.
"""

import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pos_client.core.event import canonical, digest
from pricing_service import audit_store, erased_rows, log_seal, standing_anchors
from pricing_service.audit_findings import Found, Verdict
from pricing_service.audit_store import Head

STEP = 10_000  # rows between two reports of progress
TAIL = 75  # bytes of a record's own hash at the end of its line
EMPTY = tuple(erased_rows.EMPTY[name] for name in ("kind", "checkout_id", "customer", "line"))
ENTRIES = "SELECT position, at, actor, action, subject, detail, hash FROM audit ORDER BY position"
RECORDS = (
    "SELECT position, device, epoch, sequence, hash, occurred, day, received, kind, checkout_id, customer, line, seal"
    " FROM events ORDER BY position"
)
Told = Callable[[int, int], None]  # how much of how much is done


def verify(
    connection: Connection,
    path: Path,
    key: bytes,
    told: Told = lambda done, of: None,
    wait: Callable[[], bool] = lambda: False,
) -> Verdict:
    """Read everything once, from one unchanging view of the database. ``path``: the anchors, ``key``: theirs.

    ``wait`` is called as long as the end has no anchor yet; False ends the waiting.
    """
    found, notes = Found(), list[str]()
    before = standing_anchors.lines(
        path, key
    )  # read first: what they saw was committed, so this view must have it
    total = audit_store.head(connection).position + log_seal.head(connection).position
    anchors = standing_anchors.standing(before, found, notes)
    seen: dict[str, dict[int, str]] = {
        "trail": _hashes(anchor.entry for anchor in anchors),
        "log": _hashes(anchor.record for anchor in anchors),
    }
    entry, entries = _check_trail(connection, seen["trail"], found, lambda done: told(done, total))
    erased = {position for span in _erased(connection, found) for position in span}
    record, records, emptied = _check_log(
        connection, seen["log"], erased, found, lambda done: told(entries + done, total)
    )
    while (
        unproven := standing_anchors.unproven(standing_anchors.lines(path, key), entry, record)
    ) and wait():
        pass
    for says in unproven:
        found.add("anchors", 0, says)
    return Verdict(entries, records, emptied, len(before), entry, record, found.all, notes)


def _hashes(heads: Iterator[Head]) -> dict[int, str]:
    return {head.position: head.hash for head in heads if head.position}


def _rows(connection: Connection, question: str) -> Iterator[tuple[Any, ...]]:
    """Rows as the driver gives them, within this connection's view: a million of them in a second."""
    yield from connection.exec_driver_sql("SELECT 1 WHERE 0")  # the view begins with a first question
    driver: Any = connection.connection.driver_connection
    yield from driver.execute(question)


def _check_trail(
    connection: Connection, seen: dict[int, str], found: Found, told: Callable[[int], None]
) -> tuple[Head, int]:
    last, count = Head(0, audit_store.BEGIN), 0
    for row in _rows(connection, ENTRIES):
        position, written = row[0], row[6]
        _check_place("trail", "entry", "entries", last.position, position, found)
        if audit_store.hash_of(row[:6], last.hash) != written:
            found.add(
                "trail", position, f"entry {position} is not what was written after entry {last.position}"
            )
        if seen.get(position, written) != written:
            found.add("trail", position, f"entry {position}, or one before it, is not what was anchored")
        last, count = Head(position, written), count + 1
        if count % STEP == 0:
            told(count)
    _check_end("trail", "entries", last.position, seen, found)
    return last, count


def _check_log(
    connection: Connection,
    seen: dict[int, str],
    erased: set[int],
    found: Found,
    told: Callable[[int], None],
) -> tuple[Head, int, int]:
    last, seal, count, emptied = 0, log_seal.BEGIN, 0, 0
    for row in _rows(connection, RECORDS):
        position, written = row[0], row[12]
        _check_place("log", "record", "records", last, position, found)
        wanted = log_seal.of(seal, *row[:8])
        if wanted != written:
            found.add(
                "log", position, f"record {position} of the log is not what was taken after record {last}"
            )
        if seen.get(position, wanted.hex()) != (written or wanted).hex():
            found.add(
                "log", position, f"record {position} of the log, or one before it, is not what was anchored"
            )
        is_named, is_empty = position in erased, row[8:12] == EMPTY
        if is_named != is_empty:
            says = "was erased and is back" if is_named else "was emptied, and no erasure says so"
            found.add("log", position, f"record {position} of the log {says}")
        elif not is_empty and not _is_as_sealed(row):
            found.add("log", position, f"the content of record {position} of the log was changed")
        emptied += is_named
        last, seal, count = position, written or wanted, count + 1
        if count % STEP == 0:
            told(count)
    _check_end("log", "records", last, seen, found)
    return Head(last, seal.hex()), count, emptied


def _is_as_sealed(row: tuple[Any, ...]) -> bool:
    """Whether a line has the hash that was taken, and what was read out of it is still what it says."""
    line, wanted = bytes(row[11]), row[4].encode()
    if line[-TAIL:] != b',"hash":"' + wanted + b'"}' or digest(line[:-TAIL] + b"}") != wanted:
        return False
    customer = b"null" if row[10] is None else b'"' + row[10].encode() + b'"'
    members = (b'"kind":"' + row[8].encode() + b'"', b'"checkout_id":' + canonical(row[9]))
    if all(member in line for member in members) and (b'"customer":' + customer in line or row[10] is None):
        return True
    told = json.loads(line)  # not canonical, as a till of somebody else's may write
    return [told.get(name) for name in ("kind", "checkout_id", "customer")] == [row[8], row[9], row[10]]


def _check_place(where: str, one: str, several: str, last: int, position: int, found: Found) -> None:
    if position > last + 1:
        missing = (
            f"{one} {last + 1} is" if position == last + 2 else f"{several} {last + 1} to {position - 1} are"
        )
        found.add(where, last + 1, f"{missing} missing{' from the log' if where == 'log' else ''}")


def _check_end(where: str, several: str, last: int, seen: dict[int, str], found: Found) -> None:
    most = max(seen, default=0)
    if most > last:
        found.add(where, last + 1, f"{several} {last + 1} to {most} are missing: an anchor has seen them")


def _erased(connection: Connection, found: Found) -> Iterator[range]:
    try:
        yield from erased_rows.noted(connection)
    except ValueError:
        found.add("trail", 0, "an entry that names erased records cannot be read")


def witnessed(connection: Connection, told: str) -> bool:
    """Whether the trail still has a head that somebody kept, as ``position:hash`` (the hash may be cut)."""
    position, _, kept = told.partition(":")
    if not position.isdigit() or len(kept) < 16:
        raise ValueError("a head is written as POSITION:HASH, as snapshots and anchors have it")
    present = audit_store.hash_at(connection, int(position))
    return present is not None and hmac.compare_digest(present[: len(kept)].encode(), kept.lower().encode())
