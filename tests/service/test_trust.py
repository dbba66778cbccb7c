"""A cashier or a till whose records do not look like the others': found, left out of what is learnt, and put back."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from models.dataset import from_database
from pos_client.core import belief, event
from pricing_service import (
    erasing,
    recomputing,
    release_store,
    standing,
    trust_history,
    trust_relearning,
    trust_store,
    trust_watch,
)
from pricing_service.database import Database
from pricing_service.learning import fold
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from pricing_service.trust_intervals import Source
from tests.service.cashiers import Floor, Manner, asks_for_more, takes_it
from tests.service.guarded import C1, CREW, a_morning, derived, entries, found, settle, take
from tests.service.places import Pen
from tests.service.test_recomputing import OTHER, added


@pytest.fixture
def floor(pen: Pen) -> Floor:
    return Floor(pen)


def begin(database: Database, source: Source, first: int) -> None:
    with database.writing() as connection:
        trust_store.begin(connection, source, first, "person", {}, "anna", "a test")


def clear(database: Database, source: Source, keep_past_out: bool = False) -> None:
    with database.writing() as connection:
        trust_store.clear(connection, source, "anna", "a test", keep_past_out)
        trust_watch.forgive(connection, source)


def last(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(trust_store.LAST).scalar_one()


def equal(database: Database) -> bool:
    stored, replayed = derived(database)
    return stored == replayed


@pytest.mark.parametrize(
    ("manner", "reasons"), [(asks_for_more, {"refused"}), (takes_it, {"accepted"})], ids=["asks", "takes"]
)
def test_who_keys_the_same_whatever_customers_say_is_found_and_nobody_else(
    database: Database, floor: Floor, manner: Manner, reasons: set[str]
) -> None:
    a_morning(database, floor)
    assert entries(database) == []
    assert found(database, floor, manner) <= 100
    (entry,) = entries(database)
    assert entry.source == C1 and entry.reason in reasons and entry.set_by == "guard"
    assert entry.detail["bound"] <= 0.01 and entry.detail["expected"] < entry.detail["hits"]
    take(database, floor.pens[0], floor.day({**CREW, "c1": manner}, 60))
    assert entries(database) == [entry._replace(left_out=60)], "nobody else, and not again"


def test_the_records_since_it_began_are_taken_back_and_those_before_are_not(
    database: Database, floor: Floor
) -> None:
    a_morning(database, floor)
    before = last(database)
    many = found(database, floor, asks_for_more)
    (entry,) = entries(database)
    assert before - 40 < entry.first <= before + 40, "it begins about where c1 changed"
    settle(database)
    (entry,) = entries(database)
    assert many - 10 <= entry.taken_back <= many + 10 and entry.left_out == 0
    assert equal(database)


def test_beliefs_are_then_those_of_a_log_in_which_nobody_answered_there(
    database: Database, floor: Floor
) -> None:
    """Computed here from the lines themselves, by the core alone."""
    a_morning(database, floor, 40)
    found(database, floor, asks_for_more)
    settle(database)
    (entry,) = entries(database)
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        rows = connection.execute(text("SELECT position, day, line FROM events ORDER BY position")).all()
    held: dict[str, tuple[list[int], int]] = {}
    visits: dict[str, int] = {}
    for row in rows:
        record = event.opened(row.line)
        who = record["customer"]
        visits[who] = visits.get(who, 0) + (record["outcome"] == "sold")
        weights, day = held.get(who, (belief.initial(model, belief.PRECISE), row.day))
        if not (record["cashier"] == "c1" and row.position >= entry.first):
            weights = belief.drift(model, weights, row.day - day)
            weights = belief.update(model, weights, belief.offers_of(record), record["outcome"])
            day = max(day, row.day)
        held[who] = weights, day
    stored = derived(database)[0].beliefs
    assert {who: (one.weights, one.day) for who, one in stored.items()} == held
    assert {who: one.visits for who, one in stored.items()} == visits, "a sale is a visit all the same"


def test_nothing_is_refused_and_money_counts_all_of_it(database: Database, floor: Floor) -> None:
    begin(database, C1, 1)
    take(database, floor.pens[0], floor.day(CREW, 30))
    stored, replayed = derived(database)
    assert stored == replayed
    given = sum(
        part["amount"]
        for line in lines(database)
        for part in (line["discount"] or {"parts": []})["parts"]
        if line["outcome"] == "sold"
    )
    assert sum(amount for _, amount in stored.usage.values()) == given > 0
    assert entries(database)[0].left_out == 30


def lines(database: Database) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return [
            event.opened(line)
            for line in connection.execute(text("SELECT line FROM events ORDER BY position")).scalars()
        ]


def test_cleared_it_is_as_if_it_had_never_been(settings: Settings, database: Database, floor: Floor) -> None:
    a_morning(database, floor, 30)
    untouched = derived(database)[0]
    begin(database, C1, 1)
    settle(database)
    assert derived(database)[0] != untouched and equal(database)
    clear(database, C1)
    settle(database)
    assert derived(database)[0] == untouched and equal(database)


def test_records_that_come_late_teach_nothing_until_it_is_cleared(database: Database, floor: Floor) -> None:
    a_morning(database, floor, 20)
    begin(database, C1, 1)
    late = floor.day(CREW, 15)
    take(database, floor.pens[0], late[:30])
    settle(database)
    assert equal(database)
    clear(database, C1)
    take(database, floor.pens[0], late[30:])
    settle(database)
    assert equal(database)
    assert all(entry.cleared for entry in entries(database))


def test_the_past_can_stay_out_while_what_comes_teaches(database: Database, floor: Floor) -> None:
    a_morning(database, floor, 20)
    begin(database, C1, 1)
    settle(database)
    clear(database, C1, keep_past_out=True)
    end = last(database)
    take(database, floor.pens[0], floor.day(CREW, 20))
    settle(database)
    (entry,) = entries(database)
    assert (entry.state, entry.last) == ("ended", end) and equal(database)
    clear(database, C1)
    settle(database)
    assert entries(database)[0].state == "cleared" and equal(database)


def test_a_change_is_carried_in_portions_and_records_arrive_between(
    database: Database, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust_relearning, "CUSTOMERS", 3)
    a_morning(database, floor, 30)
    begin(database, C1, 1)
    portions = 0
    while True:
        with database.writing() as connection:
            if not trust_relearning.portion(connection):
                break
        portions += 1
        if portions % 3 == 1:
            take(database, floor.pens[0], floor.day(CREW, 1))
        if portions == 6:
            clear(database, C1)
    assert portions > 12 and equal(database)


def test_a_release_that_comes_in_force_knows_whom_to_leave_out(database: Database, floor: Floor) -> None:
    a_morning(database, floor, 30)
    begin(database, C1, 40)
    model, switch = added(database, OTHER)
    meanwhile = [  # somebody else is distrusted while the log is read; then c1 is trusted again
        lambda: begin(database, Source("cashier", "sample", "c2"), 1),
        lambda: clear(database, C1),
    ]

    def on(_: float) -> None:
        if meanwhile:
            meanwhile.pop(0)()
            take(database, floor.pens[0], floor.day(CREW, 3))

    recomputing.adopt(database, model, switch, on)
    assert not meanwhile
    settle(database)
    with database.reading() as connection:
        assert release_store.in_force(connection).model.release == model.release
    assert equal(database)


def test_who_was_erased_is_not_learnt_again(settings: Settings, database: Database, floor: Floor) -> None:
    a_morning(database, floor, 30)
    token = customer_token(settings.tenant_key, "card-1")
    begin(database, C1, 1)
    with database.writing() as connection:
        erasing.erase(connection, settings.secrets, token)
    settle(database)
    clear(database, C1)
    settle(database)
    stored, replayed = derived(database)
    assert stored == replayed and token not in stored.beliefs and len(stored.beliefs) > 20


def test_a_hostile_cashier_makes_nobody_look_like_a_hold_out(database: Database, floor: Floor) -> None:
    def leaning() -> int:
        with database.reading() as connection:
            query = text("SELECT COUNT(*) FROM holding WHERE lean > 0")
            return connection.execute(query).scalar_one()

    a_morning(database, floor)
    usual = leaning()
    found(database, floor, asks_for_more)
    take(database, floor.pens[0], floor.day({"c1": asks_for_more}, 100))
    settle(database)
    stored, replayed = derived(database)
    assert stored.holding == replayed.holding
    assert leaning() <= usual + 3


def test_a_till_that_makes_records_up_under_many_names_is_found_and_the_cashiers_are_not(
    settings: Settings, database: Database, pen: Pen
) -> None:
    other = Pen(settings, "till-2")
    floor = Floor(pen, other)
    take(database, pen, floor.day(CREW, 40))
    take(database, other, [floor.ring(name, pen=other) for _ in range(20) for name in CREW])
    for _ in range(10):
        take(database, other, [floor.ring(name, asks_for_more, other) for name in CREW])
        take(database, pen, floor.day(CREW, 2))
        if entries(database):
            break
    sources = [entry.source for entry in entries(database)]
    assert sources == [Source("device", "sample", "till-2")]
    take(database, other, [floor.ring(name, asks_for_more, other) for _ in range(20) for name in CREW])
    take(database, pen, floor.day(CREW, 20))
    settle(database)
    assert [entry.source for entry in entries(database)] == sources and equal(database)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"fast": True}, {"fast", "same-time"}),
        ({"card": "a friend's"}, {"same-card"}),
        ({"training": True}, {"practice"}),
    ],
    ids=["machine", "one card", "training"],
)
def test_what_no_honest_cashier_does_is_found_though_reactions_are_honest(
    database: Database, floor: Floor, more: dict[str, Any], reason: set[str]
) -> None:
    a_morning(database, floor)
    crew = {name: manner for name, manner in CREW.items() if name != "c1"}
    for _ in range(12):
        pen = floor.pens[0]
        odd = [floor.ring("c1", pen=pen, **more) for _ in range(5)]
        take(database, pen, odd + floor.day(crew, 5))
    (entry,) = entries(database)
    assert entry.source == C1 and entry.reason in reason


def test_where_the_point_of_sale_answers_by_itself_everywhere_nobody_is_suspected(
    database: Database, floor: Floor
) -> None:
    take(database, floor.pens[0], floor.day(CREW, 60, fast=True))
    assert entries(database) == []


def test_a_cashier_with_nobody_to_be_held_against_is_not_judged(database: Database, floor: Floor) -> None:
    take(database, floor.pens[0], floor.day({"c1": asks_for_more}, 150))
    assert entries(database) == []


def test_a_fit_leaves_them_out_too(settings: Settings, database: Database, floor: Floor) -> None:
    a_morning(database, floor, 20)
    whole = from_database(settings.database)
    begin(database, C1, 41)
    told = from_database(settings.database)
    assert told.attrs["poisoned"] == 10 and told.attrs["records"] == whole.attrs["records"]
    assert told.sizes["checkout"] < whole.sizes["checkout"]
    clear(database, C1)
    assert from_database(settings.database).attrs["poisoned"] == 0


def test_how_it_was_learnt_at_an_earlier_revision_can_be_told(
    database: Database, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every revision on the way, the customer's belief follows from what the history tells of it."""
    monkeypatch.setattr(trust_relearning, "CUSTOMERS", 2)
    seen: list[tuple[int, int, dict[str, Any]]] = []

    def note() -> None:
        with database.reading() as connection:
            seen.append((standing.revision(connection), last(database), derived(database)[0].beliefs))

    a_morning(database, floor, 15)
    note()
    begin(database, C1, 1)
    note()
    for step in range(40):
        with database.writing() as connection:
            if not trust_relearning.portion(connection):
                break
        if step == 1:
            take(database, floor.pens[0], floor.day(CREW, 4))
        if step == 4:
            clear(database, C1)
        note()
    take(database, floor.pens[0], floor.day(CREW, 2))
    note()
    assert len(seen) > 8
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        every = trust_history_of(connection)
        for revision, position, beliefs in seen:
            changes = trust_history.as_of(connection, revision)
            for customer, placed in every.items():
                told = trust_history.of_customer(changes, [one for one in placed if one[0] <= position])
                assert folded(model, told) == beliefs.get(customer)


def trust_history_of(connection: Any) -> dict[str, list[trust_history.Placed]]:
    rows = connection.execute(text("SELECT position, day, customer, line FROM events ORDER BY position"))
    every: dict[str, list[trust_history.Placed]] = {}
    for row in rows:
        every.setdefault(row.customer, []).append((row.position, event.opened(row.line), row.day))
    return every


def folded(model: Any, told: list[tuple[dict[str, Any], int]]) -> Any:
    held = None
    for record, day in told:
        held = fold(model, held, record, day)
    return held


def test_no_card_is_in_what_is_kept_of_a_cashier_and_an_erasure_empties_it(
    settings: Settings, database: Database, floor: Floor
) -> None:
    a_morning(database, floor, 20)
    with database.writing() as connection:
        states = connection.execute(text("SELECT state FROM watches")).scalars().all()
        tokens = [customer_token(settings.tenant_key, f"card-{number}") for number in range(60)]
        assert len(states) == 5 and not any(token[:8] in state for token in tokens for state in states)
        assert any(json.loads(state)[1][3] for state in states)
        trust_watch.forget(connection)
        states = connection.execute(text("SELECT state FROM watches")).scalars().all()
    assert not any(json.loads(state)[1][3] for state in states)
