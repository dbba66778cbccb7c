"""A disk that is really full: ``python -m tests.power.full_day FOLDER``, where FOLDER is a small file system.

Something else fills it to the last byte; a till and a service on it go on as far as they can, and recover when that is
gone. Ends with an AssertionError where they do not.
"""

import sys
from pathlib import Path
from typing import Any

from pos_client.desktop import FolderStorage
from pricing_service import serving
from tests.power.faulty_till import Day
from tests.service.places import BASKET, Client, Pen, listening, prepared
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


def main(folder: Path) -> None:
    serving.configure_logs()
    filler = Filler(folder)
    sells_on(folder, filler)
    decides_on(folder, filler)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
