"""Privacy: what a customer may ask of the shop, and that nothing of them is left once they are gone."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlmodel import SQLModel

from pos_client.core import checkout_record, event
from pricing_service import erased_rows, erasing, forgetting, release_store, replaying
from pricing_service.database import Database
from pricing_service.security import customer_token
from pricing_service.settings import Settings
from tests.service.places import Client, Pen

MINE = "2400099887766"  # a card, a product, a checkout like no other
SKU = "SKU-7c1f"
CHECKOUT = "visit-9d3e"
OTHER = "2400011112222"
GOODS = [{"sku": SKU, "quantity": 2, "unit_price": 1299, "category": "care", "brand": "Lumi"}]


@pytest.fixture
def token(settings: Settings) -> str:
    return customer_token(settings.tenant_key, MINE)


def sell(pen: Pen, client: Client, card: str = MINE, **more: Any) -> bytes:
    """One sale of mine, sent and taken."""
    if card == MINE:
        more = {"number": f"{CHECKOUT}-{pen.sequence}", "lines": GOODS, **more}
    line = pen.write(card=card, **more)
    assert pen.send(client, [line]).status == 200
    return line


def give_back(pen: Pen, sale: bytes) -> bytes:
    """The record of a return of a sale."""
    sold = event.opened(sale)
    pen.sequence += 1
    stamp = checkout_record.Stamp(pen.device, pen.epoch, pen.sequence, "sample", 1, 5, None)
    lines = [{"line": 0, "sku": SKU, "quantity": 1, "share": 0, "refund": 1299}]
    return event.seal(
        checkout_record.of_return(stamp, sold["checkout_id"], None, lines, 1299, sold["customer"])
    )


def everything(settings: Settings) -> bytes:
    """Every byte of every file the service keeps."""
    return b"\n".join(path.read_bytes() for path in sorted(settings.data.rglob("*")) if path.is_file())


def rows(settings: Settings, sql: str, *values: Any) -> list[tuple]:
    with closing(sqlite3.connect(settings.database)) as connection:
        return connection.execute(sql, values).fetchall()


def is_replay(database: Database) -> bool:
    """Whether what is stored is what the log says."""
    with database.reading() as connection:
        model = release_store.in_force(connection).model
        return replaying.replay(connection, model) == replaying.stored(connection)


def test_nothing_of_an_erased_customer_is_left_in_any_file(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    for _ in range(5):
        sell(pen, client)
        sell(pen, client, OTHER)
    assert pen.send(client, [give_back(pen, sell(pen, client))]).status == 200
    assert client.ask("PUT", f"/v1/customers/{token}", {"tier": "tier-9a", "birthday": "11-21"}).status == 200
    said = {"profiling": True, "text_version": "2026-11"}
    assert client.ask("PUT", f"/v1/customers/{token}/consent", said).status == 200
    words = [word.encode() for word in (token, SKU, CHECKOUT, "tier-9a")]
    assert all(word in everything(settings) for word in words)
    assert MINE.encode() not in everything(settings)

    assert client.ask("DELETE", f"/v1/customers/{token}").status == 204

    left = everything(settings)
    assert [word for word in words if word in left] == []
    assert customer_token(settings.tenant_key, OTHER).encode() in left


def test_erasing_again_changes_nothing_and_strangers_are_not_found(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    assert client.ask("DELETE", f"/v1/customers/{token}").status == 404
    sell(pen, client)
    assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
    before = rows(settings, "SELECT * FROM events"), rows(settings, "SELECT * FROM tombstones")
    assert client.ask("DELETE", f"/v1/customers/{token}").status == 204
    assert before == (rows(settings, "SELECT * FROM events"), rows(settings, "SELECT * FROM tombstones"))
    assert client.ask("GET", f"/v1/customers/{token}").status == 404
    assert client.ask("GET", f"/v1/customers/{token}/export").status == 404


def test_what_is_stored_after_an_erasure_is_what_a_replay_finds_and_budgets_still_add_up(
    client: Client, pen: Pen, settings: Settings, database: Database, token: str
) -> None:
    for _ in range(3):
        sell(pen, client)
        sell(pen, client, OTHER, reactions=("asked_more", "accepted"))
    spent = rows(settings, "SELECT * FROM budgets ORDER BY 1, 2")
    assert spent
    turnover = sum(taken(line) for (line,) in rows(settings, "SELECT line FROM events"))
    client.ask("DELETE", f"/v1/customers/{token}")
    assert is_replay(database)
    assert rows(settings, "SELECT * FROM budgets ORDER BY 1, 2") == spent
    (gone,) = rows(settings, "SELECT SUM(turnover) FROM erased_takings")
    left = sum(taken(line) for (line,) in rows(settings, "SELECT line FROM events WHERE line <> x''"))
    assert gone[0] + left == turnover


def taken(line: bytes) -> int:
    record = json.loads(line)
    given = [*record["automatic"], *(one for one in (record["discount"], record["goodwill"]) if one)]
    return record["gross"] - sum(one["amount"] for one in given) if record["outcome"] == "sold" else 0


def test_the_trail_names_every_row_of_the_log_that_was_emptied(
    client: Client, pen: Pen, settings: Settings, database: Database, token: str
) -> None:
    for card in (MINE, OTHER, MINE, MINE, OTHER, MINE):
        sell(pen, client, card)
    client.ask("DELETE", f"/v1/customers/{token}")
    assert pen.send(client, [pen.write(card=MINE)]).status == 200
    with database.reading() as connection:
        named = [position for span in erased_rows.noted(connection) for position in span]
    emptied = [position for (position,) in rows(settings, "SELECT position FROM events WHERE line = x''")]
    assert named == emptied == [1, 3, 4, 6, 7]


def test_a_record_that_comes_late_is_acknowledged_and_never_kept(
    client: Client, pen: Pen, settings: Settings, database: Database, token: str
) -> None:
    sell(pen, client)
    late = pen.write(card=MINE, lines=GOODS)
    client.ask("DELETE", f"/v1/customers/{token}")
    answer = pen.send(client, [late])
    assert answer.json["acknowledged"] == 2
    assert SKU.encode() not in everything(settings)
    assert rows(settings, "SELECT kind, customer, line FROM events") == [("erased", None, b"")] * 2
    assert rows(settings, "SELECT hash FROM events WHERE sequence = 2") == [(event.opened(late)["hash"],)]
    assert pen.send(client, [late]).json == answer.json
    assert is_replay(database)
    assert rows(settings, "SELECT SUM(checkouts) FROM erased_takings") == [(2,)]


def test_what_a_till_says_in_place_of_an_erased_record_is_that_record(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    was = event.opened(sell(pen, client))["hash"]
    client.ask("DELETE", f"/v1/customers/{token}")
    instead = {"kind": "erased", "device": pen.device, "epoch": 1, "sequence": 1, "was": was}
    assert pen.send(client, [event.seal(instead)]).json["acknowledged"] == 1
    unheard = {**instead, "sequence": 2, "was": "ab" * 32}
    assert pen.send(client, [event.seal(unheard)]).json["acknowledged"] == 2
    assert rows(settings, "SELECT sequence, kind, hash FROM events") == [
        (1, "erased", was),
        (2, "erased", "ab" * 32),
    ]
    assert rows(settings, "SELECT COUNT(*) FROM quarantine") == [(0,)]


def test_quarantined_lines_of_an_erased_customer_are_emptied_however_little_of_them_can_be_read(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    whole = sell(pen, client)
    number = event.opened(whole)["checkout_id"]
    broken = [
        pen.write(card=MINE, lines=GOODS)[:-200],
        b'{"checkout_id":"' + number.encode() + b'","sku":"SKU-7c1f',
    ]
    assert len(pen.send(client, broken).json["quarantined"]) == 2
    assert pen.send(client, [b"somebody else's line"]).status == 200
    client.ask("DELETE", f"/v1/customers/{token}")
    assert SKU.encode() not in everything(settings)
    lines = rows(settings, "SELECT line FROM quarantine ORDER BY id")
    assert lines == [(b"",), (b"",), (b"somebody else's line",)]


def test_who_consents_anew_begins_a_new_history_and_the_old_one_stays_out(
    client: Client, pen: Pen, settings: Settings, database: Database, token: str
) -> None:
    sell(pen, client)
    client.ask("DELETE", f"/v1/customers/{token}")
    said = {"profiling": True, "text_version": "2026-12"}
    assert client.ask("PUT", f"/v1/customers/{token}/consent", said).status == 200
    now = rows(settings, "SELECT ended FROM tombstones")[0][0]
    sell(pen, client, clock=now - 60)  # before they came back
    sell(pen, client, clock=None)  # nobody knows when, by a snapshot from before
    sell(pen, client, clock=now + 5)
    kinds = [kind for (kind,) in rows(settings, "SELECT kind FROM events ORDER BY position")]
    assert kinds == ["erased", "erased", "erased", "checkout"]
    assert client.ask("GET", f"/v1/customers/{token}").json["visits"] == 1
    assert is_replay(database)


def test_nobody_tells_anything_of_an_erased_customer_until_they_consent_anew(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    sell(pen, client)
    path = f"/v1/customers/{token}"
    client.ask("DELETE", path)
    told = client.ask("PUT", path, {"tier": "gold"})  # the customer system's nightly run
    assert (told.status, told.json["code"]) == (409, "customer-erased")
    old = {"profiling": True, "text_version": "1", "at": "2026-10-01T09:00:00Z"}
    assert client.ask("PUT", f"{path}/consent", old).json["code"] == "customer-erased"
    assert client.ask("GET", path).status == 404
    assert client.ask("PUT", f"{path}/consent", {"profiling": False, "text_version": "1"}).status == 200
    sell(pen, client)
    assert rows(settings, "SELECT DISTINCT kind FROM events") == [("erased",)]  # refusing is not coming back
    assert client.ask("DELETE", path).status == 204
    assert rows(settings, "SELECT SUM(checkouts) FROM erased_takings") == [(2,)]
    assert client.ask("PUT", f"{path}/consent", {"profiling": True, "text_version": "2"}).status == 200
    assert client.ask("PUT", path, {"tier": "gold"}).status == 200


def test_tills_are_told_whose_records_to_empty_until_the_customer_comes_back(
    client: Client, pen: Pen, settings: Settings, database: Database, token: str
) -> None:
    sell(pen, client)
    client.ask("DELETE", f"/v1/customers/{token}")
    (erased,) = rows(settings, "SELECT erased FROM tombstones")[0]
    with database.reading() as connection:
        assert forgetting.tags(connection, erased) == erasing.tag(token)
        assert forgetting.tags(connection, erased + 36 * 86400) == ""
    client.ask("PUT", f"/v1/customers/{token}/consent", {"profiling": True, "text_version": "1"})
    with database.reading() as connection:
        assert forgetting.tags(connection, erased) == ""


def test_every_table_that_names_a_customer_is_erased_and_exported(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    """A new table with a column for customers must be filled here, or this fails."""
    sell(pen, client)
    client.ask("PUT", f"/v1/customers/{token}", {"tier": "tier-9a"})
    client.ask("PUT", f"/v1/customers/{token}/consent", {"profiling": True, "text_version": "2026-11"})
    pen.send(client, [pen.write(card=MINE)[:-90]])
    every = [one for one, table in SQLModel.metadata.tables.items() if "customer" in table.columns]
    assert set(every) == {*erasing.owned(), *(one.__tablename__ for one in erasing.KEPT)}
    empty = [one for one in every if not rows(settings, f"SELECT 1 FROM {one} WHERE customer = ?", token)]
    assert empty == []
    told = client.ask("GET", f"/v1/customers/{token}/export").json
    for one in every:
        held = rows(settings, f"SELECT COUNT(*) FROM {one} WHERE customer = ?", token)[0][0]
        place = {"events": "records", "quarantine": "set_aside"}.get(one, one)
        assert len(told[place] if place in told else told["other"][place]) == held, one
    client.ask("DELETE", f"/v1/customers/{token}")
    assert [one for one in every if rows(settings, f"SELECT 1 FROM {one} WHERE customer = ?", token)] == []


def test_an_export_has_every_record_of_the_customer_and_nothing_of_others(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    mine = [event.opened(sell(pen, client)) for _ in range(3)]
    sell(pen, client, OTHER)
    answer = client.ask("GET", f"/v1/customers/{token}/export")
    told = answer.json
    assert answer.headers["content-type"] == "application/json"
    assert [one["hash"] for one in told["records"]] == [one["hash"] for one in mine]
    assert told["records"][0]["lines"] == mine[0]["lines"]
    assert told["believed"]["visits"] == 3
    assert customer_token(settings.tenant_key, OTHER).encode() not in answer.body
    assert b'"c7"' not in answer.body  # the cashier is somebody else


def test_refusing_takes_away_what_was_believed_and_what_comes_later_teaches_nothing(
    client: Client, pen: Pen, settings: Settings, database: Database, token: str
) -> None:
    sell(pen, client)
    refused = client.ask(
        "PUT", f"/v1/customers/{token}/consent", {"profiling": False, "text_version": "2026-11"}
    ).json
    assert refused["in_force"]["profiling"] is False
    sell(pen, client)  # a till that has not heard of it yet
    told = client.ask("GET", f"/v1/customers/{token}").json
    assert told["visits"] == 0
    assert rows(settings, "SELECT 1 FROM beliefs WHERE customer = ?", token) == []
    assert rows(settings, "SELECT 1 FROM holding WHERE customer = ?", token) == []
    assert is_replay(database)
    agreed = client.ask(
        "PUT", f"/v1/customers/{token}/consent", {"profiling": True, "text_version": "2026-12"}
    ).json
    assert [one["text_version"] for one in agreed["history"]] == ["2026-11", "2026-12"]
    assert client.ask("GET", f"/v1/customers/{token}").json["visits"] == 2
    assert is_replay(database)


def test_what_was_said_last_is_in_force_whenever_it_is_recorded(client: Client, token: str) -> None:
    path = f"/v1/customers/{token}/consent"
    client.ask("PUT", path, {"profiling": False, "text_version": "2"})
    older = client.ask("PUT", path, {"profiling": True, "text_version": "1", "at": "2026-10-01T09:00:00Z"})
    assert older.json["in_force"]["profiling"] is False
    assert len(older.json["history"]) == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"profiling": 1, "text_version": "1"}, 400),
        ({"profiling": True}, 400),
        ({"profiling": True, "text_version": ""}, 400),
        ({"profiling": True, "text_version": "1", "age": 41}, 400),
        ({"profiling": True, "text_version": "1", "at": "2099-01-01T00:00:00Z"}, 400),
        ({"profiling": True, "text_version": "1", "at": "yesterday"}, 400),
    ],
)
def test_an_answer_that_cannot_be_right_is_refused(
    client: Client, token: str, sent: dict[str, Any], status: int
) -> None:
    assert client.ask("PUT", f"/v1/customers/{token}/consent", sent).status == status
    assert client.ask("GET", f"/v1/customers/{token}/consent").json == {"in_force": None, "history": []}


def test_an_explanation_says_what_is_believed_and_what_others_are_offered(
    client: Client, pen: Pen, token: str
) -> None:
    assert client.ask("GET", f"/v1/customers/{token}/explanation").status == 404
    for _ in range(6):
        sell(pen, client, reactions=("accepted",))
    told = client.ask("GET", f"/v1/customers/{token}/explanation").json
    assert "6 visits" in told["sentence"]
    assert told["planned"]["plan"][0] == 0  # the smallest first
    assert sum(told["types"].values()) in range(9_999, 10_002)
    assert len(told["planned"]["offers"]) == len(told["planned"]["plan"])
    client.ask("PUT", f"/v1/customers/{token}/consent", {"profiling": False, "text_version": "1"})
    refused = client.ask("GET", f"/v1/customers/{token}/explanation").json
    assert refused["refused"]
    assert refused["planned"] == refused["otherwise"]
    assert "nothing is believed" in refused["sentence"]


def test_the_trail_says_who_looked_at_a_customer_and_who_erased_them_and_never_whom(
    client: Client, pen: Pen, settings: Settings, token: str
) -> None:
    sell(pen, client)
    path = f"/v1/customers/{token}"
    for what in ("explanation", "export", "consent"):
        assert client.ask("GET", f"{path}/{what}").status == 200
    client.ask("DELETE", path)
    entries = rows(settings, "SELECT action, subject FROM audit WHERE actor = 'admin' ORDER BY position")
    assert [action for action, _ in entries] == [
        "explain-customer", "export-customer", "read-consent", "erase-customer",
    ]  # fmt: skip
    assert len({subject for _, subject in entries}) == 1
    assert entries[0][1].startswith("customer:")
