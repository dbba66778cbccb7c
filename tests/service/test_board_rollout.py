"""A real board, emulated, takes a release that two people rolled out on a real service, by its own link."""

import time
from pathlib import Path

from firmware.build import build
from pos_client.segments import FORMATS
from pricing_service import provisioning
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.firmware import repository
from tests.firmware.runtime.images import image, provisioned
from tests.firmware.runtime.test_board import PATIENCE, Board
from tests.service import firmware_signers
from tests.service.people import person
from tests.service.places import Client, listening, prepared
from tests.till.processes import Cashier

NAME = "rung-host-7.romfs"


def published(settings: Settings, client: Client, payload: bytes) -> bytes:
    """Publish a real image as version 7; the root that devices are handed out with."""
    from base64 import b64encode

    keys = firmware_signers.trusted(settings)
    custom = {"hardware": "host", "version": 7, "journal": list(FORMATS)}
    metadata = {"1.targets.json": keys.targets(1, {NAME: repository.target(NAME, payload, **custom)})}
    sent = {"metadata": {name: data.decode() for name, data in metadata.items()}}
    sent["images"] = {NAME: b64encode(payload).decode()}
    answer = client.ask("POST", firmware_signers.RELEASES, sent)
    assert answer.status == 201, answer.body
    return keys.root()


def test_a_board_takes_what_two_people_rolled_out(tmp_path: Path) -> None:
    settings = prepared(tmp_path / "service")
    files = build(tmp_path / "build").parent / "files"
    new = image(files, 7)
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        root = published(settings, client, new)
        folder = provisioned(tmp_path / "board", image(files, 6), 6, root)
        with Board(folder, port, identity(settings)) as board:
            board.until(board.is_ready)
            ada, grace = person(settings, port, "it", "ada"), person(settings, port, "it", "grace")
            wish = {"id": "r1", "release": NAME, "note": "Faster keys."}
            assert ada.ask("POST", "/v1/rollouts", wish).status == 201
            assert grace.ask("POST", "/v1/rollouts/r1/approve").status == 200
            cashier = Cashier(board.port, 1, patience=PATIENCE)
            end = time.monotonic() + 3 * PATIENCE
            while board.pointer() != {"confirmed": ["b", 7], "trial": None} and time.monotonic() < end:
                cashier.work(1)
                time.sleep(2)
            assert board.pointer() == {"confirmed": ["b", 7], "trial": None}, board.told()
            board.until(lambda: seen(client)["version"] == 7)


def seen(client: Client) -> dict:
    return client.ask("GET", "/v1/firmware/tills/till-9").json


def identity(settings: Settings) -> dict:
    database = Database(settings.database)
    try:
        return provisioning.enrol(database, settings, "till-9", "sample", "en")
    finally:
        database.close()
