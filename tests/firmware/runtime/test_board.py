"""A whole board under MicroPython: boot.py, slots, the till's own image, updated through its link to a service."""

import gzip
import http.client
import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from firmware.build import build
from pos_client.core.event import opened
from tests.firmware.runtime.headquarters import IDENTITY, Headquarters, Served
from tests.firmware.runtime.images import BAD, image, provisioned
from tests.till.processes import Cashier, Process, free_port, status_of, waited

ROOT = Path(__file__).resolve().parents[3]
NEXT = "rung-host-7.romfs"
PATIENCE = 120  # seconds until a state that must come; a machine ten times slower than ours has it


class Board:
    """An emulated board with its power on while the block lasts."""

    def __init__(self, folder: Path, service_port: int, identity: dict = IDENTITY, **settings: str):
        self.folder, self.port = folder, free_port()
        identity = {**identity, "service": f"http://127.0.0.1:{service_port}"}
        (folder / "till" / "till.json").write_text(json.dumps(identity))
        self.settings = {"RUNG_REPORT_SECONDS": "0", "RUNG_IDLE_SECONDS": "1", **settings}
        self.log = folder.with_suffix(".log")

    def __enter__(self):
        command = [sys.executable, "-m", "firmware.emulated_board", str(self.folder), "-X", "heapsize=400k"]
        settings = {"RUNG_TILL_PORT": str(self.port), **self.settings}
        self._process = Process(command, self.log, **settings)
        return self

    def __exit__(self, *ended):
        self._process.kill()

    def pointer(self) -> dict:
        return json.loads((self.folder / "update" / "pointer").read_text())

    def is_ready(self) -> bool:
        return status_of(self.port, "/v1/health") == 200

    def told(self) -> str:
        return self.log.read_text()[-3000:]

    def until(self, state):
        return waited(state, PATIENCE, self.told)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """The files of the till's image."""
    return build(tmp_path_factory.mktemp("image") / "build").parent / "files"


@pytest.fixture
def headquarters():
    with Served(Headquarters()) as served:
        yield served
    assert served.faults == []


def page(port: int) -> bytes:
    """The cashier's page, as a browser unpacks it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    return gzip.decompress(answer.read())


def with_release(served: Served, image: bytes) -> bytes:
    """Publish version 7 and want it everywhere; the root that boards are handed out with."""
    repository = served.service.repository
    repository.release(**{NEXT: (image, {"hardware": "host", "version": 7})})
    served.service.wanted = NEXT
    return repository.files["1.root.json"]


def test_a_board_reports_updates_itself_confirms_and_keeps_every_record(tmp_path, files, headquarters):
    service = headquarters.service
    old, new = image(files, 6), image(files, 7)
    folder = provisioned(tmp_path / "board", old, 6, with_release(headquarters, new))
    with Board(folder, headquarters.port) as board:
        board.until(board.is_ready)
        assert page(board.port) == (ROOT / "pos_client" / "page" / "index.html").read_bytes()
        cashier = Cashier(board.port, 1, patience=PATIENCE)
        cashier.work(5)
        board.until(lambda: board.pointer() == {"confirmed": ["b", 7], "trial": None})
        cashier.work(5)
        board.until(lambda: len(service.lines) == 10 and service.reports[-1]["confirmed"] == 7)
    first, last = service.reports[0], service.reports[-1]
    assert (first["version"], first["confirmed"], first["trial"]) == (6, 6, False)
    assert first["image"] == sha256(old).hexdigest() and first["hardware"] == "host"
    assert (last["version"], last["trial"], last["crash"], last["refused"]) == (7, False, "", "")
    assert last["image"] == sha256(new).hexdigest() and last["failed"] is None
    assert last["boot"] > first["boot"] and last["free"] > 0
    assert [opened(line)["sequence"] for line in service.lines] == list(range(1, 11))


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_image_falls_back_says_why_and_loses_no_record(tmp_path, files, headquarters, bad):
    service = headquarters.service
    root = with_release(headquarters, image(files, 7, bad))
    folder = provisioned(tmp_path / "board", image(files, 6), 6, root)
    hurried = {"RUNG_TRIAL_SECONDS": "1"}
    if bad == "hangs":  # the good image is watched once it serves, so this is no race with its start
        hurried["RUNG_WATCHDOG_SECONDS"] = "1"
    with Board(folder, headquarters.port, **hurried) as board:
        board.until(board.is_ready)
        cashier = Cashier(board.port, 1, patience=PATIENCE)
        cashier.work(3)
        board.until(lambda: service.reports and service.reports[-1]["failed"])
        cashier.work(3)
        board.until(lambda: len(service.lines) == 6)
    told = service.reports[-1]
    why = "self-test: server" if bad == "cannot sync" else "unconfirmed"
    assert told["failed"] == {"version": 7, "why": why}
    assert (told["version"], told["confirmed"], told["trial"]) == (6, 6, False)
    assert board.pointer() == {"confirmed": ["a", 6], "trial": None}
    assert board.log.read_text().count("board: on") == 5  # handed out, three trials, and back
