"""Tills that report to a service's database at any hour, and releases that somebody published there."""

import hashlib
import json
from typing import Any

from pricing_service import (
    firmware_store,
    fleet,
    fleet_reports,
    rollout_body,
    rollout_deeds,
    rollout_store,
    rollout_telling,
)
from pricing_service.database import Database
from pricing_service.firmware_release import Release
from pricing_service.hearing import GRACE, Hearing
from pricing_service.rollout_groups import DEFAULT
from pricing_service.rollout_room import Room
from pricing_service.rollout_store import Rollout
from pricing_service.rollout_telling import Told

NOW = 1_795_000_000
HARDWARE = "host"


def name_of(version: int) -> str:
    return f"rung-{HARDWARE}-{version}.romfs"


def digest(version: int) -> str:
    return hashlib.sha256(name_of(version).encode()).hexdigest()


def published(database: Database, *versions: int, devices: list[str] | None = None) -> None:
    """Releases as they stand once their publication was verified, offered all."""
    targets = json.dumps({"signed": {"targets": {name_of(version): {} for version in versions}}})
    with database.writing() as connection:
        for version in versions:
            one = Release(
                name_of(version), HARDWARE, version, digest(version), 1000, [1], devices, None, 1, NOW, "ada"
            )
            firmware_store.add(connection, one)
        firmware_store.keep(connection, {"1.targets.json": targets.encode()}, NOW)


class Reporting:
    """A database with enrolled tills. ``now`` goes on when it is told to."""

    def __init__(self, database: Database, tills: int) -> None:
        self.database, self.now, self.room = database, NOW, Room()
        self.names = [f"shop-{number:04}" for number in range(tills)]
        with database.writing() as connection:
            for name in self.names:
                fleet.enrol(connection, name, "sample")
        for name in self.names:
            self.report(name, 6)

    def report(self, name: str, version: int, confirmed: int | None = None, **more: Any) -> Told:
        """One report; what is not ``confirmed`` is on trial."""
        confirmed = version if confirmed is None else confirmed
        sent = {
            "hardware": HARDWARE,
            "version": version,
            "confirmed": confirmed,
            "trial": confirmed < version,
            **more,
        }
        with self.database.writing() as connection:
            device = fleet.in_force(connection, name)[-1]
            report = fleet_reports.read(sent)
            looked = rollout_telling.look(connection, device, report)
            return rollout_telling.answer(connection, device, report, looked, self.room, self.now)

    def ask(self, version: int = 7, approve: bool = True, **more: Any) -> Rollout:
        """A rollout that ada asks for and grace approves; these tills sell nothing."""
        more = {"groups": [rollout_body.told(each._replace(records=0)) for each in DEFAULT], **more}
        asked = rollout_body.read({"id": f"r{version}", "release": name_of(version), **more})
        with self.database.writing() as connection:
            release = firmware_store.release(connection, asked.release)
            assert release is not None
            made = rollout_deeds.create(connection, asked, release, "ada", self.now)
            return rollout_deeds.approve(connection, made.kept.id, "grace", self.now) if approve else made

    def rollout(self, name: str = "r7") -> Rollout:
        with self.database.reading() as connection:
            return rollout_store.get(connection, name)

    def group(self, place: int, name: str = "r7") -> list[str]:
        with self.database.reading() as connection:
            found = rollout_store.members(connection, name, "", "", 10_000)
        return [one.device for one in found if one.place == place]

    def member(self, device: str, name: str = "r7") -> rollout_store.Member:
        with self.database.reading() as connection:
            one = rollout_store.member(connection, name, device)
        assert one is not None
        return one

    def settle(self, hearing: Hearing | None = None) -> None:
        """A round of the service, which has heard tills without a gap unless ``hearing`` says otherwise."""
        with self.database.writing() as connection:
            for name in rollout_store.unsettled(connection):
                rollout_deeds.settle(connection, name, self.now, hearing or Hearing(NOW - GRACE, self.now))

    def installed(self, device: str, version: int = 7) -> None:
        """A till that was told goes through its trial, and is let confirm."""
        assert self.report(device, 6).target == name_of(version)
        assert self.report(device, version, 6).target == ""
        self.now += 300
        assert self.report(device, version, 6).target == name_of(version)
        self.report(device, version)
