"""What another process writes is what this one would write; its death costs a retry and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pricing_service import disk, releases, replaying, snapshot_store
from pricing_service.apart import Apart, Failed, Write
from pricing_service.database import Database, Writer
from pricing_service.delivery import Delivery
from pricing_service.settings import Settings
from tests.service.places import Pen


@pytest.fixture
def apart(settings: Settings) -> Iterator[Apart]:
    apart = Apart(settings.database, settings.secrets)
    yield apart
    apart.close()


def taken(pen: Pen, *lines: bytes) -> Write:
    return Write("take", Delivery(pen.device, pen.epoch, list(lines), 0, None, ""))


def events(settings: Settings) -> int:
    with closing(Database(settings.database)) as database, database.reading() as connection:
        assert replaying.stored(connection) == replaying.replay(connection, releases.hand_made().model)
        return connection.execute(text("SELECT COUNT(*) FROM events")).scalar_one()


def child(apart: Apart) -> int:
    return apart._process.pid


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def waited(for_what) -> None:
    until = time.monotonic() + 120
    while not for_what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_records_of_several_tills_are_taken_and_each_hears_what_became_of_its_own(
    apart: Apart, settings: Settings
) -> None:
    one, two, stranger = Pen(settings, "till-1"), Pen(settings, "till-2"), Pen(settings, "till-9")
    first, damaged = one.write(("asked_more", "accepted")), b"rotten"
    told = apart.write(
        [taken(one, first, damaged), taken(stranger, stranger.write()), taken(two, two.write())]
    )
    assert (told[0].acknowledged, told[0].taken, len(told[0].quarantined)) == (2, 1, 1)
    assert isinstance(told[1], Exception)
    assert (told[2].acknowledged, told[2].taken) == (1, 1)
    again = apart.write([taken(one, first)])
    assert (again[0].taken, again[0].duplicates) == (0, 1)
    assert events(settings) == 2


def test_a_snapshot_is_the_same_wherever_it_is_built(apart: Apart, settings: Settings) -> None:
    pen = Pen(settings)
    apart.write([taken(pen, *[pen.write(card=str(number)) for number in range(5)])])
    with closing(Database(settings.database)) as database:
        here = snapshot_store.make(database, "sample", snapshot_store.NOTHING, 1_795_000_000)
        there = apart.build("sample", snapshot_store.NOTHING, 1_795_000_000)
        assert here and there and there.archived == here.archived
        assert _without_times(there.body) == _without_times(here.body)
        assert apart.build("sample", here.stands.revision, 1_795_000_000) is None


def _without_times(body: bytes) -> bytes:
    start = body.index(b'"built":')
    return body[:start] + body[body.index(b",", start) :]


def test_when_it_dies_nobody_believes_it_and_the_next_batch_finds_another(
    apart: Apart, settings: Settings
) -> None:
    pen, first = Pen(settings), child(apart)
    assert apart.write([taken(pen, pen.write())])[0].acknowledged == 1
    os.kill(first, signal.SIGSTOP)
    later = taken(pen, pen.write())
    killer = subprocess.Popen(["sh", "-c", f"sleep 0.2; kill -9 {first}"])
    with pytest.raises(OperationalError):
        apart.write([later])
    killer.wait()
    assert apart.write([later])[0].acknowledged == 2
    assert child(apart) != first
    assert events(settings) == 2


def test_it_ends_with_the_one_that_started_it(settings: Settings) -> None:
    program = (
        "import sys, time; from pathlib import Path; from pricing_service.apart import Apart\n"
        "apart = Apart(Path(sys.argv[1]), Path(sys.argv[2])); print(apart._process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(settings.database), str(settings.secrets)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert runs(pid)
        starter.kill()
    waited(lambda: not runs(pid))


def test_a_full_disk_keeps_its_name_on_the_way() -> None:
    assert disk.cause(Failed("SQLITE_FULL", "database or disk is full").error()) == disk.FULL
    assert disk.cause(Failed("", "ZeroDivisionError: ").error()) == disk.UNAVAILABLE


def test_while_another_process_writes_the_writer_does_not(settings: Settings) -> None:
    database, order = Database(settings.database), []

    def elsewhere(items: list[str]) -> list[str]:
        order.append("begun")
        time.sleep(0.1)
        order.append("ended")
        return [item.upper() for item in items]

    writer = Writer(database)
    outside = writer.submit_outside(elsewhere, "one")
    waited(lambda: order)
    mine = writer.submit(lambda connection: order.append("mine"))
    assert outside.result() == "ONE"
    mine.result()
    failing = writer.submit_outside(lambda items: [ZeroDivisionError() for _ in items], "two")
    assert isinstance(failing.exception(), ZeroDivisionError)
    writer.close()
    database.close()
    assert order == ["begun", "ended", "mine"]


def test_a_process_that_does_not_answer_holds_nobody_up(
    apart: Apart, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pen = Pen(settings)
    first, second = pen.write(), pen.write()
    apart.write([taken(pen, first)])
    os.kill(child(apart), signal.SIGSTOP)
    monkeypatch.setattr("pricing_service.apart.WRITE_SECONDS", 0.3)
    with pytest.raises(OperationalError):
        apart.write([taken(pen, second)])
    monkeypatch.undo()
    assert apart.write([taken(pen, second)])[0].taken == 1
    assert events(settings) == 2
