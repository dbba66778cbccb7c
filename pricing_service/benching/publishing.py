"""`rung bench publish`: another release in force, and back, while a till goes on handing in its records.

The log holds five visits of every customer. What is measured is what a shop feels: the seconds until the release is in
force, how long a till waits for its acknowledgements meanwhile, and the snapshot that carries the new beliefs.
"""

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from typing import Any

from models import release
from models.release import HAND_MADE
from pricing_service import release_store
from pricing_service.benching import servers
from pricing_service.benching.selling import Till
from pricing_service.child_process import SWITCH, Child
from pricing_service.database import Database
from pricing_service.settings import Settings

VISITS = 5
FILLING, SELLING = 2000, 10  # records of a batch
REST_SECONDS = 0.02  # between two batches while it is measured
QUIET_SECONDS = 3.0
LOOK_SECONDS = 0.1
OTHER = replace(HAND_MADE, name="other", mu=HAND_MADE.mu - 0.3, tau=0.9)


def measure(customers: int) -> dict[str, Any]:
    """The figures by their names: seconds, or milliseconds that a till waited."""
    with servers.service() as (port, settings), closing(Database(settings.database)) as database:
        till = Till(settings, port, customers)
        while till.handed_in < VISITS * customers:
            till.sell(min(FILLING, VISITS * customers - till.handed_in))
        figures: dict[str, Any] = {"customers": customers, "records": till.handed_in}
        with _selling(till, figures, "quiet"):
            time.sleep(QUIET_SECONDS)
        with database.writing() as connection:
            release_store.add(connection, "bench", json.dumps(release.as_json(OTHER)), None, "bench", "")
        for action, number in (("publish", 1), ("rollback", 0)):
            with _selling(till, figures, action):
                figures[f"{action}_seconds"] = _switch(settings, database, number, action)
            figures[f"snapshot_after_{action}_seconds"] = _snapshot(till, database)
    return figures


def _switch(settings: Settings, database: Database, number: int, action: str) -> float:
    """Seconds from asking until the release is in force; the worker's process is let end before that is told."""
    with database.writing() as connection:
        release_store.ask(connection, number, action, "bench", "")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="rung-bench-") as folder:
        child = Child(SWITCH, Path(folder), {"database": str(settings.database.resolve())})
        while not child.is_over() and _in_force(database) != number:
            child.wait(LOOK_SECONDS)
        seconds = round(time.perf_counter() - began, 2)
        while not child.is_over():  # what was believed before is being forgotten
            child.wait(LOOK_SECONDS)
    if (child.ended or {}).get("state") != "made":
        raise RuntimeError(f"the switch ended with {child.ended}")
    return seconds


def _in_force(database: Database) -> int:
    with database.reading() as connection:
        return release_store.present(connection).number


def _snapshot(till: Till, database: Database) -> float:
    """Seconds until a till is handed a snapshot of the release in force."""
    began = time.perf_counter()
    with database.reading() as connection:
        name = release_store.present(connection).identity.encode()
    while name not in till.ask("GET", "/v1/snapshots/latest"):
        time.sleep(LOOK_SECONDS)
    return round(time.perf_counter() - began, 2)


@contextmanager
def _selling(till: Till, figures: dict[str, Any], when: str) -> Iterator[None]:
    """``till`` sells in a thread while the block runs; how long it waited is added to ``figures``."""
    over, waited = threading.Event(), []

    def sell() -> None:
        while not over.is_set():
            waited.append(till.sell(SELLING) * 1000)
            time.sleep(REST_SECONDS)

    thread = threading.Thread(target=sell)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    hundredths = quantiles(waited, n=100, method="inclusive")
    for name, milliseconds in (("p50", hundredths[49]), ("p99", hundredths[98]), ("most", max(waited))):
        figures[f"till_waits_{when}_{name}_ms"] = round(milliseconds, 1)
