"""A disk that fills or fails under the service: nothing is acknowledged that is not kept, and it recovers by itself."""

import contextlib
import resource
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from pricing_service import disk
from pricing_service.database import Database, Writer

ADD = text("INSERT INTO kept (number, filler) VALUES (:number, :filler)")
NUMBERS = text("SELECT number FROM kept ORDER BY number")


@pytest.fixture
def database(tmp_path: Path):
    made = Database(tmp_path / "some.db")
    with made.writing() as connection:
        connection.execute(text("CREATE TABLE kept (number INTEGER PRIMARY KEY, filler BLOB)"))
    yield made
    made.close()


def adding(number: int, size: int = 10):
    return lambda connection: connection.execute(ADD, {"number": number, "filler": b"f" * size}) and number


def kept(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.execute(NUMBERS).scalars())


def giving_up(connection: Connection) -> None:
    """As SQLite after a page it could not read: the whole transaction is gone, the savepoints with it."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute("ROLLBACK")
    raise OSError("the disk did not obey")


def together(writer: Writer, *jobs):
    """The futures of jobs that are in one transaction."""
    begun, all_there = threading.Event(), threading.Event()

    def gate(connection: Connection) -> None:
        begun.set()
        all_there.wait()

    writer.submit(gate)
    begun.wait()
    futures = [writer.submit(job) for job in jobs]
    all_there.set()
    return futures


def test_who_shares_a_transaction_that_sqlite_gave_up_is_not_told_that_it_was_kept(database):
    writer = Writer(database)
    troubles = [future.exception() for future in together(writer, adding(1), giving_up, adding(3))]
    assert all(troubles)
    assert kept(database) == []
    assert writer.submit(adding(4)).result() == 4
    writer.close()
    assert kept(database) == [4]


def test_a_transaction_that_sqlite_gave_up_is_not_taken_for_committed(database):
    with pytest.raises(OperationalError, match="given up"), database.writing() as connection:
        adding(1)(connection)
        with contextlib.suppress(OSError):
            giving_up(connection)
    assert kept(database) == []


def test_what_finds_no_room_is_refused_by_name_and_the_others_are_kept(database):
    failures: list[str] = []
    writer = Writer(database, failures.append)
    full = writer.submit(lambda connection: connection.execute(text("PRAGMA max_page_count=12")).scalar())
    assert full.result() == 12
    told = [future.exception() for future in together(writer, adding(1), adding(2, 100_000), adding(3))]
    numbers = [number for number, trouble in zip((1, 2, 3), told, strict=True) if trouble is None]
    assert kept(database) == numbers
    assert disk.cause(told[1]) == "disk-full"
    assert set(failures) == {"disk-full"}
    writer.submit(lambda connection: connection.execute(text("PRAGMA max_page_count=100000"))).result()
    assert writer.submit(adding(5, 100_000)).result() == 5
    assert writer.trouble is None
    writer.close()


def test_a_file_that_may_not_grow_stops_writes_until_it_may_again(database):
    """As a quota does, with the system's own refusal."""
    writer = Writer(database)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        told = [writer.submit(adding(number, 5000)).exception() for number in range(1, 30)]
        trouble = writer.trouble
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    numbers = [number for number, failed in enumerate(told, 1) if failed is None]
    assert 0 < len(numbers) < 29
    assert trouble == "disk-failed"
    assert kept(database) == numbers
    assert writer.submit(adding(99)).result() == 99
    writer.close()
