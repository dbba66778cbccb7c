"""A service whose disk is full goes on deciding, takes no records, says why, and takes them once there is room."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pricing_service import logs
from tests.service.places import BASKET, Client, Pen, listening, prepared


@contextmanager
def no_file_may_grow() -> Iterator[None]:
    """The system refuses every write beyond 1 byte of any file of this process, as a disk without room does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


logs.configure()


@pytest.fixture
def place(tmp_path: Path):
    settings = prepared(tmp_path / "data")
    with listening(settings) as port:
        client = Client(port, settings.admin_token)
        yield client, Pen(settings)
        client.close()


def figure(client: Client, name: str) -> float:
    told = client.ask("GET", "/metrics").body.decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in told if line.startswith(name))


def test_a_disk_without_room_stops_the_learning_and_nothing_else(place):
    client, pen = place
    assert pen.send(client, [pen.write()]).json["acknowledged"] == 1
    lines = [pen.write(), pen.write()]
    failed = figure(client, "rung_failed_writes_total")
    with no_file_may_grow():
        refused = pen.send(client, lines)
        assert refused.status == 503
        assert refused.json["code"] in ("disk-full", "disk-failed")
        assert int(refused.headers["retry-after"]) > 0
        assert client.ask("POST", "/v1/decisions", BASKET).status == 200
        assert (
            pen.fetch(client).json["code"] == refused.json["code"]
        )  # tills go on with the snapshot they have
        ready = client.ask("GET", "/readyz")
        assert (ready.status, ready.json["trouble"]) == (200, refused.json["code"])
        assert figure(client, "rung_failed_writes_total") > failed
    assert pen.send(client, lines).json["acknowledged"] == 3
    assert client.ask("GET", "/readyz").json["trouble"] is None
    assert figure(client, "rung_disk_free_bytes") > 0
