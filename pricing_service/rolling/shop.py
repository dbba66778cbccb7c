"""The service of a simulated fleet: a database of its own, releases signed and published, and a clock that is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from firmware.released import formats
from pricing_service import (
    event_store,
    firmware_publishing,
    firmware_store,
    fleet,
    fleet_reports,
    provisioning,
    rollout_body,
    rollout_deeds,
    rollout_store,
    rollout_telling,
    serving,
)
from pricing_service.delivery import Delivery
from pricing_service.hearing import heard
from pricing_service.rolling.images import HARDWARE, name_of
from pricing_service.rollout_groups import DEFAULT
from pricing_service.rollout_store import Rollout
from pricing_service.rollout_telling import Told
from pricing_service.service import Service
from pricing_service.settings import Settings

STORE = "sample"
ROLLOUT = "simulated"
WATCHES = (3600, 1800, 600)  # seconds, where a real rollout takes a day, four hours and one
DEADLINE = 2 * 3600
IN_REAL_TIME = {"deadline": 600, "trial": 5}  # seconds, and who confirmed is good
_ONE_AT_A_TIME = threading.Lock()  # alembic has one context for the whole process
LINES = text("SELECT device, sequence, line FROM events ORDER BY device, sequence")


class Shop:
    """Everything runs in one thread and in one transaction at a time: `turn`."""

    def __init__(self, data: Path, tills: list[str]) -> None:
        self.settings = Settings(data=data, service_port=0)
        with _ONE_AT_A_TIME:
            database = provisioning.prepare(self.settings)
        provisioning.load_sample_shop(database)
        with database.writing() as connection:
            for name in tills:
                fleet.enrol(connection, name, STORE)
        database.close()
        self.service = Service(self.settings)
        self.snapshot = self.service.snapshots.latest(STORE).body
        self.files: dict[str, bytes] = {}  # as tills fetch them
        self._connection: Connection | None = None
        self._was_served = False

    def close(self) -> None:
        if not self._was_served:
            self.service.close()

    @contextmanager
    def served(self) -> Iterator[str]:
        """The service over HTTP, for tills that are processes; its address. It closes at the end."""
        listening = serving.listen("127.0.0.1", 0)
        web = serving.server(self.service)
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        self._was_served = True
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            web.should_exit = True
            thread.join()
            listening.close()

    def identity(self, device: str, address: str) -> dict[str, Any]:
        """What a till that was enrolled here has to know."""
        with self.service.database.reading() as connection:
            enrolled = fleet.get(connection, device, 1)
        assert enrolled is not None
        return provisioning.identity(self.settings, enrolled, "en", address)

    def heard_of(self, device: str) -> tuple[bool, int]:
        """Whether a till has ever reported, and the last of its records that is here."""
        with self.service.database.reading() as connection:
            one = fleet_reports.one(connection, device)
        return one.report is not None, one.acknowledged

    def publish(self, releases: dict[int, bytes]) -> None:
        """Versions with their images, signed by two of three keys and judged as ever."""
        from pricing_service import firmware_forms as forms

        def keys(role: str) -> list[Any]:
            return [
                forms.signer(sha256(f"simulated {role} {number}".encode()).digest()) for number in range(3)
            ]

        now = int(time.time())
        root_keys, target_keys = keys("root"), keys("targets")
        public = {"root": root_keys, "targets": target_keys}
        named: dict[str, list[str]] = {
            role: [forms.digits(one.public_key) for one in some] for role, some in public.items()
        }
        online = firmware_publishing.public_keys(self.settings)[:1]
        named |= {"snapshot": online, "timestamp": online}
        root = forms.signed(forms.root(1, named, now), *root_keys[:2])
        images = {name_of(version): body for version, body in releases.items()}
        entries = {name_of(version): _entry(version, body) for version, body in releases.items()}
        targets = forms.signed(forms.targets(1, entries, now), *target_keys[:2])
        database = self.service.database
        with database.writing() as connection:
            firmware_publishing.trust(connection, root, now)
        sent = firmware_publishing.Sent({"1.targets.json": targets}, images, {})
        firmware_publishing.publish(database, self.service.write, self.settings, sent, "ada", now)
        with database.reading() as connection:
            self.files = firmware_store.files(connection)
        for name, body in images.items():
            self.files[f"{sha256(body).hexdigest()}.{name}"] = body

    def roll_out(self, version: int, now: int, boards: list[str]) -> None:
        """Ada asks for it, Grace approves it: the default groups, watched for a shorter time. ``boards`` live in real
        time and are the canary."""
        groups = [group._replace(watch=watch) for group, watch in zip(DEFAULT, WATCHES, strict=True)]
        terms = {"deadline": DEADLINE}
        if boards:
            groups = [group._replace(watch=0) for group in groups]
            groups[0] = groups[0]._replace(size=None, devices=tuple(boards))
            terms = IN_REAL_TIME
        sent = {"groups": json.loads(rollout_body.written(groups)), **terms}
        asked = rollout_body.read({"id": ROLLOUT, "release": name_of(version), **sent})
        with self.service.database.writing() as connection:
            release = firmware_store.release(connection, asked.release)
            assert release is not None, "it was published"
            rollout_deeds.create(connection, asked, release, "ada", now)
            rollout_deeds.approve(connection, ROLLOUT, "grace", now)

    @contextmanager
    def turn(self, now: int) -> Iterator[None]:
        """A block in which tills are heard; committed at its end."""
        with self.service.database.writing() as self._connection:
            for name in rollout_store.unsettled(self._connection):
                rollout_deeds.settle(self._connection, name, now, self.service.hearing)
            yield

    def reports(self, device: str, told: dict[str, Any], now: int) -> Told:
        """A till reports."""
        assert self._connection is not None
        enrolled = fleet.get(self._connection, device, 1)
        assert enrolled is not None
        self.service.hearing = heard(self.service.hearing, now)
        report = fleet_reports.read(told)
        looked = rollout_telling.look(self._connection, enrolled, report)
        return rollout_telling.answer(self._connection, enrolled, report, looked, self.service.room, now)

    def takes(self, device: str, lines: list[bytes]) -> int:
        """A till sends records; up to which one they are acknowledged."""
        assert self._connection is not None
        batch = Delivery(device, 1, lines, 0, None, "").batch()
        return event_store.accept(batch, self.service.forgetting)(self._connection).acknowledged

    def rollout(self) -> Rollout:
        with self.service.database.reading() as connection:
            return rollout_store.get(connection, ROLLOUT)

    def tallies(self) -> list[Any]:
        with self.service.database.reading() as connection:
            return rollout_store.tallies(connection, rollout_store.get(connection, ROLLOUT))

    def records(self) -> dict[tuple[str, int], bytes]:
        """Every record in the log, as it was stored."""
        with self.service.database.reading() as connection:
            return {(row.device, row.sequence): bytes(row.line) for row in connection.execute(LINES)}


def _entry(version: int, body: bytes) -> dict[str, Any]:
    custom = {"hardware": HARDWARE, "version": version, "journal": formats()}
    return {"length": len(body), "hashes": {"sha256": sha256(body).hexdigest()}, "custom": custom}
