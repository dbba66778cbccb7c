"""Another release comes in force while tills go on handing in records."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from models import release
from models.release import HAND_MADE, Cohorts, Covariate, Release
from pos_client.core.belief import Model
from pricing_service import recomputing, release_store, replaying
from pricing_service.database import Database
from pricing_service.releases import published
from pricing_service.settings import Settings
from tests.service.places import Client, Pen, listening

OTHER = replace(HAND_MADE, name="other", mu=-2.5, sigma=0.5)
PARTED = replace(
    OTHER,
    name="parted",
    cohorts=Cohorts("units", (2, 4), (-3.2, -2.6, -2.1), (0.3, 0.4, 0.3)),
    covariates=(Covariate("units", 2.0, 0.1), Covariate("log_gross", 3.2, -0.2)),
)
REACTIONS = (
    ("accepted",),
    ("asked_more", "accepted"),
    ("asked_more", "left"),
    ("left",),
    ("skipped",),
    ("asked_more",),
    (),
)


def some(pen: Pen, count: int, customers: int = 7) -> list[bytes]:
    """Records of all sorts, of some customers and of nobody, with baskets that differ."""
    lines = []
    for number in range(count):
        reactions = REACTIONS[number % len(REACTIONS)]
        outcome = "lost" if "left" in reactions else ("sold", "sold", "cancelled", "lost")[number % 4]
        card = None if number % 11 == 0 else f"card-{number * number % customers}"
        line = {"sku": "4006000", "quantity": 2 + number % 5, "unit_price": 1299, "category": "care"}
        clock = 1_795_000_000 + number * 40_000 - (number % 13 == 0) * 3_000_000
        goods = {"lines": [line] * (1 + number % 3), "clock": clock}
        lines.append(pen.write(reactions, outcome, card, **goods))
    return lines


def added(database: Database, given: Release) -> tuple[Model, Callable[[Connection], None]]:
    """A release of these parameters that waits to come in force: its tables, and what puts it in force."""
    parameters = json.dumps(release.as_json(given))
    with database.writing() as connection:
        number = release_store.add(connection, given.name, parameters, None, "a test", "").number
        switch = release_store.ask(connection, number, "publish", "a test", "")
    model = published(parameters).model
    return model, lambda connection: release_store.make(connection, switch, model.release)


def derived(database: Database) -> tuple[replaying.Derived, replaying.Derived]:
    """What is stored, and what the oracle makes of the log by the release in force."""
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        return replaying.stored(connection), replaying.replay(connection, model)


def names(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(text("SELECT DISTINCT release FROM beliefs")).scalars())


@pytest.mark.parametrize("given", [OTHER, PARTED])
def test_the_beliefs_of_another_release_are_those_of_the_oracle(
    settings: Settings, database: Database, given: Release
) -> None:
    pen = Pen(settings)
    with listening(settings) as port:
        client = Client(port)
        assert pen.send(client, some(pen, 120)).status == 200
        model, switch = added(database, given)
        done = recomputing.adopt(database, model, switch)
        client.close()
    stored, replayed = derived(database)
    assert stored == replayed
    assert (done.customers, names(database)) == (len(stored.beliefs), {model.release})


def test_records_that_arrive_meanwhile_count_once_and_in_their_order(
    settings: Settings, database: Database
) -> None:
    pen = Pen(settings)
    with listening(settings) as port:
        client = Client(port)
        pen.send(client, some(pen, 60))
        model, switch = added(database, PARTED)
        late = [some(pen, 40, 12), some(pen, 30, 3), some(pen, recomputing.FEW + 20, 9)]

        def sell(share: float) -> None:
            for _ in range({recomputing.READING: len(late) - 2, 1.0: 2}.get(share, 0)):
                assert pen.send(client, late.pop(0)).status == 200

        done = recomputing.adopt(database, model, switch, sell)
        pen.send(client, some(pen, 20))
        client.close()
    assert not late
    stored, replayed = derived(database)
    assert stored == replayed
    assert 60 < done.visits <= 60 + 40  # the others were folded one by one


def test_what_goes_wrong_leaves_in_force_what_was(settings: Settings, database: Database) -> None:
    pen = Pen(settings)
    with listening(settings) as port:
        client = Client(port)
        pen.send(client, some(pen, 60))
        before, present = derived(database)[0], names(database)
        model, _ = added(database, OTHER)

        def fail(_: object) -> None:
            raise InterruptedError("given up")

        def fail_late(share: float) -> None:
            if share == 1.0:
                assert names(database) == {*present, model.release}  # written, and nobody's belief yet
                assert derived(database)[0] == before
                fail(share)

        for switch, progress in ((fail, lambda _: None), (fail, fail), (fail, fail_late)):
            with pytest.raises(InterruptedError):
                recomputing.adopt(database, model, switch, progress)
            assert (derived(database)[0], names(database)) == (before, present)
        client.close()


def test_the_same_tables_under_another_number_are_switched_at_once(
    settings: Settings, database: Database
) -> None:
    pen = Pen(settings)
    with listening(settings) as port:
        client = Client(port)
        pen.send(client, some(pen, 30))
        before = derived(database)[0]
        model, switch = added(database, HAND_MADE)
        assert recomputing.adopt(database, model, switch)[:2] == (0, 0)
        client.close()
    with database.reading() as connection:
        assert release_store.present(connection).number == 1
    assert derived(database)[0] == before


def test_beliefs_left_by_a_switch_that_was_killed_are_forgotten(
    settings: Settings, database: Database
) -> None:
    with listening(settings) as port:
        client, pen = Client(port), Pen(settings)
        pen.send(client, some(pen, 30))
        client.close()
    with database.writing() as connection:
        connection.execute(
            text("INSERT INTO beliefs SELECT 'half', customer, weights, day, 99, cohort FROM beliefs")
        )
    model, switch = added(database, OTHER)
    recomputing.adopt(database, model, switch)
    stored, replayed = derived(database)
    assert (stored, names(database)) == (replayed, {model.release})
