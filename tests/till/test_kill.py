"""kill -9 at random moments, of the till and of the service: nothing acknowledged is lost, nothing counted twice.

``RUNG_SOAK=1`` kills 750 times, a till on MicroPython included (and `tests/service/test_killed.py` 250 times); `make
test` a few times.
"""

import os
import random
import threading
import time

import pytest

from pos_client.core.event import opened
from pricing_service import releases, replaying
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.guarded import settle
from tests.till.processes import Cashier, Service, Till, copied, waited

SOAK = bool(os.environ.get("RUNG_SOAK"))
OF_A_TILL = 350 if SOAK else 5
OF_A_SERVICE = 150 if SOAK else 3  # each start of one takes seconds
OF_A_DEVICE = 250


class Day:
    """A cashier who works on while the till or its service is killed again and again."""

    def __init__(self, folder, shop, flash=None, pause=0.0):
        """``pause``: s between two customers, so that a service which is down for long finds what it can take."""
        data, identity = shop
        self._pause = pause
        self.kills = 0
        self.service = Service(copied(data, folder / "service"))
        address = f"http://127.0.0.1:{self.service.port}"
        self.till = Till(folder / "shop", {**identity, "service": address}, flash, RUNG_SNAPSHOT_SECONDS="1")
        self.cashier = Cashier(self.till.port, seed=random.randrange(1 << 30), patience=60)
        self._over = threading.Event()
        self._failures: list[BaseException] = []

    def __enter__(self) -> "Day":
        for one in (self.service, self.till):
            one.start()
            waited(one.ready, 120)
        self._working = threading.Thread(target=self._work)
        self._working.start()
        return self

    def __exit__(self, *failure) -> None:
        self._over.set()
        self._working.join()
        self.till.kill()
        self.service.kill()

    def kill(self, victim, longest: float) -> None:
        """Ends `victim` at a moment nobody knows, and switches it on again."""
        time.sleep(random.uniform(0.02, longest))
        victim.kill()
        victim.start()
        waited(victim.ready, 120)  # a machine that proves other things meanwhile starts slowly
        self.kills += 1
        if self.kills % 50 == 0:
            print(f"{self.kills} kills, {len(self.cashier.closed)} checkouts", flush=True)

    def end(self) -> None:
        """The cashier goes home; the till sends what is left."""
        self._over.set()
        self._working.join()
        assert not self._failures, self._failures
        left, since = -1, time.monotonic()
        while not self.till.has_sent_everything():
            depth = self.till.health()["journal"]["depth"]
            if depth != left:
                left, since = depth, time.monotonic()
            assert time.monotonic() - since < 90, f"{left} records stay at the till"
            time.sleep(0.05)

    def _work(self) -> None:
        try:
            while not self._over.is_set():
                self.cashier.work(1)
                time.sleep(self._pause)
        except BaseException as failure:
            self._failures.append(failure)

    def check(self) -> None:
        """Every close that was answered is in the log once, under the number the cashier was told."""
        records = [opened(line) for line in self.service.records()]
        assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
        logged = {record["checkout_id"]: record["sequence"] for record in records}
        assert len(logged) == len(records)
        assert self.cashier.closed.items() <= logged.items()
        assert self.service.rows("SELECT * FROM quarantine") == []
        self._check_beliefs()

    def _check_beliefs(self) -> None:
        """Beliefs, usage and budgets are what one thread makes of the log, once changes of trust are carried in."""
        database = Database(Settings(data=self.service.folder).database)
        try:
            self.service.kill()
            settle(database)
            with database.reading() as connection:
                assert replaying.stored(connection) == replaying.replay(
                    connection, releases.hand_made().model
                )
        finally:
            database.close()


@pytest.mark.timeout(7200)
def test_a_till_killed_again_and_again_loses_no_answer_and_repeats_none(tmp_path, shop):
    with Day(tmp_path, shop) as day:
        for _ in range(OF_A_TILL):
            day.kill(day.till, 0.6)
        day.end()
        day.check()
    print(f"{OF_A_TILL} kills of the till, {len(day.cashier.closed)} checkouts")


@pytest.mark.timeout(7200)
def test_a_service_killed_again_and_again_counts_every_record_once(tmp_path, shop):
    with Day(tmp_path, shop, pause=0.05) as day:
        for _ in range(OF_A_SERVICE):
            day.kill(day.service, 1.5)
        day.end()
        day.check()
    print(f"{OF_A_SERVICE} kills of the service, {len(day.cashier.closed)} checkouts")


@pytest.mark.skipif(not SOAK, reason="the same on MicroPython takes minutes: `make soak`")
@pytest.mark.timeout(7200)
def test_a_device_killed_again_and_again_loses_no_answer_and_repeats_none(tmp_path, shop, flash):
    with Day(tmp_path, shop, flash) as day:
        for _ in range(OF_A_DEVICE):
            day.kill(day.till, 1.0)
        day.end()
        day.check()
    print(f"{OF_A_DEVICE} kills of the device, {len(day.cashier.closed)} checkouts")
