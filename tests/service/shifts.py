"""A worker on duty: in a thread of this process, its fits taking no time, its switches real."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from pricing_service.child_process import SWITCH
from pricing_service.database import Database
from pricing_service.settings import Settings
from pricing_service.working import Commands, Worker
from tests.service.places import Client

FAKE_FIT = (sys.executable, "-m", "tests.service.fake_fit")


@contextmanager
def at_work(settings: Settings, fit: tuple[str, ...] = FAKE_FIT) -> Iterator[None]:
    """A worker for as long as the block lasts."""
    stopped = threading.Event()
    with closing(Database(settings.database)) as database:
        worker = Worker(settings, database, Commands(fit, SWITCH))
        thread = threading.Thread(target=worker.run, args=(stopped,))
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(30)


def until(happened: Callable[[], Any], seconds: float = 120) -> Any:
    """What ``happened`` answers once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)
    return found


def asked(client: Client, **members: Any) -> dict[str, Any]:
    """A fit that was asked for."""
    answer = client.ask("POST", "/v1/fits", members, **client.admin)
    assert answer.status == 202, answer.body
    return answer.json


def fit(client: Client, name: str) -> dict[str, Any]:
    return client.ask("GET", f"/v1/fits/{name}").json


def ended(client: Client, name: str, seconds: float = 120) -> dict[str, Any]:
    """The fit once it has ended."""

    def look() -> dict[str, Any] | None:
        told = fit(client, name)
        return None if told["state"] in ("queued", "running", "cancelling") else told

    return until(look, seconds)


def in_force(client: Client) -> int:
    """The number of the release in force."""
    found = [each for each in client.ask("GET", "/v1/releases").json["items"] if each["state"] == "in_force"]
    return found[0]["number"]
