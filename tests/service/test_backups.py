"""A copy taken while tills sell, the way back to it, and tills that send again what the copy does not know."""

import asyncio
import errno
import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from pos_client import desktop, starting
from pos_client.claim import Unusable, hold
from pos_client.journal import Journal
from pricing_service import backups, cli, fleet, migrating, provisioning, releases, replaying
from pricing_service.database import Database
from pricing_service.fleet import Device
from pricing_service.replaying import Derived
from pricing_service.settings import Settings
from tests.fakes import MemoryStorage
from tests.service.places import Client, Pen, listening, prepared

REACTIONS = (("accepted",), ("asked_more", "accepted"), ("asked_more", "left"), ("asked_more", "asked_more"))
LIMITS = starting.Limits(65536, 1, 10, 10, 512, 65536, 131072, 1 << 23, 1 << 28)


class OwnTill:
    """A real till's journal and link, and a pen that fills the one for the other."""

    def __init__(self, settings: Settings, device: str) -> None:
        self.pen, self.storage = Pen(settings, device), MemoryStorage()
        self.journal = Journal(self.storage, desktop.SystemClock(), segment_bytes=LIMITS.segment)
        self._chance, self._settings = Random(device), settings

    def sells(self, checkouts: int) -> None:
        for _ in range(checkouts):
            heard = self._chance.choice(REACTIONS)
            card = (
                f"{self.pen.device}-{self._chance.randrange(100)}"  # every customer has a till of their own
            )
            outcome = "lost" if heard[-1] == "left" else "sold"
            self.journal.append(self.pen.write(heard, outcome, card=card))

    def meets(self, port: int) -> None:
        """Sync until the service at ``port`` holds everything."""
        address = f"http://127.0.0.1:{port}"
        told = provisioning.identity(self._settings, _enrolment(self.pen), "en", address)
        clock, last = desktop.SystemClock(), self.pen.sequence
        _, sync = starting.assembled(told, self.storage, clock, self._chance.randrange, LIMITS)
        sync.every = 100

        async def until_level() -> None:
            end = time.monotonic() + 60
            while acknowledged(self._settings, self.pen.device) < last:
                assert time.monotonic() < end, sync.health()
                if not await sync.step():
                    await asyncio.sleep(0.01)

        asyncio.run(until_level())


def _enrolment(pen: Pen) -> Device:
    return Device(pen.device, pen.epoch, "sample", 0, 0, None, None)


def acknowledged(settings: Settings, device: str) -> int:
    """What the service holds of a till's records, by its own count."""
    with closing(Database(settings.database)) as database, database.reading() as connection:
        enrolled = fleet.get(connection, device, 1)
    return enrolled.acknowledged if enrolled else 0


def derived(path: Path, is_replayed: bool = False) -> Derived:
    """What the tables say, or what the log says."""
    with closing(Database(path)) as database, database.reading() as connection:
        if is_replayed:
            return replaying.replay(connection, releases.hand_made().model)
        return replaying.stored(connection)


def lines(path: Path) -> list[bytes]:
    with closing(Database(path)) as database, database.reading() as connection:
        return sorted(connection.execute(text("SELECT line FROM events")).scalars())


def test_tills_send_again_what_a_restored_service_forgot_and_it_then_believes_the_same(
    tmp_path: Path,
) -> None:
    settings = prepared(tmp_path / "data", devices=4)
    tills = [OwnTill(settings, f"till-{number}") for number in range(1, 5)]
    copy = tmp_path / "copy.db"
    with listening(settings) as port:
        for till in tills:
            till.sells(800)
            till.meets(port)
        tills[0].sells(150)
        selling = threading.Thread(target=tills[0].meets, args=(port,))
        selling.start()
        backups.take(settings, copy)
        selling.join()
        for till in tills[1:]:
            till.sells(100)
            till.meets(port)
    before, kept = derived(settings.database), lines(settings.database)
    sealed = copy.read_bytes()
    aside = backups.restore(settings, copy)
    assert aside and lines(aside) == kept
    assert copy.read_bytes() == sealed and not settings.database.is_symlink()
    assert len(lines(settings.database)) < len(kept) == 3650
    with listening(settings) as port:
        for till in tills:
            till.meets(port)
    assert lines(settings.database) == kept
    after = derived(settings.database)
    assert after == derived(settings.database, is_replayed=True)
    assert after.beliefs == before.beliefs and after.holding == before.holding
    assert len(after.beliefs) == 400


def test_a_backup_is_private_and_takes_no_name_that_is_taken(settings: Settings, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "rung.db"
    copy.parent.mkdir()
    assert backups.take(settings, copy) == copy.stat().st_size
    assert copy.stat().st_mode & 0o777 == 0o600
    before = copy.read_bytes()
    with pytest.raises(Unusable, match="is there already"):
        backups.take(settings, copy)
    assert copy.read_bytes() == before
    assert os.listdir(copy.parent) == ["rung.db"]


def test_a_backup_that_cannot_be_finished_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be written"):
        backups.take(settings, tmp_path / "nowhere" / "copy.db")
    with closing(sqlite3.connect(settings.database)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'discounts'").fetchone()[0]
    with settings.database.open("r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"rotten" * 600)
    with pytest.raises(Unusable, match="could not be copied"):
        backups.take(settings, tmp_path / "copy.db")
    assert os.listdir(tmp_path) == ["data"]


def test_nothing_but_a_whole_database_of_rung_is_restored(settings: Settings, tmp_path: Path) -> None:
    good, before = tmp_path / "good.db", settings.database.read_bytes()
    backups.take(settings, good)
    whole = good.read_bytes()
    bad = tmp_path / "bad.db"
    stranger = sqlite3.connect(tmp_path / "stranger.db")
    stranger.execute("CREATE TABLE t (a)")
    stranger.close()
    newer = Database(good)
    with newer.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer.close()
    for content, why in (
        (b"", "something else"),
        (b"hello" * 5000, "not a whole database"),
        (whole[: len(whole) // 2], "damaged|not a whole"),
        (whole[: len(whole) // 2] + bytes(len(whole) // 2), "damaged|not a whole"),
        ((tmp_path / "stranger.db").read_bytes(), "something else"),
        (good.read_bytes(), "newer version"),
    ):
        bad.write_bytes(content)
        with pytest.raises(Unusable, match=why):
            backups.restore(settings, bad)
        assert bad.read_bytes() == content
    assert settings.database.read_bytes() == before
    assert sorted(os.listdir(settings.data)) == ["rung.db", "secrets"]


def test_a_backup_of_an_older_version_is_brought_up_to_date(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings.database)
    migrating.downgrade(database, "0006")
    database.close()
    shutil.copy(settings.database, tmp_path / "old.db")
    with pytest.raises(SystemExit, match="not of this version"):
        backups.take(settings, tmp_path / "copy.db")
    backups.restore(settings, tmp_path / "old.db")
    with closing(Database(settings.database)) as database:
        assert migrating.is_current(database)


def test_what_sqlite_kept_beside_the_old_database_never_meets_the_new_one(
    settings: Settings, tmp_path: Path
) -> None:
    """A service that was killed leaves its latest commits in a file beside."""
    backups.take(settings, tmp_path / "copy.db")
    living = sqlite3.connect(settings.database, isolation_level=None)
    living.execute("UPDATE service SET history = 'killed'")
    killed = {path: path.read_bytes() for path in settings.data.glob("rung.db*")}
    living.close()
    for path, content in killed.items():
        path.write_bytes(content)
    assert killed[settings.data / "rung.db-wal"]
    settings.database.write_bytes(b"rotten" * 20_000)
    aside = backups.restore(settings, tmp_path / "copy.db")
    assert aside and aside.read_bytes() == b"rotten" * 20_000
    assert aside.with_name(aside.name + "-wal").read_bytes() == killed[settings.data / "rung.db-wal"]
    with closing(sqlite3.connect(settings.database)) as restored:
        assert restored.execute("SELECT COUNT(*) FROM devices").fetchone() == (2,)
        assert restored.execute("SELECT history FROM service").fetchone() != ("killed",)
        assert restored.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_restores_within_a_second_both_set_aside_what_was_there(
    settings: Settings, tmp_path: Path
) -> None:
    backups.take(settings, tmp_path / "copy.db")
    was = settings.database.read_bytes()
    first, second = (backups.restore(settings, tmp_path / "copy.db") for _ in range(2))
    assert first and second and first != second
    assert first.read_bytes() == was


def test_where_a_disk_has_no_links_a_restore_says_what_to_do_and_touches_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), source, None, target)

    backups.take(settings, tmp_path / "copy.db")
    was = settings.database.read_bytes()
    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(Unusable, match="Move it away yourself"):
        backups.restore(settings, tmp_path / "copy.db")
    assert settings.database.read_bytes() == was


def test_the_commands_say_what_they_did_and_wait_for_nobody(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("RUNG_DATA", str(settings.data))
    copy = str(tmp_path / "copy.db")
    with listening(settings) as port:
        pen = Pen(settings)
        assert pen.send(Client(port), [pen.write()]).status == 200
        with hold(settings.data, "serve"):
            assert cli.backup([copy]) == 0
            assert cli.restore([copy]) == 1
    assert "in use by another rung serve" in capsys.readouterr().err
    assert cli.backup([copy]) == 1
    assert "is there already" in capsys.readouterr().err
    with hold(settings.data, "worker"):
        assert cli.restore([copy]) == 1
    assert cli.restore([copy]) == 0
    assert "Start the service" in " ".join(capsys.readouterr().out.split())
    assert len(lines(settings.database)) == 1
    assert cli.restore([str(tmp_path / "nothing.db")]) == 1
