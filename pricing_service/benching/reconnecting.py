"""`rung bench reconnect`: what a decision waits for while many tills come back at once to a service that fails.

The tills are real ones (`pos_client.crowd`) with their own waits; half of their calls fail (`faulty`). Decisions are
asked for at even times (`probing`), first while nobody else calls, then until everything was handed in.
"""

import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import text

from pricing_service.benching import faulty, servers
from pricing_service.benching.crowds import Told, flash, hear, identify, sell, shop_of, switched_on
from pricing_service.benching.probing import Answers, probed
from pricing_service.database import Database
from pricing_service.settings import Settings

TILLS, EACH = 500, 20
FAULTS = 0.5  # share of the tills' calls
RUSH = 10  # s: the first of them, in which nearly all tills call
CUSTOMERS = 10  # of each till
REST_SECONDS = 2  # for the machine to come to rest before anything counts


def measure(idle_seconds: float, tills: int = TILLS, each: int = EACH, until: float = 1.0) -> dict[str, Any]:
    """``tills`` with so many records ``each``. Raises RuntimeError where one was lost, or taken twice.

    When the share ``until`` of them is in, the tills are switched off, and on again while nothing fails.
    """
    records = tills * each
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rung-bench-")))
        home = stack.enter_context(flash())
        settings = shop_of(data, tills)
        port = stack.enter_context(servers.started(settings, (sys.executable, "-m", faulty.__name__)))
        identify(home, settings, port, range(1, tills + 1))
        for number in range(1, tills + 1):
            sell(home, settings, number, each, CUSTOMERS)
        with switched_on(home) as crowd:
            answers = stack.enter_context(probed(port, settings.admin_token))
            time.sleep(REST_SECONDS)
            idle = time.monotonic()
            time.sleep(idle_seconds)
            _set_faults(port, FAULTS)
            began = time.monotonic()
            told = hear(crowd, (1 - until) * records)
        ended = time.monotonic()
        if told[-1]["waiting"]:
            _set_faults(port, 0)
            with switched_on(home) as crowd:
                hear(crowd, 0)
        _check(settings, records)
    return {"tills": tills, "records": records, **_figures(answers, idle, began, ended, told, records)}


def _figures(
    answers: Answers, idle: float, began: float, ended: float, told: Told, records: int
) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, first, last in (
        ("idle", idle, began),
        ("rush", began, min(began + RUSH, ended)),
        ("all", began, ended),
    ):
        took = [seconds for due, seconds in answers if first <= due < last]
        percent = quantiles(took, n=100, method="inclusive")
        figures |= {f"{name}_decisions": len(took), f"{name}_most_ms": round(max(took) * 1000, 1)}
        figures |= {f"{name}_p{at}_ms": round(percent[at - 1] * 1000, 2) for at in (50, 90, 99)}
    for share in (50, 90, 99):
        in_time = [one["at"] - began for one in told if one["waiting"] <= records * (100 - share) / 100]
        figures[f"seconds_to_{share}_percent"] = round(in_time[0], 1) if in_time else None
    figures["seconds"] = round(ended - began, 1)
    figures["rush_ratio"] = round(figures["rush_p99_ms"] / figures["idle_p99_ms"], 2)
    figures["ratio"] = round(figures["all_p99_ms"] / figures["idle_p99_ms"], 2)
    return figures


def _set_faults(port: int, share: float) -> None:
    where, body = f"http://127.0.0.1:{port}{faulty.CONTROL}", str(share).encode()
    urllib.request.urlopen(urllib.request.Request(where, body, method="PUT"), timeout=10).read()


def _check(settings: Settings, records: int) -> None:
    with closing(Database(settings.database)) as database, database.reading() as connection:
        found = connection.execute(text("SELECT COUNT(*), COUNT(DISTINCT hash) FROM events")).one()
        aside = connection.execute(text("SELECT COUNT(*) FROM quarantine")).scalar_one()
    if tuple(found) != (records, records) or aside:
        raise RuntimeError(f"{records} records went out, {tuple(found)} came in, {aside} were set aside")
