"""Trials of a till that really sells: its records are decided again, and what came out is what it is told."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pos_client.core import event
from pricing_service import fleet, fleet_reports, rollout_rounds, rollout_store, rollout_telling
from pricing_service.hearing import Hearing
from pricing_service.rollout_groups import HOUR
from pricing_service.rollout_room import Room
from tests.service.replayed_shop import Shop
from tests.service.reporting import Reporting, name_of, published

DAY = 24 * HOUR


class Selling:
    """A real till that sells and sends, in a shop whose canary it is."""

    def __init__(self, data: Path) -> None:
        self.sold = Shop(data, 7)
        self.database = self.sold.service.database
        published(self.database, 7)
        self.shop = Reporting(self.database, 3)
        self.numbers = count()
        self.sell(1)
        self.shop.report("till-1", 6)
        self.shop.ask(groups=[{"name": "one", "devices": ["till-1"], "records": 1}, {"name": "rest"}])

    def sell(self, checkouts: int) -> None:
        """Until so many were decided and have arrived."""
        until = self._arrived() + checkouts
        while self._arrived() < until:
            self.sold.sell(next(self.numbers))
            self.sold.online()

    def _arrived(self) -> int:
        with self.database.reading() as connection:
            return connection.execute(
                text("SELECT COUNT(*) FROM events WHERE kind = 'checkout'")
            ).scalar_one()

    def tamper(self) -> None:
        """The newest record, as an image would have written it that reckons otherwise."""
        newest = text(
            "SELECT sequence, line FROM events WHERE kind = 'checkout' ORDER BY position DESC LIMIT 1"
        )
        with self.database.writing() as connection:
            row = connection.execute(newest).one()
            record = event.opened(row.line)
            del record["hash"]
            line = event.seal({**record, "propensity": record["propensity"] - 1})
            put = text("UPDATE events SET line = :line WHERE sequence = :sequence")
            connection.execute(put, {"line": line, "sequence": row.sequence})


@pytest.fixture
def selling(tmp_path: Path) -> Iterator[Selling]:
    made = Selling(tmp_path / "data")
    yield made
    made.sold.service.close()


def test_a_round_of_the_service_finds_who_is_silent_though_nobody_reports(selling: Selling) -> None:
    service, shop = selling.sold.service, selling.shop
    selling.sell(1)
    assert shop.report("till-1", 6).target
    for days, state in ((1, "running"), (3, "stopped")):
        service.hearing = Hearing(shop.now, shop.now)
        rollout_rounds.one(service, shop.now + days * DAY)
        assert shop.rollout().kept.state == state


def test_a_rollout_that_cannot_be_settled_holds_up_no_other(selling: Selling) -> None:
    service, shop = selling.sold.service, selling.shop
    selling.sell(1)
    assert shop.report("till-1", 6).target
    with selling.database.writing() as connection:
        columns = ", ".join(rollout_store.Kept._fields)
        copied = columns.replace("id,", "'a0',", 1).replace("sent,", "'damaged',", 1)
        connection.exec_driver_sql(f"INSERT INTO rollouts ({columns}) SELECT {copied} FROM rollouts")
    service.hearing = Hearing(shop.now, shop.now)
    rollout_rounds.one(service, shop.now + 3 * DAY)
    assert shop.rollout().kept.state == "stopped"


def test_a_round_that_fails_is_followed_by_the_next_one() -> None:
    class Broken:
        tries = 0

        @property
        def database(self) -> None:
            self.tries += 1
            raise ValueError("damaged")

    async def two_rounds(service: Any) -> None:
        task = asyncio.create_task(rollout_rounds.rounds(service, seconds=0))
        while service.tries < 2:
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(asyncio.wait_for(two_rounds(Broken()), 120))


def test_a_canary_is_told_while_it_sells_and_confirms_after_a_record_that_came_out_the_same(
    selling: Selling,
) -> None:
    shop = selling.shop
    assert shop.report("till-1", 6).target == ""
    selling.sell(1)
    assert shop.report("till-1", 6).target == name_of(7)
    shop.report("till-1", 7, 6)
    shop.now += HOUR
    assert shop.report("till-1", 7, 6).target == ""
    selling.sell(1)
    assert shop.report("till-1", 7, 6).target == name_of(7)


def test_a_till_on_trial_is_told_to_report_as_its_time_ends_also_if_it_comes_an_eighth_early(
    selling: Selling,
) -> None:
    shop = selling.shop
    selling.sell(1)
    shop.report("till-1", 6)
    waits = []
    for _ in range(20):
        told = shop.report("till-1", 7, 6)
        if told.target:
            break
        waits.append(told.after)
        shop.now += -(-told.after * 7 // 8)
        selling.sell(1)
    assert waits == [
        60,
        60,
        60,
        60,
        60,
        41,
    ]  # five minutes are five times 53 s and 35, and 41 s less an eighth are 36


def test_a_till_that_offers_something_else_than_it_should_is_found_by_its_records(selling: Selling) -> None:
    shop = selling.shop
    selling.sell(1)
    assert shop.report("till-1", 6).target == name_of(7)
    selling.sell(1)
    selling.tamper()  # that was the version before, and says nothing of this one
    shop.report("till-1", 7, 6)
    selling.sell(1)
    shop.report("till-1", 7, 6)
    assert shop.member("till-1").till.state == "tried"
    selling.sell(1)
    selling.tamper()
    shop.report("till-1", 7, 6)
    assert shop.member("till-1").till.why == "wrong-offers"
    assert shop.rollout().kept.state == "stopped"


def test_decisions_made_again_count_only_for_the_standing_they_were_made_for(selling: Selling) -> None:
    shop, sent = selling.shop, {"hardware": "host", "version": 7, "confirmed": 6, "trial": True}
    shop.report("till-1", 7, 6)
    with selling.database.reading() as connection:
        device, report = fleet.get(connection, "till-1", 1), fleet_reports.read(sent)
        assert device is not None
    selling.sell(1)
    with selling.database.reading() as connection:
        stale = rollout_telling.look(connection, device, report)
        assert stale is not None and stale.checked.last > stale.before.checked
    for _ in range(2):
        shop.report("till-1", 7, 6)
        selling.sell(1)
    with selling.database.writing() as connection:
        known = fleet_reports.get(connection, "till-1")
        rollout_telling.answer(connection, device, report, stale, Room(), shop.now)
        kept = fleet_reports.get(connection, "till-1")
    assert known is not None and kept is not None
    assert (kept.checked, kept.trouble) == (known.checked, "") and kept.checked > stale.checked.last
