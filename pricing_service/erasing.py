"""Erasure: nothing of a customer stays but numbers in the log that say a record was there.

In one transaction: every row of a table with a column ``customer`` goes; records of the log and quarantined lines keep
identity, hash and times and lose the rest. The tombstone is on the medium, outside the database, before anything is
deleted, and the customer's key with it: whatever happens after that, the next start completes the erasure (`catch_up`).
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, text
from sqlmodel import SQLModel

from pos_client.core.calendar import rfc3339
from pos_client.core.record import OutOfTurn, Unknown
from pricing_service import (
    audit_store,
    belief_store,
    customer_keys,
    erased_rows,
    erased_sales,
    log_days,
    standing,
    tables,
    trust_watch,
)
from pricing_service.erased_sales import Sums
from pricing_service.forgetting import margin_of
from pricing_service.tombstones import Line, Macs, Outside, tag

KEPT = (tables.Events, tables.Quarantine)  # of their rows something stays
RECORDS = text(
    "SELECT position, day, checkout_id, line FROM events WHERE customer = :token ORDER BY position"
)
EMPTY = text(
    "UPDATE events SET kind = 'erased', checkout_id = '', customer = NULL, line = x'' WHERE customer = :token"
)
ASIDE = text("SELECT id, digest, line FROM quarantine WHERE customer = :token")
UNNAMED = text("SELECT id, digest, line FROM quarantine WHERE customer IS NULL AND line <> x''")
SET_ASIDE = text(
    "UPDATE quarantine SET customer = NULL, line = x'', detail = '' WHERE id IN :ids"
).bindparams(bindparam("ids", expanding=True))
TOMBSTONE = text(
    "INSERT INTO tombstones (mac, tag, erased) VALUES (:mac, :tag, :at)"
    " ON CONFLICT (mac) DO UPDATE SET tag = excluded.tag, erased = excluded.erased, ended = NULL, version = NULL"
)
ENDED = text("UPDATE tombstones SET ended = :at, version = :version, tag = NULL WHERE mac = :mac")
BURIED = text("SELECT erased, ended FROM tombstones WHERE mac = :mac")
FOLLOWED = text("INSERT INTO erasures (id) VALUES (:id) ON CONFLICT (id) DO NOTHING")
KNOWN = text("SELECT id FROM erasures")
NUMBER = text("SELECT COUNT(*) FROM erasures WHERE id LIKE :of")
FORGET_BUDGETS = text("DELETE FROM budgets")
CHECKOUT = re.compile(rb'"checkout_id":("(?:[^"\\]|\\.)*")')


class Asked(NamedTuple):
    """Who asked for an erasure, and the customer as the audit trail names them."""

    by: str
    about: str


def owned() -> list[str]:
    """The tables whose rows belong to one customer each."""
    kept = {one.__tablename__ for one in KEPT}
    every = SQLModel.metadata.tables
    return [name for name in sorted(every) if name not in kept and "customer" in every[name].columns]


def erase(connection: Connection, secrets: Path, token: str, asked: Asked | None = None) -> None:
    """Erase a customer; nothing happens where that was done before. Raises `Unknown` for who was never known.

    ``asked`` goes into the tombstone, so that a restored audit trail tells it again.
    """
    mac = Macs(secrets).of(token)
    if not is_known(connection, token):
        if connection.execute(BURIED, {"mac": mac}).first() is None:
            raise Unknown(
                "unknown-customer",
                "Nobody with this token has been here: is it the right one? Its first visit may still be at a till.",
            )
        return
    records = list(_records(connection, token))
    sums = erased_sales.of(records, margin_of(connection))
    line = {
        "id": f"{mac}/{_followed(connection, mac)}",
        "mac": mac,
        "tag": tag(token),
        "at": int(time.time()),
        "counted": [record["hash"] for record, _ in records],
    }
    line.update(sums._asdict(), **(asked._asdict() if asked else {}))
    Outside(secrets).append(line)
    erased_rows.note(connection, _delete(connection, secrets, token))
    trust_watch.forget(connection)
    _bury(connection, line)


def is_known(connection: Connection, token: str) -> bool:
    """Whether anything is held of a customer."""
    every = (*owned(), "events", "quarantine")
    asked = " UNION ALL ".join(f"SELECT 1 FROM {name} WHERE customer = :token" for name in every)
    return connection.execute(text(f"SELECT EXISTS ({asked})"), {"token": token}).scalar_one() == 1


def require_present(connection: Connection, secrets: Path, token: str) -> None:
    """Raise `OutOfTurn` for an erased customer who did not ask to be known again: nobody may tell anything of them."""
    row = connection.execute(BURIED, {"mac": Macs(secrets).of(token)}).first()
    if row is not None and row.ended is None:
        told = "This customer was erased: nothing is kept of them until they consent anew."
        raise OutOfTurn("customer-erased", told)


def end(connection: Connection, secrets: Path, token: str, at: int) -> None:
    """An erased customer said at ``at`` (Unix seconds), and after that, to be known again: a new history begins now.

    Raises `OutOfTurn` where they said so before they were erased.
    """
    mac = Macs(secrets).of(token)
    row = connection.execute(BURIED, {"mac": mac}).first()
    if row is None or row.ended is not None:
        return
    if at < row.erased:
        require_present(connection, secrets, token)
    line = {"id": f"{mac}/{_followed(connection, mac)}/ended", "mac": mac, "at": int(time.time())}
    line["version"] = standing.read(connection).snapshot_version
    Outside(secrets).append(line)
    _follow(connection, line)


def catch_up(connection: Connection, secrets: Path) -> int:
    """Do what the tombstones outside say and this database has not done; how many lines that were.

    After a restore, or where the power went between the tombstone and the transaction.
    """
    lines = Outside(secrets).unfollowed(set(connection.execute(KNOWN).scalars()))
    if not lines:
        return 0
    tokens = _tokens(connection, Macs(secrets), {line["mac"] for line in lines if "tag" in line})
    for line in lines:
        if line.get("mac") in tokens and "tag" in line:
            _delete(connection, secrets, tokens[line["mac"]])
        _follow(connection, line)
        _note_who_asked(connection, line)
    erased_sales.expect(connection, (one for line in lines for one in line.get("counted", ())))
    erased_rows.note_the_rest(connection)
    _count_budgets(connection)
    return len(lines)


def _followed(connection: Connection, mac: str) -> int:
    """How much of this customer was followed: the number of what happens next, the same where it is tried again."""
    return connection.execute(NUMBER, {"of": f"{mac}/%"}).scalar_one()


def _follow(connection: Connection, line: Line) -> None:
    if "tag" in line:
        _bury(connection, line)
    elif "mac" in line:
        connection.execute(ENDED, {name: line[name] for name in ("at", "version", "mac")})
        connection.execute(FOLLOWED, {"id": line["id"]})
        standing.touch(connection)


def _note_who_asked(connection: Connection, line: Line) -> None:
    """The entry of the audit trail that is gone with what was restored, or was never kept."""
    if "by" in line:
        detail = f"at {rfc3339(line['at'])}, followed after a restore or a power cut"
        audit_store.append(connection, line["by"], "erase-customer", line["about"], detail)


def _bury(connection: Connection, line: Line) -> None:
    connection.execute(TOMBSTONE, {name: line[name] for name in ("mac", "tag", "at")})
    if connection.execute(FOLLOWED, {"id": line["id"]}).rowcount:
        erased_sales.add(connection, Sums(line["takings"], line["budgets"]))
    standing.touch(connection)


def _delete(connection: Connection, secrets: Path, token: str) -> list[int]:
    """Everything of this customer, keys of backups first; the positions in the log that were emptied."""
    positions = [row.position for row in connection.execute(RECORDS, {"token": token})]
    aside = list(_aside(connection, token))
    lines = (customer_keys.line_owner(digest) for _, digest in aside)
    customer_keys.destroy(secrets, [token, *lines])
    for table in owned():
        connection.execute(text(f"DELETE FROM {table} WHERE customer = :token"), {"token": token})
    connection.execute(EMPTY, {"token": token})
    if aside:
        connection.execute(SET_ASIDE, {"ids": [number for number, _ in aside]})
    return positions


def _aside(connection: Connection, token: str) -> Iterator[tuple[int, str]]:
    """Quarantined lines of this customer: those that name them, and those about one of their checkouts."""
    for row in connection.execute(ASIDE, {"token": token}):
        yield row.id, row.digest
    rows = connection.execute(RECORDS, {"token": token})
    checkouts = {row.checkout_id for row in rows}
    for row in connection.execute(UNNAMED):
        if token.encode() in row.line or any(one in checkouts for one in _checkouts(row.line)):
            yield row.id, row.digest


def _checkouts(line: bytes) -> Iterator[str]:
    """The checkouts that a line speaks of, however little of it is whole."""
    for found in CHECKOUT.findall(line):
        try:
            yield json.loads(found)
        except ValueError:
            continue


def _records(connection: Connection, token: str) -> Iterator[tuple[dict[str, Any], int]]:
    for row in connection.execute(RECORDS, {"token": token}):
        record = log_days.opened(row.line)
        if record:
            yield record, row.day


def _tokens(connection: Connection, macs: Macs, wanted: set[str]) -> dict[str, str]:
    """The tokens in this database that have one of these macs."""
    every = (*owned(), "events", "quarantine")
    asked = " UNION ".join(f"SELECT customer FROM {name} WHERE customer IS NOT NULL" for name in every)
    found = ((macs.of(token), token) for token in connection.execute(text(asked)).scalars()) if wanted else ()
    return {mac: token for mac, token in found if mac in wanted}


def _count_budgets(connection: Connection) -> None:
    """Count anew what budgets were spent: the sums of erased sales may hold what a restored log does not know."""
    spent = belief_store.tally(log_days.whole(connection))[2]
    spent.update(erased_sales.spent(connection))
    sums = belief_store.bounded(spent)
    connection.execute(FORGET_BUDGETS)
    rows = [{"discount": discount, "day": day, "amount": amount} for (discount, day), amount in sums.items()]
    if rows:
        connection.execute(belief_store.SPEND, rows)
