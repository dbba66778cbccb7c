"""An experiment from draft to readout: drawn offline by two tills, the same on MicroPython and in the service."""

import asyncio
import json
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pos_client import link
from pos_client.core import event
from pos_client.core.snapshot import Snapshot
from pos_client.desktop import FolderStorage
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync
from pos_client.till import Till
from pricing_service.settings import Settings
from tests.fakes import HandClock
from tests.interpreters.test_both_interpreters import INTERPRETERS, ROOT
from tests.service.experiments import arm, given, holdout, started
from tests.service.places import BASKET, Client, Pen, listening, prepared

CARDS = [f"24000{number:05}" for number in range(60)]


class Shopfront:
    """A real till on its own folder; its service comes and goes."""

    def __init__(self, folder: Path, settings: Settings, device: str) -> None:
        pen = Pen(settings, device)
        self.told: dict[str, Any] = {
            "device": device,
            "epoch": 1,
            "store": "sample",
            "key": pen.key.hex(),
            "tenant_key": settings.tenant_key.hex(),
        }
        self.clock = HandClock(now=int(time.time()))
        self.storage = FolderStorage(folder / "journal")
        self.journal = Journal(self.storage)
        self.snapshots = SnapshotFile(FolderStorage(folder / "snapshot"), self.told)
        self.till = Till(self.told, self.clock, self.journal, 1, self.snapshots.current)

    def synchronise(self, port: int) -> None:
        """Hand in every record and take the newest snapshot."""
        told = {**self.told, "service": f"http://127.0.0.1:{port}"}
        sync = Sync(
            told, self.storage, self.journal, self.snapshots, link, self.clock, lambda n: 0, self.till.adopt
        )
        self.clock.forward(seconds=20)
        until = time.monotonic() + 120
        while not self.snapshots.current or self.journal.health()["depth"]:
            asyncio.run(sync.step())
            assert time.monotonic() < until, sync.health()
            self.clock.forward(seconds=20)

    def sell(self, number: str, body: dict) -> dict:
        """A whole checkout; what its basket was answered."""
        told = self.till.put(number, body)
        if told["offer"]:
            self.till.react(number, {"rung": told["offer"]["rung"], "reaction": "accepted"})
        self.till.close(number, {"outcome": "sold"})
        return told

    def records(self) -> list[dict]:
        return [event.opened(line) for _, line in self.journal.since(0)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return prepared(tmp_path / "data", devices=2)


def baskets(till: str) -> list[tuple[str, dict]]:
    """A checkout of every card, and of ten customers without one."""
    known = [(f"{till}-{card}", {**BASKET, "customer": card}) for card in CARDS]
    return known + [(f"{till}-{number}", {**BASKET, "customer": None}) for number in range(10)]


def decides_from(client: Client, file: bytes) -> None:
    """Wait until the service itself decides from the snapshot that a till fetched."""
    version = Snapshot(lambda offset, length: file[offset : offset + length], len(file)).version
    until = time.monotonic() + 120
    while client.ask("POST", "/v1/decisions", BASKET).json["snapshot"] < version:
        assert time.monotonic() < until
        time.sleep(0.05)


def drawn_by(interpreter: str, snapshot: Path, settings: Settings, now: int, asked: list) -> list[dict]:
    """What a till on this interpreter answers."""
    command = [*INTERPRETERS[interpreter], "tests/journeys/draw.py", str(snapshot), settings.tenant_key.hex()]
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    run = subprocess.run(
        [*command, str(now)], input=lines, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_an_experiment_from_draft_to_readout(tmp_path: Path, settings: Settings) -> None:
    tills = [Shopfront(tmp_path / name, settings, name) for name in ("till-1", "till-2")]
    arms = [arm("climb", 4000), arm("firm", 4000, policy={"plan": "hold_firm"})]
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        started(client, holdout(1000))
        started(client, given(arms=arms))
        pen = Pen(settings)
        file = pen.fetch(client).body
        for till in tills:
            till.synchronise(port)
        asked = baskets("n")
        decides_from(client, file)
        in_service = [
            client.ask("POST", "/v1/decisions", {**body, "checkout_id": number}).json
            for number, body in asked
        ]
        client.close()

    # The service is away: every till draws by itself.
    snapshot = tmp_path / "snapshot"
    snapshot.write_bytes(file)
    for interpreter in INTERPRETERS:
        assert drawn_by(interpreter, snapshot, settings, tills[0].clock.now(), asked) == in_service, (
            interpreter
        )
    for till in tills:
        for number, body in baskets(till.told["device"]):
            till.sell(number, body)
    found = [
        {record["customer"]: record["arm"] for record in till.records() if record["customer"]}
        for till in tills
    ]
    assert found[0] == found[1], "a customer has one arm, whichever till"
    assert len(found[0]) == len(CARDS)
    by_card = dict(zip(CARDS, [told["arm"] for told in in_service], strict=False))
    tokens = {record["customer"]: record["arm"] for record in tills[0].records() if record["customer"]}
    assert Counter(by_card.values()) == Counter(tokens.values())
    assert {"usual", "climb", "firm"} < set(by_card.values())

    # It is back: both hand in what they sold, and the readout counts it as it was drawn.
    with listening(settings) as port:
        for till in tills:
            till.synchronise(port)
        client = Client(port, settings.admin_token)
        told = client.ask("GET", "/v1/experiments/climbs/readout", **client.admin).json
        client.close()
    records = [record for till in tills for record in till.records()]
    mine = [record for record in records if record["experiment"] == "climbs"]
    assert {record["propensity"] for record in mine} == {3600}
    units = {
        name: len({record["customer"] or record["checkout_id"] for record in mine if record["arm"] == name})
        for name in ("climb", "firm")
    }
    assert {each["arm"]: each["units"] for each in told["exposure"]["arms"]} == units
    assert told["exposure"]["checkouts"] == len(mine)
    assert told["counts"]["used"] == len(records) == 2 * (len(CARDS) + 10)
    assert told["shares"]["alarm"] is False
