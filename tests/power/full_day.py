"""A disk that is really full: ``python -m tests.power.full_day FOLDER``, where FOLDER is a small file system.

Something else fills it to the last byte; a till and a service on it go on as far as they can, and recover when that is
gone. Ends with an AssertionError where they do not.
"""

import gc
import sys
from pathlib import Path
from typing import Any

from pos_client.claim import Unusable
from pos_client.desktop import FolderStorage
from pricing_service import ballast, disk, logs, service
from pricing_service.settings import Settings
from tests.power.faulty_till import Day
from tests.service.places import BASKET, Client, Pen, listening, prepared
from tests.till.processes import Service as Process
from tests.till.processes import waited
from tests.till.signed_service import Service


class Filler:
    """Somebody else's file that takes what is left of the disk."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filler"

    def fill(self) -> None:
        with self._path.open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                self._write(file, b"f" * size)

    def _write(self, file: Any, block: bytes) -> None:
        try:
            while file.write(block):
                pass
        except OSError:
            pass

    def empty(self) -> None:
        self._path.unlink()


class Setting:
    """In the place of pytest's monkeypatch: this process is the test's own."""

    setattr = staticmethod(setattr)


def sells_on(folder: Path, filler: Filler) -> None:
    day = Day(FolderStorage(folder / "till"), Service(), Setting())
    day.publish(1)
    day.start()
    day.sync()
    day.sell("before")
    filler.fill()
    for number in range(40):
        day.sell(f"full {number}".replace(" ", "-"))
    assert day.told["full-39"] is None
    assert day.health()["journal"]["trouble"] == "journal-full"
    day.start()
    day.sell("started-full")
    filler.empty()
    day.sell("after")
    day.sync()
    health = day.health()["journal"]
    assert day.told["after"] and (health["trouble"], health["depth"]) == (None, 0), health


def decides_on(folder: Path, filler: Filler) -> None:
    settings = prepared(folder / "data")
    pen = Pen(settings)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        assert pen.send(client, [pen.write()]).json["acknowledged"] == 1
        lines = [pen.write() for _ in range(200)]
        filler.fill()
        refused = pen.send(client, lines)
        assert (refused.status, refused.json["code"]) == (503, "disk-full"), refused.body
        assert client.ask("POST", "/v1/decisions", BASKET).status == 200
        ready = client.ask("GET", "/readyz")
        assert (ready.status, ready.json["trouble"], ready.json["disk_free_bytes"]) == (
            200,
            "disk-full",
            0,
        ), ready.body
        filler.empty()
        assert pen.send(client, lines).json["acknowledged"] == 201
        assert client.ask("GET", "/readyz").json["trouble"] is None
        client.close()


def starts_full(folder: Path, filler: Filler) -> None:
    """A service that was stopped properly, so that SQLite left nothing of its own to open the database with."""
    running, settings = Process(folder / "data"), Settings(data=folder / "data")
    with ballast.dropped(settings.data):
        pass
    shared = settings.database.with_name("rung.db-shm")
    waited(lambda: _is_gone(shared), 60, lambda: "for the service before to let go of its database")
    filler.fill()
    assert disk.free_bytes(folder) == 0
    running.start()
    waited(running.ready, 60)
    assert disk.free_bytes(folder) == 0 and (settings.data / ballast.FILE).exists()  # for the next start
    client = Client(running.port, settings.admin_token)
    assert client.ask("POST", "/v1/decisions", BASKET).status == 200
    changed = client.ask("PUT", "/v1/customers/" + 64 * "a", {"tier": "gold"})
    assert (changed.status, changed.json["code"]) == (503, "disk-full"), changed.body
    assert client.ask("GET", "/readyz").json["trouble"] == "disk-full"
    assert b'rung_failed_writes_total{code="disk-full"} 1.0' in client.ask("GET", "/metrics").body
    client.close()
    running.stop()
    filler.empty()


def _is_gone(file: Path) -> bool:
    """The service before ran in this process: a connection of it may still wait to be collected."""
    gc.collect()
    return not file.exists()


def is_told_why_it_cannot_start(folder: Path, filler: Filler) -> None:
    settings = Settings(data=folder / "data")
    (settings.data / ballast.FILE).unlink()
    filler.fill()
    try:
        with ballast.dropped(settings.data):
            service.Service(settings)
    except Unusable as told:
        assert "(0 bytes are free). Make room and start again" in str(told), told
    else:
        raise AssertionError("it started")


def main(folder: Path) -> None:
    logs.configure()
    filler = Filler(folder)
    sells_on(folder, filler)
    decides_on(folder, filler)
    starts_full(folder, filler)
    is_told_why_it_cannot_start(folder, filler)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
