"""`rung bench reconnect`: what a decision waits for while many tills come back at once to a service that fails.

The tills are real ones (`pos_client.crowd`) with their own waits; half of their calls fail (`faulty`). Decisions are
asked for at even times (`probing`), first while nobody else calls, then until everything was handed in.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import text

from pricing_service import fleet, provisioning
from pricing_service.benching import faulty, servers
from pricing_service.benching.probing import Answers, probed
from pricing_service.benching.recorded import Recorder
from pricing_service.database import Database
from pricing_service.settings import Settings

TILLS, EACH = 500, 20
FAULTS = 0.5  # share of the tills' calls
RUSH = 10  # s: the first of them, in which nearly all tills call
CUSTOMERS = 2000
REST_SECONDS = 2  # for the machine to come to rest before anything counts
NICE = ["nice", "-n", "19"]  # the tills are other machines: they must not take what the service needs
MEMORY = Path("/dev/shm")  # a till's own flash is not this machine's disk

Told = list[dict[str, Any]]


def measure(
    idle_seconds: float, tills: int = TILLS, records: int = TILLS * EACH, until: float = 1.0
) -> dict[str, Any]:
    """``records`` of all ``tills`` together. Raises RuntimeError where one was lost, or taken twice.

    When the share ``until`` of them is in, the tills are switched off, and on again while nothing fails.
    """
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rung-bench-")))
        memory = tempfile.TemporaryDirectory(prefix="rung-bench-", dir=MEMORY if MEMORY.is_dir() else None)
        home = Path(stack.enter_context(memory))
        settings = _prepared(data, tills)
        port = stack.enter_context(servers.started(settings, (sys.executable, "-m", faulty.__name__)))
        _write_tills(home, settings, port, tills, records)
        with _switched_on(home) as crowd:
            answers = stack.enter_context(probed(port, settings.admin_token))
            time.sleep(REST_SECONDS)
            idle = time.monotonic()
            time.sleep(idle_seconds)
            _set_faults(port, FAULTS)
            began = time.monotonic()
            told = _hear(crowd, (1 - until) * records)
        ended = time.monotonic()
        if told[-1]["waiting"]:
            _set_faults(port, 0)
            with _switched_on(home) as crowd:
                _hear(crowd, 0)
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


def _prepared(data: Path, tills: int) -> Settings:
    settings = Settings(data=data, service_host="127.0.0.1", service_port=0)
    with closing(provisioning.prepare(settings)) as database:
        provisioning.load_sample_shop(database)
        with database.writing() as connection:
            for number in range(1, tills + 1):
                fleet.enrol(connection, f"till-{number}", settings.store)
    return settings


def _write_tills(home: Path, settings: Settings, port: int, tills: int, records: int) -> None:
    """Identities and records of all tills, for `pos_client.crowd`."""
    identities, service = [], f"http://127.0.0.1:{port}"
    with closing(Database(settings.database)) as database, database.reading() as connection:
        for number in range(1, tills + 1):
            enrolled = fleet.get(connection, f"till-{number}", 1)
            assert enrolled is not None
            identities.append(provisioning.identity(settings, enrolled, "en", service))
            share = records * number // tills - records * (number - 1) // tills
            lines = Recorder(settings, enrolled.device, 1, CUSTOMERS).lines(1, share)
            (home / f"{enrolled.device}.lines").write_bytes(b"\n".join(line for line, _ in lines))
    (home / "crowd.json").write_text(json.dumps(identities))


@contextmanager
def _switched_on(home: Path) -> Iterator[subprocess.Popen[str]]:
    """The tills, each with a snapshot, waiting for a line."""
    command = [*NICE, sys.executable, "-m", "pos_client.crowd", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline().startswith('{"ready"'):
                raise RuntimeError("the tills did not get a snapshot")
            yield process
        finally:
            process.kill()


def _set_faults(port: int, share: float) -> None:
    where, body = f"http://127.0.0.1:{port}{faulty.CONTROL}", str(share).encode()
    urllib.request.urlopen(urllib.request.Request(where, body, method="PUT"), timeout=10).read()


def _hear(crowd: subprocess.Popen[str], left: float) -> Told:
    """Let the tills go until no more than ``left`` records wait: what they told."""
    assert crowd.stdin is not None and crowd.stdout is not None
    crowd.stdin.write("\n")
    crowd.stdin.flush()
    told: Told = []
    while not told or told[-1]["waiting"] > left:
        line = crowd.stdout.readline()
        if not line:
            raise RuntimeError("the tills ended before everything was handed in")
        told.append(json.loads(line))
    return told


def _check(settings: Settings, records: int) -> None:
    with closing(Database(settings.database)) as database, database.reading() as connection:
        found = connection.execute(text("SELECT COUNT(*), COUNT(DISTINCT hash) FROM events")).one()
        aside = connection.execute(text("SELECT COUNT(*) FROM quarantine")).scalar_one()
    if tuple(found) != (records, records) or aside:
        raise RuntimeError(f"{records} records went out, {tuple(found)} came in, {aside} were set aside")
