"""A record that nobody knows how to take holds up none of the others: it is set aside under its number."""

from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from pricing_service import event_store
from pricing_service.database import Database
from pricing_service.intake import Batch
from pricing_service.records import read
from tests.service.places import Pen
from tests.service.test_events import derived_and_replayed, kept


class Stumbling:
    """Stands where it is asked who was erased, and fails over the records with these numbers."""

    def __init__(self, fault: Exception, *numbers: int) -> None:
        self.fault, self.numbers = fault, numbers

    def empty_aside(self, connection: Connection, aside: list[dict[str, Any]]) -> None:
        """Nobody was erased."""

    def empty(self, connection: Connection, told: list) -> list:
        if any(row["sequence"] in self.numbers for _, row in told):
            raise self.fault
        return told


def batch(pen: Pen, count: int) -> Batch:
    return Batch("till-1", 1, [read(pen.write(), "till-1", 1) for _ in range(count)], begins=1)


@pytest.mark.parametrize("numbers", [(1,), (3,), (2, 5), (1, 2, 3, 4, 5)])
def test_it_is_set_aside_and_the_others_are_taken(
    pen: Pen, database: Database, numbers: tuple[int, ...]
) -> None:
    with database.writing() as connection:
        job = event_store.accept(batch(pen, 5), Stumbling(TypeError("odd"), *numbers))  # type: ignore[arg-type]
        receipt = job(connection)
    assert receipt.acknowledged == 5
    assert [(one["sequence"], one["code"]) for one in receipt.quarantined] == [
        (number, "record-fault") for number in numbers
    ]
    assert len(kept(database)) == 5 - len(numbers)
    derived, replayed = derived_and_replayed(database)
    assert derived == replayed


def test_trouble_of_the_database_blames_no_record(pen: Pen, database: Database) -> None:
    gone = OperationalError("in a test", None, Exception("the disk"))
    with pytest.raises(OperationalError), database.writing() as connection:
        event_store.accept(batch(pen, 3), Stumbling(gone, 2))(connection)  # type: ignore[arg-type]
    with database.reading() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM quarantine")).scalar() == 0
    assert kept(database) == []


def test_sent_again_it_is_known(pen: Pen, database: Database) -> None:
    again = batch(pen, 3)
    for _ in range(2):
        with database.writing() as connection:
            receipt = event_store.accept(again, Stumbling(TypeError("odd"), 2))(connection)  # type: ignore[arg-type]
    assert (receipt.acknowledged, receipt.duplicates, receipt.conflicts) == (3, 3, [])
