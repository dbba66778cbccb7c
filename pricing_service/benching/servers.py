"""Servers for a benchmark: processes of their own on ports of their own, gone when it ends."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pricing_service import provisioning
from pricing_service.settings import Settings

SERVE = "from pricing_service import cli; cli.serve([])"


@contextmanager
def noop() -> Iterator[int]:
    """The port of the route that does nothing."""
    with _first_line([sys.executable, "-m", "pricing_service.benching.noop"], {}) as said:
        yield int(said)


@contextmanager
def service() -> Iterator[tuple[int, Settings]]:
    """A service with the sample shop and one till in a folder that is removed afterwards: its port, its settings."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rung-bench-")))
        settings = Settings(data=data, service_host="127.0.0.1", service_port=0)
        database = provisioning.prepare(settings)
        provisioning.load_sample_shop(database)
        provisioning.provision_till(database, settings, "till-1", settings.store)
        database.close()
        yield stack.enter_context(started(settings)), settings


@contextmanager
def started(settings: Settings, command: tuple[str, ...] = (sys.executable, "-c", SERVE)) -> Iterator[int]:
    """The port of the service on a folder that is prepared; it lives as long as the block."""
    given = {"RUNG_DATA": str(settings.data), "RUNG_SERVICE_PORT": "0", "RUNG_SERVICE_HOST": "127.0.0.1"}
    with _first_line(list(command), given) as said:
        yield json.loads(said)["port"]


@contextmanager
def _first_line(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    """What a server says when it is ready; it lives as long as the block."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline() if process.stdout else ""
    finally:
        process.terminate()
        process.communicate()
