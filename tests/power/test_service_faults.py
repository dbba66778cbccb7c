"""The N-th call of the service's database fails, for every N: a named refusal, nothing acknowledged that is not kept.

A real service answers over HTTP, strace makes its system calls fail. Afterwards it goes on without a restart.
"""

import os
import random
from pathlib import Path

import pytest

from pricing_service import release_store, replaying
from pricing_service.database import Database
from tests.power import trace
from tests.power.injecting import READS, WRITES, injected
from tests.service.guarded import settle
from tests.service.places import BASKET, Client, Pen, prepared
from tests.till.processes import Service, waited

SOAK = bool(os.environ.get("RUNG_SOAK"))
FAULTS = [(WRITES, "EIO"), (WRITES, "ENOSPC"), (READS, "EIO")]
NAMES = ("disk-full", "disk-failed", "database-damaged", "database-unavailable")


class Place:
    """A service in a process of its own, and a till that keeps what the service does not have."""

    def __init__(self, folder: Path) -> None:
        self.settings = prepared(folder / "data")
        self.log = folder / "strace"
        self._service = Service(folder / "data")
        self._service.start()
        waited(self._service.ready)
        self.client = Client(self._service.port, self.settings.admin_token)
        self._pen = Pen(self.settings)
        self.lines: list[bytes] = []
        self.acknowledged = 0
        self._chance = random.Random(4)

    def deliver(self) -> str:
        """Send what is not acknowledged and two more records: the code of the refusal, or nothing."""
        while len(self.lines) < self.acknowledged + 2:
            self.lines.append(self._pen.write(card=f"24000000{self._chance.randrange(99):05d}"))
        answer = self._pen.send(self.client, self.lines[self.acknowledged :])
        if answer.status == 200:
            self.acknowledged = answer.json["acknowledged"]
            return ""
        assert answer.status == 503, answer.body
        assert int(answer.headers["retry-after"]) > 0
        return answer.json["code"]

    def processes(self) -> list[int]:
        """Whoever may have the database open."""
        return self._service.family()

    def end(self) -> None:
        self.client.close()
        self._service.kill()

    def check(self) -> None:
        """The log is what was acknowledged, or one batch more that nobody heard of; the rest follows from the log."""
        kept = self._service.records()
        assert kept == self.lines[: len(kept)]
        assert len(kept) >= self.acknowledged
        self._service.kill()
        database = Database(self.settings.database)
        settle(database)
        with database.reading() as connection:
            model = release_store.in_force(connection).model
            assert replaying.stored(connection) == replaying.replay(connection, model)
        database.close()


@pytest.fixture
def place(tmp_path):
    trace.needed()
    made = Place(tmp_path)
    yield made
    made.end()


@pytest.mark.skipif(not SOAK, reason="a service, and strace for each call it makes: `make soak`")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lasting", ["", "+"], ids=["once", "from then on"])
@pytest.mark.parametrize(("calls", "error"), FAULTS)
def test_whatever_the_database_asks_of_the_system_may_fail(place, calls, error, lasting):
    refusals = dict.fromkeys(("", *NAMES), 0)
    number = 0
    while True:
        number += 1
        with injected(place.processes(), calls, error, f"{number}{lasting}", place.log) as injection:
            refusal = place.deliver()
            assert place.client.ask("POST", "/v1/decisions", BASKET).status == 200
            if not injection.happened():
                break
        refusals[refusal] += 1
        assert place.deliver() == ""
    place.check()
    assert number > 4
    print(f"{error} of {calls}, {number - 1} of them, {lasting or 'once'}: {refusals}")
