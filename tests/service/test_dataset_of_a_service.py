"""A dataset read from the database of a service that goes on working."""

import sqlite3

import pytest

from models.dataset import Unusable, from_database
from pricing_service.settings import Settings
from tests.service.places import Client, Pen


def test_the_log_of_a_running_service_becomes_a_dataset(settings: Settings, client: Client, pen: Pen) -> None:
    lines = [
        pen.write(("asked_more", "accepted")),
        pen.write(("skipped",)),
        pen.write(card=None),
        pen.write((), outcome="cancelled"),
        b'{"not": "a record"}',
    ]
    answer = pen.send(client, lines)
    assert answer.status == 200 and len(answer.json["quarantined"]) == 1
    before = settings.database.read_bytes()
    told = from_database(settings.database)
    assert settings.database.read_bytes() == before
    counts = {name: count for name, count in told.attrs.items() if count}
    assert counts == {"records": 5, "used": 2, "quarantined": 1, "skipped": 1, "cancelled": 1, "anonymous": 1}
    assert told["heard"].values.tolist() == [2, 1] and told["customer"].values.tolist() == [0, -1]
    with sqlite3.connect(settings.database) as connection:
        days = [day for (day,) in connection.execute("SELECT day FROM events ORDER BY position")]
    assert told["day"].values.tolist() == [days[0], days[2]]
    pen.sequence += 1  # the quarantined line took a number
    assert pen.send(client, [pen.write()]).status == 200
    assert from_database(settings.database).attrs["used"] == 3


def test_a_service_that_heard_nothing_yet_says_so(settings: Settings) -> None:
    with pytest.raises(Unusable, match="tells anything about discounts"):
        from_database(settings.database)


def test_what_is_no_database_of_a_service_says_so(settings: Settings) -> None:
    other = settings.data / "other.db"
    missing = settings.data / "missing.db"
    other.write_bytes(b"SQLite format 4" * 100)
    for path in (other, missing, settings.data):
        with pytest.raises(Unusable, match="no database of a service"):
            from_database(path)
    assert not missing.exists()
