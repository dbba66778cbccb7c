"""Real tills for the benchmarks, many in one process (`pos_client.crowd`), with a folder that is their flash."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pricing_service import fleet, provisioning
from pricing_service.benching.recorded import Recorder
from pricing_service.database import Database
from pricing_service.settings import Settings

NICE = ["nice", "-n", "19"]  # the tills are other machines: they must not take what the service needs
MEMORY = Path("/dev/shm")  # a till's own flash is not this machine's disk

Told = list[dict[str, Any]]  # what `pos_client.crowd` says, in order


def shop_of(data: Path, tills: int) -> Settings:
    """The sample shop with so many tills, till-1 and following, in a folder."""
    settings = Settings(data=data, service_host="127.0.0.1", service_port=0)
    with closing(provisioning.prepare(settings)) as database:
        provisioning.load_sample_shop(database)
        with database.writing() as connection:
            for number in range(1, tills + 1):
                fleet.enrol(connection, f"till-{number}", settings.store)
    return settings


@contextmanager
def flash() -> Iterator[Path]:
    """A folder for the tills, in memory where there is such a file system."""
    with tempfile.TemporaryDirectory(prefix="rung-bench-", dir=MEMORY if MEMORY.is_dir() else None) as home:
        yield Path(home)


def identify(home: Path, settings: Settings, port: int, tills: Iterable[int]) -> None:
    """Tell these tills who they are and where the service is."""
    identities, service = [], f"http://127.0.0.1:{port}"
    with closing(Database(settings.database)) as database, database.reading() as connection:
        for number in tills:
            enrolled = fleet.get(connection, f"till-{number}", 1)
            assert enrolled is not None
            identities.append(provisioning.identity(settings, enrolled, "en", service))
    (home / "crowd.json").write_text(json.dumps(identities))


def sell(home: Path, settings: Settings, number: int, records: int, customers: int, first: int = 1) -> None:
    """Add records to what a till has to send when it is switched on; ``first`` is the number of their first."""
    lines = Recorder(settings, f"till-{number}", 1, customers).lines(first, records)
    with (home / f"till-{number}.lines").open("ab") as file:
        file.writelines(line + b"\n" for line, _ in lines)


@contextmanager
def switched_on(home: Path) -> Iterator[subprocess.Popen[str]]:
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


def hear(crowd: subprocess.Popen[str], left: float) -> Told:
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
