"""Many writers at once lose nothing: what is believed is what one thread finds in the log afterwards."""

import multiprocessing
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pricing_service import event_store, releases, replaying
from pricing_service.database import Database, Writer
from pricing_service.intake import Batch
from pricing_service.records import read
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import CARD, Client, Pen, listening, prepared

WRITERS = 8
VISITS = 100
REACTIONS = (("accepted",), ("asked_more", "accepted"), ("asked_more", "left"), ("left",), ("asked_more",))


def visits(pen: Pen) -> list[bytes]:
    lines = []
    for number in range(VISITS):
        reactions = REACTIONS[(number + len(pen.device)) % len(REACTIONS)]
        lines.append(pen.write(reactions, "lost" if reactions[-1] == "left" else "sold"))
    return lines


def check(settings: Settings) -> None:
    database = Database(settings.database)
    with database.reading() as connection:
        stored = replaying.stored(connection)
        assert stored == replaying.replay(connection, releases.hand_made().model)
        assert connection.execute(text("SELECT COUNT(*) FROM events")).scalar() == WRITERS * VISITS
        assert set(connection.execute(text("SELECT acknowledged FROM devices")).scalars()) == {VISITS}
    database.close()
    held = stored.beliefs[customer_token(settings.tenant_key, CARD)]
    sold = sum(reactions[-1] != "left" for reactions in REACTIONS) * WRITERS * VISITS // len(REACTIONS)
    assert held.visits == sold
    assert sum(held.weights) == 1 << 30


def test_eight_tills_at_once_over_http(tmp_path: Path) -> None:
    settings = prepared(tmp_path, devices=WRITERS)

    def sell(device: str, port: int) -> None:
        pen, client = Pen(settings, device), Client(port)
        for line in visits(pen):
            assert pen.send(client, [line]).status == 200
        client.close()

    with listening(settings) as port:
        tills = [threading.Thread(target=sell, args=(f"till-{n}", port)) for n in range(1, WRITERS + 1)]
        for till in tills:
            till.start()
        for till in tills:
            till.join()
    check(settings)


def write_alone(data: str, device: str) -> None:
    """A process with a connection of its own, as a second service on the same file would be."""
    settings = Settings(data=Path(data))
    database = Database(settings.database)
    for line in visits(Pen(settings, device)):
        while not written(database, device, line):
            pass  # as a till that was answered 503


def written(database: Database, device: str, line: bytes) -> bool:
    """Whether a line came to its turn before SQLite gave up waiting for it, as on a machine with much else to do."""
    with suppress(OperationalError), database.writing() as connection:
        event_store.accept(Batch(device, 1, [read(line, device, 1)]))(connection)
        return True
    return False


def test_eight_processes_at_once_on_one_file(tmp_path: Path) -> None:
    settings = prepared(tmp_path, devices=WRITERS)
    server = multiprocessing.get_context("forkserver")  # clean processes that import everything once
    server.set_forkserver_preload([__name__])
    writers = [
        server.Process(target=write_alone, args=(str(tmp_path), f"till-{n}")) for n in range(1, WRITERS + 1)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    check(settings)


def test_a_job_that_fails_takes_no_other_with_it(settings: Settings) -> None:
    database = Database(settings.database)
    writer = Writer(database)
    bump = text("UPDATE service SET revision = revision + 1")

    def good(connection) -> None:
        connection.execute(bump)

    def bad(connection) -> None:
        connection.execute(bump)
        raise ZeroDivisionError

    with database.reading() as connection:
        before = connection.execute(text("SELECT revision FROM service")).scalar_one()
    futures = [writer.submit(job) for job in (good, bad, good, bad, good)]
    writer.close()
    assert [type(future.exception()) for future in futures] == [
        type(None),
        ZeroDivisionError,
        type(None),
        ZeroDivisionError,
        type(None),
    ]
    with database.reading() as connection:
        assert connection.execute(text("SELECT revision FROM service")).scalar_one() == before + 3
    database.close()


def test_who_writes_to_a_stopped_writer_is_told(settings: Settings) -> None:
    database = Database(settings.database)
    writer = Writer(database)
    writer.close()
    assert isinstance(writer.submit(lambda connection: None).exception(timeout=60), RuntimeError)
    database.close()


def test_while_another_process_holds_the_lock_the_till_is_told_to_come_back(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pricing_service.database.WAIT_MS", 200)
    pen = Pen(settings)
    line = pen.write()
    with listening(settings) as port:
        client = Client(port)
        with database.writing():
            refused = pen.send(client, [line])
            assert (refused.status, refused.json["code"]) == (503, "database-unavailable")
            assert refused.headers["retry-after"] == "5"
            assert client.ask("GET", "/readyz").status == 503
            assert client.ask("GET", "/livez").status == 200
        assert pen.send(client, [line]).json["acknowledged"] == 1
        client.close()
