"""A rollout of the real service reaches a board that runs the real image under MicroPython: one that works, one that
does not."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from firmware.build import build
from pos_client.segments import FORMATS
from pricing_service import fleet_reports, provisioning, rollout_deeds
from pricing_service.database import Database
from pricing_service.fleet_reports import Judged
from pricing_service.rolling import fleet
from pricing_service.settings import Settings
from tests.firmware import repository
from tests.firmware.runtime.images import image, provisioned
from tests.service import firmware_signers
from tests.service.places import Client, Pen, listening, prepared
from tests.till.processes import Cashier, Process, free_port, status_of, waited

NAME = "rung-host-7.romfs"
GROUPS = [{"name": "all", "success": {"percent": 100}, "errors": {"tills": 0}, "watch": 0}]


PATIENCE = 120  # seconds until a state that must come; a machine ten times slower than ours has it


class Board:
    """An emulated board in ``folder``, with its power on while the block lasts."""

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self.folder, self.port, self._log = folder, free_port(), folder.with_suffix(".log")
        (folder / "till" / "till.json").write_text(json.dumps(identity))

    def __enter__(self) -> "Board":
        command = [sys.executable, "-m", "firmware.emulated_board", str(self.folder), "-X", "heapsize=400k"]
        settings = {"RUNG_REPORT_SECONDS": "0", "RUNG_IDLE_SECONDS": "1", "RUNG_WATCHDOG_SECONDS": "1"}
        self._process = Process(command, self._log, RUNG_TILL_PORT=str(self.port), **settings)
        return self

    def __exit__(self, *ended: object) -> None:
        self._process.kill()

    def is_ready(self) -> bool:
        return status_of(self.port, "/v1/health") == 200

    def until(self, state: Callable[[], bool]) -> None:
        waited(state, PATIENCE, lambda: self._log.read_text()[-3000:])

    def pointer(self) -> dict[str, Any]:
        return json.loads((self.folder / "update" / "pointer").read_text())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the till's image."""
    return build(tmp_path_factory.mktemp("image") / "build").parent / "files"


def enrolled(settings: Settings, port: int) -> dict[str, Any]:
    """The identity of the board, which has reported before."""
    report = fleet_reports.read({"hardware": "host", "version": 6, "confirmed": 6})
    with closing(Database(settings.database)) as database:
        told = provisioning.enrol(database, settings, "board-1", "sample", "en", f"http://127.0.0.1:{port}")
        with database.writing() as connection:
            fleet_reports.keep(connection, "board-1", report, 1_795_000_000, Judged(1, 0, 0, 0))
    return told


def published(settings: Settings, client: Client, body: bytes) -> bytes:
    """Publish version 7; the first root, for boards."""
    keys = firmware_signers.trusted(settings)
    entry = {NAME: repository.target(NAME, body, hardware="host", version=7, journal=list(FORMATS))}
    sent = firmware_signers.body({"1.targets.json": keys.targets(1, entry)})
    sent["images"] = {NAME: firmware_signers.b64encode(body).decode()}
    assert client.ask("POST", firmware_signers.RELEASES, sent).status == 201
    return firmware_signers.fetched(client, Pen(settings), "1.root.json").body


def rolled_out(settings: Settings, client: Client) -> None:
    """The administrator asks for it, Grace approves."""
    asked = {"id": "r7", "release": NAME, "trial": 0, "groups": GROUPS}
    assert client.ask("POST", "/v1/rollouts", asked).status == 201
    with closing(Database(settings.database)) as database, database.writing() as connection:
        rollout_deeds.approve(connection, "r7", "grace", 1_795_000_000)


def journey(
    tmp_path: Path, files: Path, bad: str, before: int, ends: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """What the service knows of the board and the rollout once six records have arrived, ``before`` of them closed
    before the update."""
    settings = prepared(tmp_path / "data")
    with listening(settings) as port, closing(Client(port, settings.admin_token)) as client:
        root = published(settings, client, image(files, 7, bad))
        identity = enrolled(settings, port)
        rolled_out(settings, client)
        board = Board(provisioned(tmp_path / "board", image(files, 6), 6, root), identity)

        def state() -> dict[str, Any]:
            till = client.ask("GET", "/v1/firmware/tills/board-1").json
            return {"till": till, "rollout": client.ask("GET", "/v1/rollouts/r7").json}

        with board:
            board.until(board.is_ready)
            cashier = Cashier(board.port, 1, patience=PATIENCE)
            cashier.work(before)
            board.until(lambda: ends(state()))
            board.until(board.is_ready)
            cashier.work(6 - before)
            board.until(lambda: state()["till"]["acknowledged"] == 6)
            return {**state(), "pointer": board.pointer()}


def test_a_simulated_fleet_with_a_real_till_in_it_stops_a_release_that_ends_at_every_start(
    files: Path,
) -> None:
    outcome = fleet.play("boot-loop", 2, 1, micropython=1, files=files)
    assert (outcome.tills, outcome.micropython, outcome.state, outcome.tried) == (2, 1, "stopped", 1)
    assert (outcome.on_old, outcome.lost) == (2, 0) and outcome.records > 0
    assert outcome.held


def test_a_good_release_is_told_tried_confirmed_and_the_rollout_is_done(tmp_path: Path, files: Path) -> None:
    told = journey(tmp_path, files, "", 0, lambda now: now["rollout"]["state"] == "done")
    assert (told["till"]["version"], told["till"]["trial"], told["till"]["trouble"]) == (7, False, "")
    assert told["rollout"]["groups"][0]["good"] == 1
    assert told["pointer"] == {"confirmed": ["b", 7], "trial": None}


def test_a_release_that_ends_at_every_start_falls_back_and_stops_the_rollout(
    tmp_path: Path, files: Path
) -> None:
    told = journey(tmp_path, files, "raises", 3, lambda now: now["rollout"]["state"] == "stopped")
    assert told["rollout"]["why"] == "1 of 1 tills of the group all failed"
    assert (told["till"]["version"], told["till"]["fallen"], told["till"]["fallen_why"]) == (
        6,
        7,
        "unconfirmed",
    )
    assert told["pointer"] == {"confirmed": ["a", 6], "trial": None}
