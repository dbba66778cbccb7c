"""A service's database that takes records of simulated cashiers without a socket in between, and what it then holds."""

from collections.abc import Sequence

from pricing_service import event_store, records, release_store, replaying, trust_relearning, trust_store
from pricing_service.database import Database
from pricing_service.intake import Batch
from pricing_service.trust_intervals import Source
from pricing_service.trust_store import Entry
from tests.service.cashiers import Floor, Manner, honest
from tests.service.places import Pen

CREW: dict[str, Manner] = {"c1": honest, "c2": honest, "c3": honest, "c4": honest}
AT_ONCE = 25  # records of a batch


def take(database: Database, pen: Pen, lines: Sequence[bytes]) -> None:
    """All of it in batches, as a till sends it."""
    for start in range(0, len(lines), AT_ONCE):
        some = lines[start : start + AT_ONCE]
        batch = Batch(pen.device, pen.epoch, [records.read(line, pen.device, pen.epoch) for line in some])
        with database.writing() as connection:
            receipt = event_store.accept(batch)(connection)
        assert not receipt.quarantined and receipt.taken == len(some), receipt


def settle(database: Database) -> int:
    """Carry every change of trust into beliefs; in how many portions."""
    portions = 0
    while True:
        with database.writing() as connection:
            if not trust_relearning.portion(connection):
                return portions
        portions += 1


def derived(database: Database) -> tuple[replaying.Derived, replaying.Derived]:
    """What is stored, and what the oracle makes of the log."""
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        return replaying.stored(connection), replaying.replay(connection, model)


def entries(database: Database) -> list[Entry]:
    """Everything that was ever set, the latest first."""
    with database.reading() as connection:
        return trust_store.page(connection, 1 << 30, 100)


def a_morning(database: Database, floor: Floor, each: int = 60) -> None:
    """Honest work of four cashiers, so that each has others to be held against."""
    take(database, floor.pens[0], floor.day(CREW, each))


def found(database: Database, floor: Floor, manner: Manner, most: int = 200) -> int:
    """How many records of c1 it takes until the guard distrusts it, the others working on honestly."""
    crew = {**CREW, "c1": manner}
    for records_of_c1 in range(5, most + 1, 5):
        take(database, floor.pens[0], floor.day(crew, 5))
        if entries(database):
            return records_of_c1
    raise AssertionError(f"not found within {most} records")


C1 = Source("cashier", "sample", "c1")
