"""Firmware as the database keeps it: the files of metadata, images, and every release there ever was."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from pricing_service.firmware_release import Release

FILE = text("SELECT body, made FROM firmware_files WHERE name = :name")
FILES = text("SELECT name, body FROM firmware_files")
NAMES = text("SELECT name FROM firmware_files")
KEEP = text(
    "INSERT INTO firmware_files (name, body, made) VALUES (:name, :body, :now)"
    " ON CONFLICT (name) DO UPDATE SET body = excluded.body, made = excluded.made"
)
FORGET = text("DELETE FROM firmware_files WHERE name = :name")
IMAGE = text("SELECT body FROM firmware_images WHERE sha256 = :sha256")
KEEP_IMAGE = text(
    "INSERT INTO firmware_images (sha256, body) VALUES (:sha256, :body) ON CONFLICT (sha256) DO NOTHING"
)
COLUMNS = ", ".join(Release._fields)
RELEASES = text(f"SELECT {COLUMNS} FROM firmware_releases ORDER BY hardware, version DESC")
RELEASE = text(f"SELECT {COLUMNS} FROM firmware_releases WHERE name = :name")
ADD = text(
    f"INSERT INTO firmware_releases ({COLUMNS}) VALUES ({', '.join(':' + name for name in Release._fields)})"
)
KEPT_SNAPSHOTS = 2  # a device may hold a timestamp of a moment ago


def file(connection: Connection, name: str) -> tuple[bytes, int] | None:
    """(bytes, when they came) of a file of metadata."""
    row = connection.execute(FILE, {"name": name}).one_or_none()
    return (bytes(row.body), row.made) if row else None


def files(connection: Connection) -> dict[str, bytes]:
    """All metadata that is published, by name."""
    return {name: bytes(body) for name, body in connection.execute(FILES)}


def newest(connection: Connection) -> dict[str, bytes]:
    """The newest file of each role that there is."""
    names = {role: _numbered(connection, role)[-1:] for role in ("root", "snapshot", "targets")}
    names["timestamp"] = ["timestamp.json"]
    found = {role: file(connection, name) for role, those in names.items() for name in those}
    return {role: one[0] for role, one in found.items() if one is not None}


def keep(connection: Connection, files: Mapping[str, bytes], now: int) -> None:
    """Publish files of metadata; of snapshots only the last ones stay."""
    for name, body in files.items():
        connection.execute(KEEP, {"name": name, "body": body, "now": now})
    for name in _numbered(connection, "snapshot")[:-KEPT_SNAPSHOTS]:
        connection.execute(FORGET, {"name": name})


def image(connection: Connection, sha256: str) -> bytes | None:
    body = connection.execute(IMAGE, {"sha256": sha256}).scalar()
    return None if body is None else bytes(body)


def keep_image(connection: Connection, sha256: str, body: bytes) -> None:
    connection.execute(KEEP_IMAGE, {"sha256": sha256, "body": body})


def add(connection: Connection, one: Release) -> None:
    """Note a release that was published."""
    devices = None if one.devices is None else json.dumps(one.devices)
    connection.execute(ADD, {**one._asdict(), "journal": json.dumps(one.journal), "devices": devices})


def releases(connection: Connection) -> list[Release]:
    """All releases there ever were, by hardware, the newest first."""
    return [_read(row) for row in connection.execute(RELEASES)]


def release(connection: Connection, name: str) -> Release | None:
    """One release, offered now or withdrawn since."""
    row = connection.execute(RELEASE, {"name": name}).one_or_none()
    return _read(row) if row else None


def offered(connection: Connection) -> set[str]:
    """The names of releases that the newest targets hold: what a device can install."""
    named = _numbered(connection, "targets")
    newest = file(connection, named[-1]) if named else None
    return set() if newest is None else set(json.loads(newest[0])["signed"]["targets"])


def _numbered(connection: Connection, role: str) -> list[str]:
    """The names of files of a role, the newest last."""
    names = [name for (name,) in connection.execute(NAMES) if name.endswith(f".{role}.json")]
    return sorted(names, key=lambda name: int(name.partition(".")[0]))


def _read(row: Any) -> Release:
    one = Release(*row)
    devices = None if row.devices is None else json.loads(row.devices)
    return one._replace(journal=json.loads(row.journal), devices=devices)
