"""`rung bench restore`: a database of ten records a customer, backed up, lost, restored, and its tills' missing tail.

Most records come the way all records do, but without HTTP. Some tills (`pos_client.crowd`) hand in half of theirs
before the backup and half after it; then the disk is gone. What is measured is what somebody waits for: `rung restore`
and `rung serve` until it is ready. At the end every belief must be what it was before the loss.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from itertools import batched
from pathlib import Path
from typing import Any

from rich.progress import track
from sqlalchemy import text

from pricing_service import event_store, fleet, release_store, replaying
from pricing_service.benching import servers
from pricing_service.benching.crowds import flash, hear, identify, sell, shop_of, switched_on
from pricing_service.benching.recorded import Recorder
from pricing_service.database import Database
from pricing_service.delivery import Delivery
from pricing_service.running import RUNG
from pricing_service.settings import Settings

EACH = 10  # records of a customer
ABSENT, PRESENT = 20, 20  # tills whose records are only in the database, tills that are there at the end
TAIL = 0.01  # of the records are those of tills that are there
BATCH = 2500
REPLAYED = 200_000  # records; a replay in plain Python of many more takes longer than all the rest
WAIT_SECONDS = 300


def measure(customers: int) -> dict[str, Any]:
    """Raises RuntimeError where something is not as it was."""
    records = customers * EACH
    tail = max(2, round(records * TAIL / PRESENT / 2) * 2)
    present = range(ABSENT + 1, ABSENT + PRESENT + 1)
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rung-bench-")))
        home, copy = stack.enter_context(flash()), folder / "copy.db"
        settings = shop_of(folder / "data", ABSENT + PRESENT)
        _fill(settings, (records - PRESENT * tail) // ABSENT, customers // ABSENT)
        with servers.started(settings) as port:
            _hand_in(home, settings, port, present, tail // 2, 1)
            figures["backup_seconds"] = _timed(settings, "backup", str(copy))
            _hand_in(home, settings, port, present, tail // 2, 1 + tail // 2)
        before = _beliefs(settings)
        figures |= {"backup_gb": _gb(copy), "database_gb": _gb(settings.database)}
        settings.database.unlink()
        figures["restore_seconds"] = _timed(settings, "restore", str(copy))
        began = time.monotonic()
        with servers.started(settings) as port:
            _wait_until_ready(port)
            figures["start_seconds"] = round(time.monotonic() - began, 1)
            figures["together_seconds"] = round(figures["restore_seconds"] + figures["start_seconds"], 1)
            identify(home, settings, port, present)
            began = time.monotonic()
            with switched_on(home) as crowd:
                _wait_for_all(settings, crowd, present, tail)
            figures["tail_records"] = PRESENT * tail // 2
            figures["tail_seconds"] = round(time.monotonic() - began, 1)
        figures |= _checked(settings, records, before)
    return figures


def _fill(settings: Settings, each: int, customers: int) -> None:
    """So many records of each absent till."""
    batches = [
        (f"till-{number}", list(numbers))
        for number in range(1, ABSENT + 1)
        for numbers in batched(range(1, each + 1), BATCH)
    ]
    with closing(Database(settings.database)) as database:
        for device, numbers in track(batches, "filling", disable=not sys.stderr.isatty()):
            recorder = Recorder(settings, device, 1, customers)
            lines = [line for line, _ in recorder.lines(numbers[0], len(numbers))]
            job = event_store.accept(Delivery(device, 1, lines, 0, None, "").batch())
            with database.writing() as connection:
                job(connection)


def _hand_in(home: Path, settings: Settings, port: int, tills: range, records: int, first: int) -> None:
    """Real tills sell and hand in so many records each."""
    identify(home, settings, port, tills)
    for number in tills:
        sell(home, settings, number, records, records, first)
    with switched_on(home) as crowd:
        hear(crowd, 0)


def _timed(settings: Settings, *command: str) -> float:
    """Seconds that a command takes, from its start to its end."""
    began = time.monotonic()
    given = {**os.environ, "RUNG_DATA": str(settings.data)}
    subprocess.run([sys.executable, "-c", RUNG, *command], env=given, check=True, stdout=subprocess.DEVNULL)
    return round(time.monotonic() - began, 1)


def _wait_until_ready(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=WAIT_SECONDS) as answer:
        if answer.status != 200:
            raise RuntimeError("the service is not ready")


def _wait_for_all(settings: Settings, crowd: subprocess.Popen[str], tills: range, last: int) -> None:
    """Until the service holds every record of these tills, by its own count."""
    assert crowd.stdin is not None
    crowd.stdin.write("\n")
    crowd.stdin.flush()
    until = time.monotonic() + WAIT_SECONDS
    with closing(Database(settings.database)) as database:
        while min(_acknowledged(database, tills)) < last:
            if time.monotonic() > until:
                raise RuntimeError("the tills did not send again what was lost")
            time.sleep(0.1)


def _acknowledged(database: Database, tills: range) -> Iterator[int]:
    with database.reading() as connection:
        for number in tills:
            enrolled = fleet.get(connection, f"till-{number}", 1)
            yield enrolled.acknowledged if enrolled else 0


def _beliefs(settings: Settings) -> dict[str, bytes]:
    """Of every customer, all that is believed, in short."""
    told = text("SELECT customer, weights, day, visits, cohort FROM beliefs ORDER BY customer")
    with closing(Database(settings.database)) as database, database.reading() as connection:
        return {
            row.customer: sha256(row.weights + f"{row.day} {row.visits} {row.cohort}".encode()).digest()[:16]
            for row in connection.execute(told)
        }


def _checked(settings: Settings, records: int, before: dict[str, bytes]) -> dict[str, Any]:
    after = _beliefs(settings)
    with closing(Database(settings.database)) as database, database.reading() as connection:
        held = connection.execute(text("SELECT COUNT(*), COUNT(DISTINCT hash) FROM events")).one()
        if after != before or tuple(held) != (records, records):
            raise RuntimeError(f"{records} records became {tuple(held)}, or beliefs changed")
        if records <= REPLAYED:
            model = release_store.in_force(connection).model
            if replaying.stored(connection) != replaying.replay(connection, model):
                raise RuntimeError("the beliefs are not what the log says")
    return {
        "records": records,
        "customers": len(after),
        "beliefs_equal": True,
        "replayed": records <= REPLAYED,
    }


def _gb(file: Path) -> float:
    return round(file.stat().st_size / 1e9, 2)
