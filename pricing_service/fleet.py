"""Tills that may speak to this service: enrolled here, each with a key of its own."""

import re
import time
from typing import NamedTuple

from sqlalchemy import Connection, text

from pos_client.core.record import Invalid, OutOfTurn
from pricing_service import standing

NAME = re.compile("[A-Za-z0-9._-]{1,64}")
COLUMNS = (
    "SELECT device, epoch, store, enrolled, acknowledged, last_seen, revoked, snapshot, revision, fetched"
    " FROM devices"
)
GET = text(f"{COLUMNS} WHERE device = :device AND epoch = :epoch")
PAGE = text(
    f"{COLUMNS} WHERE device > :after AND epoch = (SELECT MAX(d.epoch) FROM devices d WHERE d.device = devices.device)"
    " ORDER BY device LIMIT :limit"
)
NEWEST = text("SELECT MAX(epoch) FROM devices WHERE device = :device")
ENROL = text(
    "INSERT INTO devices (device, epoch, store, enrolled, acknowledged) VALUES (:device, :epoch, :store, :now, 0)"
)
REVOKE = text("UPDATE devices SET revoked = :now WHERE device = :device AND revoked IS NULL")
FETCHED = text(
    "UPDATE devices SET last_seen = :now, fetched = :now, snapshot = :snapshot, revision = :revision"
    " WHERE device = :device AND epoch = :epoch"
)
THROUGH = text(
    "SELECT device, acknowledged FROM devices WHERE store = :store AND revoked IS NULL ORDER BY device, epoch"
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


def get(connection: Connection, device: str, epoch: int) -> Device | None:
    """One enrolment, or None."""
    row = connection.execute(GET, {"device": device, "epoch": epoch}).one_or_none()
    return Device(*row) if row else None


def page(connection: Connection, after: str, limit: int) -> list[Device]:
    """Up to ``limit`` devices behind ``after`` by name, each in its newest enrolment."""
    return [Device(*row) for row in connection.execute(PAGE, {"after": after, "limit": limit})]


def enrol(connection: Connection, device: str, store: str) -> Device:
    """A new enrolment of ``device``. Raises `OutOfTurn` while an earlier one is in force, `Invalid` for odd names."""
    if not (NAME.fullmatch(device) and NAME.fullmatch(store)):
        raise Invalid(
            "device-name", "Devices and stores have 1 to 64 letters, digits, dots, dashes or underscores."
        )
    newest = connection.execute(NEWEST, {"device": device}).scalar() or 0
    present = get(connection, device, newest)
    if present and present.revoked is None:
        raise OutOfTurn("device-enrolled", f"{device} is enrolled: revoke it before it is enrolled again.")
    now = int(time.time())
    connection.execute(ENROL, {"device": device, "epoch": newest + 1, "store": store, "now": now})
    standing.touch(connection)
    return Device(device, newest + 1, store, now, 0, None, None)


def revoke(connection: Connection, device: str) -> bool:
    """Stop believing a device, for instance a stolen one; False if there is none to stop."""
    done = connection.execute(REVOKE, {"device": device, "now": int(time.time())}).rowcount > 0
    if done:
        standing.touch(connection)
    return done


def through(connection: Connection, store: str) -> dict[str, int]:
    """Up to which record of each till of a store everything is in the beliefs."""
    return {row.device: row.acknowledged for row in connection.execute(THROUGH, {"store": store})}


def fetched(connection: Connection, device: Device, snapshot: int, revision: int, now: int) -> None:
    """Note that a till was handed this version of the snapshot, made of this revision, or told that it has it."""
    values = {"device": device.device, "epoch": device.epoch, "now": now}
    connection.execute(FETCHED, {**values, "snapshot": snapshot, "revision": revision})
