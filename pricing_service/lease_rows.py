"""Leases as rows of their table."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, text

from pricing_service.leasing import Lease, Name, Purse

Key = tuple[str, int, str]
KEY = ("device", "epoch", "discount")
COLUMNS = (
    "device, epoch, discount, period, period_key, held, recalled, held_later, recalled_later, held_before,"
    " given, given_before, gift, asked, since"
)
ALL = text(f"SELECT {COLUMNS} FROM leases ORDER BY discount, device, epoch")
OF_TILL = text(f"SELECT {COLUMNS} FROM leases WHERE device = :device AND epoch = :epoch ORDER BY discount")
OF_STORE = text(
    f"SELECT {COLUMNS} FROM leases WHERE EXISTS (SELECT 1 FROM devices d WHERE d.device = leases.device"
    " AND d.epoch = leases.epoch AND d.store = :store) ORDER BY device, epoch, discount"
)
KEEP = text(
    f"INSERT INTO leases ({COLUMNS}) VALUES ({', '.join(':' + name.strip() for name in COLUMNS.split(','))})"
    " ON CONFLICT (device, epoch, discount) DO UPDATE SET "
    + ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in COLUMNS.split(",")[3:])
)
DROP = text("DELETE FROM leases WHERE device = :device AND epoch = :epoch AND discount = :discount")


def everywhere(connection: Connection) -> Iterator[Lease]:
    """All of them, by discount and till."""
    return (read(row) for row in connection.execute(ALL))


def of_till(connection: Connection, device: str, epoch: int) -> list[Lease]:
    """What one enrolment holds, by discount."""
    return [read(row) for row in connection.execute(OF_TILL, {"device": device, "epoch": epoch})]


def of_store(connection: Connection, store: str) -> Iterator[Lease]:
    """What the tills of ``store`` hold, by till and discount."""
    return (read(row) for row in connection.execute(OF_STORE, {"store": store}))


def keep(connection: Connection, leases: Iterable[Lease]) -> None:
    """Write leases, new ones and changed ones."""
    rows = [row(lease) for lease in leases]
    if rows:
        connection.execute(KEEP, rows)


def drop(connection: Connection, keys: Iterable[Key]) -> None:
    """Forget leases by what `key` says of them."""
    rows: list[dict[str, Any]] = [dict(zip(KEY, one, strict=True)) for one in keys]
    if rows:
        connection.execute(DROP, rows)


def key(lease: Lease) -> Key:
    """Which one it is."""
    return lease.till.device, lease.till.epoch, lease.discount


def read(row: Any) -> Lease:
    """The lease of a row that has `COLUMNS`."""
    return Lease(
        Name(row.device, row.epoch),
        row.discount,
        row.period,
        row.period_key,
        Purse(row.held, row.recalled),
        Purse(row.held_later, row.recalled_later),
        row.held_before,
        row.given,
        row.given_before,
        row.gift,
        row.asked,
        row.since,
    )


def row(lease: Lease) -> dict[str, Any]:
    """What is kept of a lease, by column."""
    return {
        "device": lease.till.device,
        "epoch": lease.till.epoch,
        "discount": lease.discount,
        "period": lease.period,
        "period_key": lease.key,
        "held": lease.now.left,
        "recalled": lease.now.recalled,
        "held_later": lease.later.left,
        "recalled_later": lease.later.recalled,
        "held_before": lease.past,
        "given": lease.given,
        "given_before": lease.before,
        "gift": lease.gift,
        "asked": lease.asked,
        "since": lease.since,
    }
