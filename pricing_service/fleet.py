"""Tills that may speak to this service: enrolled here, each with a key of its own."""

import re
import time
from typing import NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.record import Invalid, OutOfTurn
from pos_client.core.signature import keyid
from pricing_service import fleet_reports, rollout_store, standing

NAME = re.compile("[A-Za-z0-9._-]{1,64}")
NAMES = "Devices and stores have 1 to 64 letters, digits, dots, dashes or underscores."
COLUMNS = (
    "SELECT device, epoch, store, enrolled, acknowledged, last_seen, revoked, snapshot, revision, fetched, counter"
    " FROM devices"
)
GET = text(f"{COLUMNS} WHERE device = :device AND epoch = :epoch")
PAGE = text(
    f"{COLUMNS} WHERE device > :after AND epoch = (SELECT MAX(d.epoch) FROM devices d WHERE d.device = devices.device)"
    " ORDER BY device LIMIT :limit"
)
NEWEST = text("SELECT MAX(epoch) FROM devices WHERE device = :device")
ENROL = text(
    "INSERT INTO devices (device, epoch, store, enrolled, acknowledged, counter)"
    " VALUES (:device, :epoch, :store, :now, :acknowledged, 0)"
)
COUNTED = text(
    "UPDATE devices SET counter = MAX(counter, :counter) WHERE device = :device AND epoch = :epoch"
)
FORGOTTEN = text("SELECT counter FROM forgotten_enrolments WHERE device = :device AND epoch = :epoch")
FORGOTTEN_COUNTED = text(
    "INSERT INTO forgotten_enrolments (device, epoch, counter) VALUES (:device, :epoch, :counter)"
    " ON CONFLICT (device, epoch) DO UPDATE"
    " SET counter = MAX(forgotten_enrolments.counter, excluded.counter)"
)
REMEMBERED = text("DELETE FROM forgotten_enrolments WHERE device = :device AND epoch = :epoch")
REVOKE = text("UPDATE devices SET revoked = :now WHERE device = :device AND revoked IS NULL")
IN_FORCE = text(f"{COLUMNS} WHERE device = :device AND revoked IS NULL ORDER BY epoch")
KEEP_REVOKED = text(
    "INSERT INTO devices (device, epoch, store, enrolled, acknowledged, counter, revoked)"
    " VALUES (:device, :epoch, :store, :at, 0, 0, :at)"
    " ON CONFLICT (device, epoch) DO UPDATE SET revoked = excluded.revoked WHERE devices.revoked IS NULL"
)
FETCHED = text(
    "UPDATE devices SET last_seen = :now, fetched = :now, snapshot = :snapshot, revision = :revision,"
    " counter = MAX(counter, :counter) WHERE device = :device AND epoch = :epoch"
)
THROUGH = text(
    "SELECT device, epoch, acknowledged FROM devices WHERE store = :store AND revoked IS NULL ORDER BY device, epoch"
)


class Device(NamedTuple):
    device: str
    epoch: int
    store: str
    enrolled: int
    acknowledged: int
    last_seen: int | None
    revoked: int | None
    snapshot: int | None = None
    revision: int | None = None
    fetched: int | None = None
    counter: int = 0


def get(connection: Connection, device: str, epoch: int) -> Device | None:
    """One enrolment, or None."""
    row = connection.execute(GET, {"device": device, "epoch": epoch}).one_or_none()
    return Device(*row) if row else None


def counted(connection: Connection, device: str, epoch: int) -> int:
    """The highest counter kept of an enrolment that the database was set back behind; 0 if none was."""
    return connection.execute(FORGOTTEN, {"device": device, "epoch": epoch}).scalar() or 0


def page(connection: Connection, after: str, limit: int) -> list[Device]:
    """Up to ``limit`` devices behind ``after`` by name, each in its newest enrolment."""
    return [Device(*row) for row in connection.execute(PAGE, {"after": after, "limit": limit})]


def enrol(connection: Connection, device: str, store: str) -> Device:
    """A new enrolment of ``device``: of another board of its name only its last crash and its log are kept.

    Raises `OutOfTurn` while an earlier one is in force, `Invalid` for odd names.
    """
    newest = check_free(connection, device, store)
    if newest:
        fleet_reports.begin_anew(connection, device, int(time.time()))
        rollout_store.begin_anew(connection, device)
    return _added(connection, device, newest + 1, store)


def check_free(connection: Connection, device: str, store: str) -> int:
    """The newest epoch of ``device``, 0 for a new one. Raises `OutOfTurn`, `Invalid` as `enrol` does."""
    if not (NAME.fullmatch(device) and NAME.fullmatch(store)):
        raise Invalid("device-name", NAMES)
    newest = connection.execute(NEWEST, {"device": device}).scalar() or 0
    present = get(connection, device, newest)
    if present and present.revoked is None:
        raise OutOfTurn("device-enrolled", f"{device} is enrolled: revoke it before it is enrolled again.")
    return newest


def renew(connection: Connection, device: str, epoch: int, store: str, resume: int, counter: int) -> Device:
    """A new epoch for a till that goes on after its record ``resume``. Raises `OutOfTurn` for one that was revoked.

    ``epoch`` signed the wish, with ``counter``. Where the database was set back behind it, it is added again; then, and
    only then, the till's own word says which ``store`` it stands in.
    """
    if not NAME.fullmatch(store):
        raise Invalid("device-name", NAMES)
    newest = connection.execute(NEWEST, {"device": device}).scalar() or 0
    last = get(connection, device, newest)
    if last and last.revoked is not None:
        raise OutOfTurn("device-revoked", f"{device} was revoked: enrol it anew.")
    present = get(connection, device, epoch) or _added(connection, device, epoch, store, resume)
    connection.execute(REMEMBERED, {"device": device, "epoch": epoch})
    count(connection, device, epoch, counter)
    return _added(connection, device, max(newest, epoch) + 1, present.store, resume)


def count(connection: Connection, device: str, epoch: int, counter: int) -> None:
    """Keep the counter of a request, if it is the highest one; also of an enrolment that is not known (any more)."""
    values = {"device": device, "epoch": epoch, "counter": counter}
    if not connection.execute(COUNTED, values).rowcount:
        connection.execute(FORGOTTEN_COUNTED, values)


def _added(connection: Connection, device: str, epoch: int, store: str, acknowledged: int = 0) -> Device:
    now = int(time.time())
    values = {"device": device, "epoch": epoch, "store": store, "now": now}
    connection.execute(ENROL, {**values, "acknowledged": acknowledged})
    standing.touch(connection)
    return Device(device, epoch, store, now, acknowledged, None, None)


def revoke(connection: Connection, device: str) -> bool:
    """Stop believing a device, for instance a stolen one; False if there is none to stop."""
    done = connection.execute(REVOKE, {"device": device, "now": int(time.time())}).rowcount > 0
    if done:
        standing.touch(connection)
    return done


def in_force(connection: Connection, device: str) -> list[Device]:
    """The enrolments of a device that are believed."""
    return [Device(*row) for row in connection.execute(IN_FORCE, {"device": device})]


def keep_revoked(connection: Connection, device: str, epoch: int, store: str, at: int) -> bool:
    """Have an enrolment revoked, known here or not; False where it is."""
    values = {"device": device, "epoch": epoch, "store": store, "at": at}
    changed = connection.execute(KEEP_REVOKED, values).rowcount > 0
    if changed:
        standing.touch(connection)
    return changed


def through(connection: Connection, store: str) -> dict[str, int]:
    """Up to which record of each enrolment in a store everything is in the beliefs."""
    rows = connection.execute(THROUGH, {"store": store})
    return {keyid(row.device, row.epoch): row.acknowledged for row in rows}


def fetched(
    connection: Connection, device: Device, snapshot: int, revision: int, now: int, counter: int
) -> None:
    """Note that a till was handed this version of the snapshot, made of this revision, or told that it has it."""
    values = {"device": device.device, "epoch": device.epoch, "now": now, "counter": counter}
    connection.execute(FETCHED, {**values, "snapshot": snapshot, "revision": revision})
