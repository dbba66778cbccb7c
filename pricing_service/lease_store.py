"""The leases in the field: which till may give how much of which budget until it is heard of again.

`lease_dealing.deal` divides anew before a snapshot is built, `charge` takes off what records report, in the transaction
that takes them, and `obeyed` takes a till at its word that it goes by a snapshot which leaves it less.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.calendar import period_key
from pos_client.core.shop import used
from pos_client.core.signature import keyid
from pricing_service import lease_rows, standing
from pricing_service.lease_rows import COLUMNS, KEY
from pricing_service.lease_terms import enrolments, kept, law
from pricing_service.leasing import Lease

WAITS = text(
    "SELECT 1 FROM leases WHERE device = :device"
    " AND (epoch < :epoch OR epoch = :epoch AND recalled + recalled_later > 0) LIMIT 1"
)
PAGE = text(
    f"SELECT l.{', l.'.join(COLUMNS.split(', '))}, d.store,"
    " MAX(d.enrolled, COALESCE(d.fetched, 0)) AS heard"
    " FROM leases l JOIN devices d ON d.device = l.device AND d.epoch = l.epoch"
    " WHERE (l.device, l.epoch, l.discount) > (:device, :epoch, :discount)"
    " ORDER BY l.device, l.epoch, l.discount LIMIT :limit"
)
OLDER = text("DELETE FROM leases WHERE device = :device AND epoch < :epoch")
ACKNOWLEDGED = text("SELECT acknowledged FROM devices WHERE device = :device AND epoch = :epoch")


class Leased(NamedTuple):
    """A lease, the ``store`` of its till, and when it ``ends`` if nobody hears of the till before (Unix seconds)."""

    store: str
    lease: Lease
    ends: int


def told(connection: Connection, store: str) -> dict[str, Any]:
    """What the snapshot of ``store`` tells its tills (`pos_client.core.lease`).

    A till that nobody heard of for long keeps its place: it may still give the uses that are its own.
    """
    tills = [one for one in enrolments(connection, 0) if one.newest]
    places = {one.name: place for place, one in enumerate(tills)}
    out: dict[str, Any] = {keyid(*one.name): [places[one.name], {}] for one in tills if one.store == store}
    for lease in lease_rows.of_store(connection, store):
        mine = out.setdefault(keyid(*lease.till), [places.get(lease.till, -1), {}])[1]
        mine[lease.discount] = [lease.key, lease.now.told, lease.later.told]
    return {"of": len(tills), "tills": out}


def charge(
    connection: Connection, device: str, epoch: int, records: Iterable[tuple[dict[str, Any], int]]
) -> None:
    """Take off what a till's ``records``, with the days they count for, say that it gave."""
    given = Counter()
    for record, day in records:
        for discount, amount in used(record):
            given[discount, day, amount] += 1
    leases = {}
    if given:
        leases = {lease.discount: lease for lease in lease_rows.of_till(connection, device, epoch)}
    for (discount, day, amount), times in sorted(given.items()):
        if discount in leases:
            lease = leases[discount]
            for _ in range(times):
                lease.report(period_key(lease.period, day), amount)
    lease_rows.keep(connection, leases.values())


def obeyed(connection: Connection, device: str, epoch: int, holds: str, last: int) -> None:
    """The till says: it goes by the snapshot ``holds`` and nothing else, and its last record is ``last``.

    Where all its records are here, what was recalled by then is free.
    """
    stands = standing.read(connection)
    history, _, version = holds.partition("-")
    here = connection.execute(ACKNOWLEDGED, {"device": device, "epoch": epoch}).scalar()
    if history != stands.history[:8] or here is None or here < last:
        return
    if connection.execute(OLDER, {"device": device, "epoch": epoch}).rowcount:
        standing.touch(connection)
    settled = [
        lease
        for lease in lease_rows.of_till(connection, device, epoch)
        if lease.recalls() and int(version) > lease.asked
    ]
    for lease in settled:
        lease.obey()
    if settled:
        lease_rows.keep(connection, settled)
        standing.touch(connection)


def waits_for(connection: Connection, device: str, epoch: int) -> bool:
    """Whether something of this till's, or of an earlier enrolment of it, waits for its word."""
    return connection.execute(WAITS, {"device": device, "epoch": epoch}).scalar() is not None


def heard(connection: Connection, store: str, enrolled: int, fetched: int | None, now: int) -> None:
    """A till fetched a snapshot ``now``; one that was silent for so long that it holds nothing gets leases again."""
    if now - max(enrolled, fetched or 0) > kept(law(connection, store)):
        standing.touch(connection)


def page(connection: Connection, after: tuple[str, int, str], limit: int) -> list[Leased]:
    """Up to ``limit`` leases behind ``after``, in the order of device, epoch and discount."""
    rows = connection.execute(PAGE, {**dict(zip(KEY, after, strict=True)), "limit": limit})
    return [
        Leased(row.store, lease_rows.read(row), row.heard + kept(law(connection, row.store))) for row in rows
    ]
