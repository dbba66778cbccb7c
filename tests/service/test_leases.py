"""Money budgets over several tills: what all may give and what all gave never come to more than the budget."""

import time
from concurrent.futures import Future
from typing import Any

import pytest
import time_machine
from sqlalchemy import Connection, text

from pos_client.core.calendar import period_key
from pos_client.core.snapshot import Snapshot
from pricing_service import fleet, lease_dealing, lease_rows, lease_store, lease_terms, rule_store, standing
from pricing_service.database import Database, Writer
from pricing_service.settings import Settings
from pricing_service.snapshot_store import SnapshotStore
from tests.service.places import BASKET, Client, Pen

DAY = 86400
BUDGET = 20_000
RULE = {"id": "five", "label": "Five", "kind": "amount", "amount": 500}
RULE["budget"] = {"period": "day", "amount": BUDGET}
TODAY = 20_000  # the day it is in the tests that bring their own time
NOON = TODAY * DAY + DAY // 2


@pytest.fixture
def budget(database: Database) -> None:
    """A shop of one discount, with a budget, and tills that were enrolled this noon."""
    with database.writing() as connection:
        connection.execute(text("UPDATE discounts SET retired = 1"))
        connection.execute(text("UPDATE devices SET enrolled = :noon"), {"noon": NOON})
        rule_store.DISCOUNTS.create(connection, RULE)


def told(connection: Connection, till: str = "till-1/1") -> list[int]:
    """[period key, left, left later] that the next snapshot leases to a till."""
    return lease_store.told(connection, "sample")["tills"][till][1].get("five", [0, 0, 0])


def held(connection: Connection) -> int:
    return sum(lease.now.left for lease in lease_rows.everywhere(connection))


def gives(connection: Connection, device: str, amount: int, day: int = TODAY) -> None:
    """A till's record of a gift arrives, as `event_store` has it arrive."""
    record = {"kind": "checkout", "outcome": "sold", "training": False, "automatic": [], "goodwill": None}
    record["discount"] = {"parts": [{"id": "five", "amount": amount}]}
    lease_store.charge(connection, device, 1, [(record, day)])
    spend = "INSERT INTO budgets VALUES ('five', :day, :amount) ON CONFLICT (discount, day)"
    spend += " DO UPDATE SET spent = budgets.spent + excluded.spent"
    connection.execute(text(spend), {"day": day, "amount": amount})


def spent(connection: Connection, day: int = TODAY) -> int:
    query = text("SELECT COALESCE(SUM(spent), 0) FROM budgets WHERE discount = 'five' AND day = :day")
    return connection.execute(query, {"day": day}).scalar_one()


def version(connection: Connection, number: int) -> str:
    """A snapshot of this version was published; what a till says that goes by it."""
    connection.execute(text("UPDATE service SET snapshot_version = :number"), {"number": number})
    return f"{standing.read(connection).history[:8]}-{number}"


def test_most_of_a_budget_is_leased_and_the_rest_kept_for_who_needs_it(
    database: Database, budget: None
) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        assert told(connection) == told(connection, "till-2/1") == [TODAY, 7500, 7500]


def test_dealing_again_changes_nothing(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        before = standing.read(connection)
        lease_dealing.deal(connection, NOON + 60)
        assert standing.read(connection) == before


def test_a_till_that_sells_gets_more_and_nothing_is_given_twice(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        for _ in range(24):
            gives(connection, "till-1", 500)
            lease_dealing.deal(connection, NOON)
            assert spent(connection) + held(connection) <= BUDGET
            assert told(connection)[1] >= 500
        assert told(connection, "till-2/1")[1] > 0


def test_what_is_called_back_is_free_only_once_its_till_has_said_so(database: Database, budget: None) -> None:
    with database.writing() as connection:
        holds = version(connection, 7)
        lease_dealing.deal(connection, NOON)
        while told(connection)[1] >= 500:  # till-2 is silent, till-1 sells all it can get
            gives(connection, "till-1", 500)
            lease_dealing.deal(connection, NOON)
        (silent,) = [one for one in lease_rows.everywhere(connection) if one.till.device == "till-2"]
        assert silent.now.recalled and silent.asked == 7
        assert spent(connection) + held(connection) <= BUDGET
        lease_store.obeyed(connection, "till-2", 1, holds, 0)  # that was before it was asked
        lease_store.obeyed(connection, "till-2", 1, "another0-9", 0)  # of another history
        lease_store.obeyed(connection, "till-2", 1, version(connection, 8), 1)  # with a record still to come
        lease_dealing.deal(connection, NOON)
        assert told(connection)[1] < 500
        lease_store.obeyed(connection, "till-2", 1, version(connection, 8), 0)
        lease_dealing.deal(connection, NOON)
        assert told(connection)[1] >= 500
        assert spent(connection) + held(connection) <= BUDGET


def test_a_revoked_tills_lease_is_free_at_once(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        fleet.revoke(connection, "till-2")
        lease_dealing.deal(connection, NOON)
        assert [lease.till.device for lease in lease_rows.everywhere(connection)] == ["till-1"]
        assert lease_store.told(connection, "sample")["of"] == 1


def test_a_till_nobody_heard_of_for_long_holds_nothing_until_it_is_back(
    database: Database, budget: None
) -> None:
    later = NOON + 14 * DAY + lease_terms.SLACK_SECONDS + 1  # snapshots expire after two weeks
    fetched = text("UPDATE devices SET fetched = :now WHERE device = :device")
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        connection.execute(fetched, {"now": later, "device": "till-1"})
        lease_dealing.deal(connection, later)
        assert [lease.till.device for lease in lease_rows.everywhere(connection)] == ["till-1"]
        assert lease_store.told(connection, "sample")["tills"]["till-2/1"] == [1, {}]  # it keeps its place
        before = standing.revision(connection)
        lease_store.heard(connection, "sample", NOON, None, later)
        assert standing.revision(connection) > before
        connection.execute(fetched, {"now": later, "device": "till-2"})
        lease_dealing.deal(connection, later)
        assert told(connection, "till-2/1")[1] > 0


def test_a_new_day_brings_new_leases_within_what_was_promised(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        for _ in range(8):
            gives(connection, "till-1", 500)
        lease_dealing.deal(connection, NOON)
        promised = told(connection)[2]
        gives(connection, "till-1", 500, TODAY + 1)  # its clock is ahead of ours
        assert told(connection) == [TODAY + 1, promised - 500, promised]
        lease_dealing.deal(connection, NOON + DAY)
        (one, two) = lease_rows.everywhere(connection)
        assert one.key == two.key == TODAY + 1 and one.before == 4000
        assert spent(connection, TODAY + 1) + held(connection) <= BUDGET
        gives(connection, "till-2", 500, TODAY)  # a record of yesterday that comes late
        assert told(connection, "till-2/1")[0] == TODAY + 1


def test_a_smaller_budget_calls_back_what_is_too_much(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        rule = rule_store.DISCOUNTS.get(connection, "five")
        smaller = {**RULE, "budget": {"period": "day", "amount": 4000}}
        rule_store.DISCOUNTS.replace(connection, "five", rule.version, smaller)
        lease_dealing.deal(connection, NOON)
        assert told(connection)[1] + told(connection, "till-2/1")[1] <= 4000
        assert held(connection) == 15_000  # as long as the tills do not know


def test_another_period_begins_with_what_the_tills_still_hold(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        rule = rule_store.DISCOUNTS.get(connection, "five")
        monthly = {**RULE, "budget": {"period": "month", "amount": 6000}}
        rule_store.DISCOUNTS.replace(connection, "five", rule.version, monthly)
        lease_dealing.deal(connection, NOON)
        assert told(connection)[0] == period_key("month", TODAY)
        assert held(connection) == 15_000  # as long as they may go by the old rule
        for device in ("till-1", "till-2"):
            lease_store.obeyed(connection, device, 1, version(connection, 1), 0)
        lease_dealing.deal(connection, NOON)
        assert 0 < told(connection)[1] + told(connection, "till-2/1")[1] <= 6000


def test_a_renewed_till_has_one_lease_and_the_old_one_is_free_once_it_speaks(
    database: Database, budget: None
) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        fleet.renew(connection, "till-1", 1, "sample", 0, 0)
        connection.execute(text("UPDATE devices SET enrolled = :noon"), {"noon": NOON})
        lease_dealing.deal(connection, NOON)
        assert told(connection, "till-1/2")[1] > 0
        assert spent(connection) + held(connection) <= BUDGET
        before = held(connection)
        lease_store.obeyed(connection, "till-1", 2, version(connection, 3), 0)
        assert held(connection) < before


def test_a_rule_without_a_budget_has_no_leases(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        rule = rule_store.DISCOUNTS.get(connection, "five")
        rule_store.DISCOUNTS.retire(connection, "five", rule.version)
        lease_dealing.deal(connection, NOON)
        assert list(lease_rows.everywhere(connection)) == []


def test_a_snapshot_that_is_hours_old_is_built_anew(database: Database, budget: None) -> None:
    with database.writing() as connection:
        lease_dealing.deal(connection, NOON)
        stands = standing.read(connection)
        standing.publish(connection, stands.published(stands.revision, NOON))
        lease_dealing.deal(connection, NOON + lease_dealing.FRESH_SECONDS - 1)
        assert standing.revision(connection) == stands.revision
        lease_dealing.deal(connection, NOON + lease_dealing.FRESH_SECONDS)
        assert standing.revision(connection) > stands.revision
        assert lease_dealing.due(connection, NOON, NOON) == NOON + lease_dealing.FRESH_SECONDS
        midnight = (TODAY + 1) * DAY - 60 * rule_store.utc_offset(connection, "sample")
        assert lease_dealing.due(connection, midnight - 900, NOON) == midnight


def fetched(pen: Pen, client: Client, query: str = "") -> dict[str, Any]:
    path = "/v1/snapshots/latest" + query
    body = client.ask("GET", path, **pen.signed("GET", path, b"")).body
    return Snapshot(lambda offset, length: body[offset : offset + length], len(body)).meta


def test_a_snapshot_leases_and_the_list_shows_it(client: Client, pen: Pen, settings: Settings) -> None:
    meta = fetched(pen, client)
    assert meta["leases"]["of"] == 2
    first, second = (meta["leases"]["tills"][name] for name in ("till-1/1", "till-2/1"))
    assert (first[0], second[0]) == (0, 1)
    key, left, later = first[1]["ten-off"]
    assert key == period_key("month", int(time.time()) // DAY) and left == later > 1000
    page = client.ask("GET", "/v1/leases?limit=1", **client.admin)
    assert page.status == 200, page.body
    shown = page.json["items"][0]
    assert (shown["device"], shown["discount"], shown["left"]) == ("till-1", "ten-off", left)
    assert page.json["next"] == "till-1/1/ten-off"
    rest = client.ask("GET", f"/v1/leases?after={page.json['next']}", **client.admin).json
    assert [one["device"] for one in rest["items"]] == ["till-2"] and rest["next"] is None
    assert client.ask("GET", "/v1/leases?after=1/x", **client.admin).status == 400


def test_a_sale_comes_off_the_lease_of_its_till(client: Client, pen: Pen) -> None:
    before = fetched(pen, client)["leases"]["tills"]
    lines = [{**BASKET["lines"][0], "brand": "None", "unit_price": 5000}]
    top = ("asked_more",) * 2 + ("accepted",)  # 3 %, 5 % from 40, 10 euros off from 80
    pen.send(client, [pen.write(top, card=None, lines=lines)])
    after = fetched(pen, client)["leases"]["tills"]
    assert after["till-1/1"][1]["ten-off"][1] == before["till-1/1"][1]["ten-off"][1] - 1000
    assert after["till-2/1"] == before["till-2/1"]


def test_a_till_that_says_what_it_goes_by_is_heard(client: Client, pen: Pen, database: Database) -> None:
    meta = fetched(pen, client)
    with database.writing() as connection:
        recall = text("UPDATE leases SET recalled = 300, asked = 0 WHERE device = 'till-1'")
        connection.execute(recall)
        held_before = held(connection)
    fetched(pen, client, f"?holds={meta['history'][:8]}-{meta['version']}&last=0")
    with database.reading() as connection:
        assert held(connection) == held_before - 300
    for odd in ("?holds=x", "?holds=ab-1&last=-1", "?holds=ab-1&last=99999999999999999999"):
        path = "/v1/snapshots/latest" + odd
        assert client.ask("GET", path, **pen.signed("GET", path, b"")).status == 422


def test_a_day_that_changes_nothing_is_dealt_once(database: Database) -> None:
    dealt: list[int] = []

    def deal(now: int) -> Future[None]:
        dealt.append(now)
        return writer.submit(lambda connection: lease_dealing.deal(connection, now))

    with database.writing() as connection:
        connection.execute(text("UPDATE discounts SET retired = 1"))
        evening = (TODAY + 1) * DAY - 60 * rule_store.utc_offset(connection, "sample") - 600
    writer = Writer(database)
    store = SnapshotStore(database, writer, deal)
    for now in (evening, evening + 60, evening + 900, evening + 960, evening + 1020):
        with time_machine.travel(now, tick=False):
            store.latest("sample")
    writer.close()
    assert dealt == [evening, evening + 900]
