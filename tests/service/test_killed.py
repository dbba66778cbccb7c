"""``kill -9`` in the middle of batches: what was acknowledged is there, once, and the beliefs agree with the log."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import text

from pricing_service import releases, replaying
from pricing_service.benching.servers import SERVE
from pricing_service.database import Database
from pricing_service.settings import Settings
from tests.service.guarded import settle
from tests.service.places import Client, Pen, prepared

ROUNDS = 250 if os.environ.get("RUNG_SOAK") else 12


def started(settings: Settings) -> tuple[subprocess.Popen, int]:
    environment = {**os.environ, "RUNG_DATA": str(settings.data), "RUNG_SERVICE_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["port"]


class Journal:
    """What a till still has to send, and what it was promised."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.lines: list[bytes] = []
        self.acknowledged = 0

    def deliver(self, client: Client, until: float) -> None:
        """Send batches until the service dies under it."""
        while time.monotonic() < until:
            while len(self.lines) < self.acknowledged + 20:
                self.lines.append(self.pen.write(("asked_more", "accepted")))
            answer = self.pen.send(client, self.lines[self.acknowledged :])
            assert answer.status == 200, answer.body
            assert answer.json["acknowledged"] >= self.acknowledged
            self.acknowledged = answer.json["acknowledged"]


def test_killed_services_lose_nothing_they_acknowledged_and_count_nothing_twice(tmp_path: Path) -> None:
    settings, chance = prepared(tmp_path), random.Random(20261121)
    journal = Journal(Pen(settings))
    for number in range(ROUNDS):
        process, port = started(settings)
        client = Client(port)
        os.kill(process.pid, 0)
        killer = subprocess.Popen(
            ["sh", "-c", f"sleep {chance.uniform(0.02, 0.4):.3f}; kill -9 {process.pid}"]
        )
        try:
            journal.deliver(client, time.monotonic() + 120)
            raise AssertionError("the service was not killed")
        except (OSError, ConnectionError):
            pass
        except Exception as trouble:  # half an answer
            assert type(trouble).__module__ == "http.client", trouble
        killer.wait()
        assert process.wait() == -signal.SIGKILL
        check(settings, journal, replays=number % 10 == 0 or number == ROUNDS - 1)


def check(settings: Settings, journal: Journal, replays: bool) -> None:
    database = Database(settings.database)
    if replays:
        settle(database)
    with database.reading() as connection:
        kept = list(connection.execute(text("SELECT line FROM events ORDER BY position")).scalars())
        assert len(kept) >= journal.acknowledged
        assert kept == journal.lines[: len(kept)]
        if replays:
            assert replaying.stored(connection) == replaying.replay(connection, releases.hand_made().model)
    database.close()
