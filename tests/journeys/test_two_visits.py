"""What a customer did on one visit decides the next: till, link, service, snapshot and back, all real, over sockets."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import posterior
from models.release import HAND_MADE
from pos_client import link
from pos_client.core import belief, calendar, event
from pos_client.desktop import FolderStorage
from pos_client.journal import Journal
from pos_client.snapshot_file import SnapshotFile
from pos_client.sync import Sync
from pos_client.till import Till
from pricing_service.settings import Settings
from tests.fakes import HandClock
from tests.service.places import Client, Pen, listening, prepared

STATED = 0.001  # docs/model.md: what is published lies within 0.001 of the float reference wherever a till would look

BASKET = {
    "currency": "EUR",
    "customer": "2400000099999",
    "cashier": "c7",
    "lines": [
        {"sku": "4006000", "quantity": 3, "unit_price": 1299, "category": "care", "brand": "Lumi"},
        {"sku": "4007000", "quantity": 2, "unit_price": 1899, "category": "colour", "brand": "Pigmento"},
    ],
}


class Counter:
    """A till of a real service, its clock in the test's hand: twenty days ago, so that time can pass."""

    def __init__(self, folder: Path, told: dict):
        self.clock = HandClock(now=int(time.time()) - 20 * 86400)
        storage = FolderStorage(folder / "journal")
        self.journal = Journal(storage)
        self.snapshots = SnapshotFile(FolderStorage(folder / "snapshot"), told)
        self.till = Till(told, self.clock, self.journal, 1, self.snapshots.current)
        self.sync = Sync(
            told, storage, self.journal, self.snapshots, link, self.clock, lambda n: 0, self.till.adopt
        )

    def synchronise(self) -> None:
        """Send what is there to send, and fetch until the snapshot knows it; the service builds when it is time to."""
        until = time.monotonic() + 120
        while not self._is_known():
            assert time.monotonic() < until, self.sync.health()
            self.clock.forward(seconds=20)
            asyncio.run(self._steps())
            time.sleep(0.05)

    def _is_known(self) -> bool:
        present = self.snapshots.current
        through = present.meta["through"].get("till-1/1", 0) if present else -1
        return through == self.journal.next_sequence - 1

    async def _steps(self) -> None:
        while await self.sync.step():
            pass

    def visit(self, name: str, *reactions: str) -> dict:
        """A whole checkout; gives its record."""
        told = self.till.put(name, BASKET)
        for reaction in reactions:
            told = self.till.react(name, {"rung": told["offer"]["rung"], "reaction": reaction})
        self.till.close(name, {"outcome": "sold"})
        return event.opened(list(self.journal.since(self.journal.next_sequence - 2))[-1][1])

    def believed(self, record: dict) -> tuple[list[int], int]:
        """(weights, day of the last visit) of the record's customer in the till's present snapshot."""
        weights, day, _ = self.snapshots.current.customer(record["customer"])
        return weights, day

    def model(self) -> belief.Model:
        return belief.Model(self.snapshots.current.meta["model"], self.snapshots.current.column)


@pytest.fixture
def counter(tmp_path: Path, settings: Settings) -> Iterator[Counter]:
    with listening(settings) as port:
        pen = Pen(settings)
        told = {
            "device": pen.device,
            "epoch": pen.epoch,
            "store": "sample",
            "key": pen.key.hex(),
            "tenant_key": settings.tenant_key.hex(),
            "service": f"http://127.0.0.1:{port}",
        }
        yield Counter(tmp_path, told)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return prepared(tmp_path / "data")


def test_a_visit_changes_the_belief_that_the_next_visit_is_decided_with(counter):
    counter.synchronise()
    first = counter.visit("one", "accepted")
    counter.synchronise()
    once, _ = counter.believed(first)
    assert once != list(counter.model().population)
    assert once[0] > counter.model().population[0], "who takes the smallest rung is rather indifferent"
    second = counter.visit("two", "asked_more", "asked_more", "accepted")
    assert second["snapshot"] > first["snapshot"]
    counter.synchronise()
    twice, _ = counter.believed(second)
    assert twice[0] < once[0], "who asks for more is not"


def test_what_is_believed_after_two_visits_equals_the_float_reference(counter):
    counter.synchronise()
    first = counter.visit("one", "accepted")
    counter.synchronise()
    counter.clock.forward(seconds=14 * 86400)
    second = counter.visit("two", "asked_more", "accepted")
    counter.synchronise()
    weights, _ = counter.believed(second)
    days = (calendar.unix_seconds(second["clock"]) - calendar.unix_seconds(first["clock"])) // 86400
    state, _ = posterior.step(posterior.init(HAND_MADE), first)
    state, _ = posterior.step(state, second, days=days)
    expected = posterior.shares(state)
    found = [part / 65536 for part in (weights[0], weights[1], sum(weights[2:]))]
    assert found == pytest.approx(expected, abs=STATED)
    for depth in (100, 300, 500, 1000, 2000):
        chance = belief.predict(counter.model(), weights, depth, False) / 65536
        assert chance == pytest.approx(posterior.acceptance(state, depth, False), abs=STATED)


def test_the_service_says_the_same_of_the_customer_and_decides_the_same(counter, settings):
    counter.synchronise()
    record = counter.visit("one", "asked_more", "accepted")
    counter.synchronise()
    port = int(counter.sync.health()["service"].rsplit(":", 1)[1])
    client = Client(port, settings.admin_token)
    at_the_till = counter.till.put("two", BASKET)
    answered = client.ask("POST", "/v1/decisions", {**BASKET, "checkout_id": "two"})
    told = client.ask("GET", f"/v1/customers/{record['customer']}", **client.admin)
    client.close()
    assert (answered.status, answered.json) == (200, at_the_till)
    assert told.status == 200, told.body
    assert told.json["visits"] == 1
